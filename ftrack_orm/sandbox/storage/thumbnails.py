"""Edge: makes thumbnails of images with Pillow, and of the first frame of movies where PyAV is installed.

The recipe gives the bytes that the official client's tests expect (PROTOCOL 8.3).
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from . import media
from .file_reader import open_file

if TYPE_CHECKING:
    from PIL.Image import Image

    from .file_store import FileStore
    from .stored_file import StoredFile

#: Pixels of the longer side of a thumbnail by default, and at most.
DEFAULT_SIZE, MAX_SIZE = 300, 4096

#: Bytes of the thumbnails that are kept.
_CACHE_BYTES = 64 * 1024 * 1024


class Thumbnails:
    """The thumbnails of a storage, the recent ones of which are kept. Every method may be called by any thread."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._recent: LRUCache[tuple[Any, int], bytes] = LRUCache(_CACHE_BYTES, getsizeof=len)

    def thumbnail(self, file: StoredFile, size: int) -> bytes:
        """Return a PNG of the file's picture that fits into a square of *size* pixels.

        Raises `media.Unreadable` for a file without a picture.
        """
        key = file.segments, size
        with self._lock:
            known = self._recent.get(key)
        if known is not None:
            return known
        with open_file(self._files, file) as stream:
            content = reduced_png(media.first_picture(stream, file.file_name), size)
        with self._lock:
            if len(content) <= _CACHE_BYTES:
                self._recent[key] = content
        return content


def reduced_png(image: Image, size: int) -> bytes:
    """Return an image as a PNG that fits into a square of *size* pixels."""
    from PIL.Image import Quantize, Resampling

    has_palette = image.mode == "P"
    reduced = image.convert("RGB")
    reduced.thumbnail((size, size), Resampling.LANCZOS, reducing_gap=None)
    if has_palette:
        reduced = reduced.quantize(256, method=Quantize.MEDIANCUT)
        palette = reduced.getpalette() or []
        reduced.putpalette(palette + [0] * (768 - len(palette)))
    return _png(reduced)


def default_thumbnail() -> bytes:
    """Return the PNG that stands for entities without a thumbnail: a mountain below a sun."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (300, 200), "#d8dce0")
    draw = ImageDraw.Draw(image)
    draw.ellipse((190, 45, 225, 80), fill="#b4bac2")
    draw.polygon([(60, 160), (125, 70), (190, 160)], fill="#b4bac2")
    draw.polygon([(140, 160), (185, 105), (240, 160)], fill="#a3aab3")
    return _png(image)


def _png(image: Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
