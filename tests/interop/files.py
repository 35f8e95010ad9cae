"""Files that the tests of the official clients upload, and the checks of files that a server sends."""

from __future__ import annotations

import base64
import hashlib
import io
import urllib.request

from PIL import Image


def generated_bytes(size: int) -> bytes:
    """Return the same bytes as `generateFile` of javascript/peer.js."""
    pattern = bytes((index * index + 7) % 251 for index in range(65521))
    return (pattern * (size // len(pattern) + 1))[:size]


def sha256(content: bytes) -> str:
    """Return the hexadecimal digest of *content*."""
    return hashlib.sha256(content).hexdigest()


def picture(size: tuple[int, int] = (640, 320), color: tuple[int, int, int] = (200, 60, 20)) -> bytes:
    """Return a PNG file of one color."""
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


def base64_text(content: bytes) -> str:
    """Return *content* as text that JSON can carry."""
    return base64.b64encode(content).decode("ascii")


def fetch(url: str) -> bytes:
    """Return the bytes at *url*."""
    with urllib.request.urlopen(url, timeout=60) as response:
        content: bytes = response.read()
    return content


def image_size(content: bytes) -> tuple[int, int]:
    """Return width and height of the image in *content*."""
    return Image.open(io.BytesIO(content)).size
