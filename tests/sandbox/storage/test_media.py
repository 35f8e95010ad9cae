"""Pictures of images and movies."""

from __future__ import annotations

import io
import sys

import pytest

from ftrack_orm.sandbox.storage import media
from tests.sandbox.storage.movies import exr, movie
from tests.sandbox.storage.pictures import encoded, gradient


def test_the_content_decides_and_not_the_name() -> None:
    picture = media.first_picture(io.BytesIO(encoded(gradient(20, 10))), "movie.mov")
    assert picture.size == (20, 10)


@pytest.mark.parametrize("content", [b"", b"text" * 1000, encoded(gradient(200, 100))[:-3000]])
def test_files_without_a_picture_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(media.Unreadable, match=r"'notes\.txt' has no picture"):
        media.first_picture(io.BytesIO(content), "notes.txt")


def test_an_image_of_too_many_pixels_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_PIXELS", 199)
    assert media.read_image(io.BytesIO(encoded(gradient(20, 10)))) is None


def test_the_first_frame_of_a_movie_is_its_picture() -> None:
    picture = media.first_picture(io.BytesIO(movie(64, 48)), "clip.mov")
    assert (picture.size, picture.mode) == ((64, 48), "RGB")


def test_an_image_that_only_ffmpeg_reads_is_an_image() -> None:
    assert media.kind_of(io.BytesIO(exr()), "plate.exr") == media.IMAGE
    assert media.first_picture(io.BytesIO(exr()), "plate.exr").size == (64, 48)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(encoded(gradient(4, 3)), media.IMAGE), (encoded(gradient(4, 3), "GIF"), media.IMAGE), (movie(), media.MOVIE)],
)
def test_the_content_distinguishes_images_from_movies(content: bytes, kind: str) -> None:
    assert media.kind_of(io.BytesIO(content), "a") == kind


def test_without_pyav_the_advice_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    content = movie()
    monkeypatch.setitem(sys.modules, "av", None)
    for function in (media.kind_of, media.first_picture):
        with pytest.raises(media.Unreadable, match=r"pip install 'ftrack-orm\[media\]'"):
            function(io.BytesIO(content), "clip.mov")
