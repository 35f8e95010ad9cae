"""Edge: reads pictures and movies with Pillow and PyAV, which decide by the content and not by the name."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

#: An image of more pixels is not read: it would take a gigabyte of memory.
MAX_PIXELS = 256 * 1024 * 1024


class Unreadable(Exception):
    """A file has no picture that the installed libraries can read; the text says so to people."""


def first_picture(stream: IO[bytes], file_name: str) -> Image:
    """Return the picture of an image or the first frame of a movie.

    Raises `Unreadable` for other files, for damaged ones, and for movies where PyAV is not installed.
    """
    image = read_image(stream)
    if image is None:
        stream.seek(0)
        image = first_frame(stream)
    if image is None:
        advice = "" if has_movies() else " Movies need the extra `media`: pip install 'ftrack-orm[media]'."
        raise Unreadable(f"{file_name!r} has no picture that the embedded server can read.{advice}")
    return image


def read_image(stream: IO[bytes]) -> Image | None:
    """Return the picture of an image with all pixels loaded, or None for another file, and a damaged or huge image."""
    from PIL import Image

    try:
        image = Image.open(stream)
        if image.width * image.height > MAX_PIXELS:
            return None
        image.load()
    except Exception:  # Pillow raises errors of many kinds for damaged files
        return None
    return image


def has_movies() -> bool:
    """Return whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def first_frame(stream: IO[bytes]) -> Image | None:
    """Return the first frame of a movie, or None for another file, a damaged one, or without PyAV."""
    try:
        import av
    except ImportError:
        return None
    try:
        with av.open(stream, "r") as container:
            for frame in container.decode(video=0):
                picture: Image = frame.to_image()
                return picture
    except Exception:  # PyAV raises errors of many kinds for damaged files
        return None
    return None
