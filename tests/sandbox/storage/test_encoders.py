"""Media for browsers. `test_encoding.py` tests the jobs that make them."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from ftrack_orm.sandbox.storage.encoders import JPEG, MP4, Cancelled, encode
from ftrack_orm.sandbox.storage.media import Unreadable
from tests.sandbox.storage.movies import movie
from tests.sandbox.storage.pictures import decoded, encoded, gradient


def running() -> bool:
    return False


@pytest.mark.parametrize("kind", ["mov", "mp4", "matroska", "avi"])
def test_movies_of_any_kind_become_mp4s(tmp_path: Path, kind: str) -> None:
    source, target = movie(frames=5, kind=kind), tmp_path / "a.mp4"
    description = encode(io.BytesIO(source), "a", MP4, target, running)
    assert description == {"frameIn": 0, "frameOut": 5, "frameRate": 25.0, "width": 64, "height": 48}
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _ in container.decode(video=0)) == 5


def test_images_become_jpegs_of_the_same_size(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    assert encode(io.BytesIO(encoded(gradient(30, 20, "P"))), "a", JPEG, target, running) == {"format": "image"}
    picture = decoded(target.read_bytes())
    assert (picture.format, picture.size, picture.mode) == ("JPEG", (30, 20), "RGB")


def test_encoding_a_movie_ends_when_the_server_stops(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        encode(io.BytesIO(movie()), "a", MP4, tmp_path / "a.mp4", lambda: True)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"'notes\.txt'"):
        encode(io.BytesIO(b"text"), "notes.txt", JPEG, tmp_path / "a.jpg", running)
    with pytest.raises((OSError, ValueError), match="Invalid data"):
        encode(io.BytesIO(b"text"), "notes.txt", MP4, tmp_path / "a.mp4", running)
