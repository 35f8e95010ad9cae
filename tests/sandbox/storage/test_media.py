"""Pictures of images and movies."""

from __future__ import annotations

import io

import pytest

from ftrack_orm.sandbox.storage import media
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
