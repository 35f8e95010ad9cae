"""Thumbnails of images."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ftrack_orm.sandbox.storage.file_store import FileStore
from ftrack_orm.sandbox.storage.media import Unreadable
from ftrack_orm.sandbox.storage.memory import MemorySegments
from ftrack_orm.sandbox.storage.stored_file import StoredFile
from ftrack_orm.sandbox.storage.thumbnails import Thumbnails, default_thumbnail, reduced_png
from tests.sandbox.storage.pictures import decoded, encoded, gradient


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "CMYK", "I;16"])
@pytest.mark.parametrize(("size", "expected"), [((400, 200), (100, 50)), ((30, 60), (30, 60)), ((60, 400), (15, 100))])
def test_an_image_of_any_mode_fits_into_the_square(mode: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = decoded(
        reduced_png(gradient(*size).convert("L").convert("I;16") if mode == "I;16" else gradient(*size, mode), 100)
    )
    assert (picture.format, picture.size) == ("PNG", expected)


def test_the_bytes_follow_the_recipe_that_the_official_client_expects() -> None:
    source = gradient(500, 300)
    expected = source.convert("RGB")
    expected.thumbnail((300, 300), Image.Resampling.LANCZOS, reducing_gap=None)
    assert reduced_png(source, 300) == encoded(expected)


def test_an_image_with_a_palette_keeps_a_full_one() -> None:
    picture = decoded(reduced_png(gradient(400, 200, "L").convert("P"), 100))
    assert picture.mode == "P"
    assert len(picture.getpalette() or []) == 768


def store(content: bytes) -> tuple[FileStore, StoredFile]:
    files = FileStore(MemorySegments())
    segments = []
    for part in (content[:100], content[100:]):
        writer = files.create()
        writer.write(part)
        segments.append(writer.finish())
    return files, StoredFile("c", "picture.png", "image/png", tuple(segments))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "TGA"])
def test_any_image_that_pillow_reads_has_a_thumbnail(kind: str) -> None:
    files, file = store(encoded(gradient(200, 100), kind))
    assert decoded(Thumbnails(files).thumbnail(file, 50)).size == (50, 25)


def test_a_thumbnail_is_kept_and_made_again_for_another_size() -> None:
    files, file = store(encoded(gradient(200, 100)))
    thumbnails = Thumbnails(files)
    first = thumbnails.thumbnail(file, 50)
    assert thumbnails.thumbnail(file, 50) is first
    assert decoded(thumbnails.thumbnail(file, 20)).size == (20, 10)


@pytest.mark.parametrize("content", [b"", b"text", encoded(gradient(200, 100))[:2000], b"\x89PNG\r\n\x1a\n"])
def test_a_file_without_a_picture_has_no_thumbnail(content: bytes) -> None:
    files, file = store(content)
    with pytest.raises(Unreadable, match=r"'picture\.png' has no picture"):
        Thumbnails(files).thumbnail(file, 50)


def test_the_default_picture_is_a_png() -> None:
    assert Image.open(io.BytesIO(default_thumbnail())).size == (300, 200)
