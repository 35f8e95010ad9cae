"""Images for tests, as bytes."""

from __future__ import annotations

import io

from PIL import Image


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return an image whose colours depend on the position."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, (x * y) % 256) for y in range(height) for x in range(width)])
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
