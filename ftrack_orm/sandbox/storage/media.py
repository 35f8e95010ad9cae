"""Edge: reads pictures and movies with Pillow and PyAV, which decide by the content and not by the name."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

#: An image of more pixels is not read: it would take a gigabyte of memory.
MAX_PIXELS = 256 * 1024 * 1024

#: The kinds of media.
IMAGE, MOVIE = "image", "movie"


class Unreadable(Exception):
    """A file has no picture that the installed libraries can read; the text says so to people."""


def kind_of(stream: IO[bytes], file_name: str) -> str:
    """Return `IMAGE` or `MOVIE`, by the start of the file; raises `Unreadable` for other files."""
    from PIL import Image

    try:
        with Image.open(stream):
            return IMAGE
    except Exception:  # Pillow raises errors of many kinds for damaged files
        stream.seek(0)
    kind = _kind_of_movie(stream)
    if kind is None:
        raise _unreadable(file_name)
    return kind


def _kind_of_movie(stream: IO[bytes]) -> str | None:
    try:
        import av
    except ImportError:
        return None
    try:
        with av.open(stream, "r") as container:
            if not container.streams.video:
                return None
            # FFmpeg reads single images, such as EXR, by formats of these names.
            return IMAGE if container.format.name.endswith(("_pipe", "image2")) else MOVIE
    except Exception:  # PyAV raises errors of many kinds for damaged files
        return None


def first_picture(stream: IO[bytes], file_name: str) -> Image:
    """Return the picture of an image or the first frame of a movie.

    Raises `Unreadable` for other files, for damaged ones, and for movies where PyAV is not installed.
    """
    image = read_image(stream)
    if image is None:
        stream.seek(0)
        image = first_frame(stream)
    if image is None:
        raise _unreadable(file_name)
    return image


def _unreadable(file_name: str) -> Unreadable:
    advice = "" if has_movies() else " Movies need the extra `media`: pip install 'ftrack-orm[media]'."
    return Unreadable(f"{file_name!r} has no picture that the embedded server can read.{advice}")


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
