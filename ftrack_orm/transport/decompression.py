"""Pure: decompresses a body piece by piece, so that a small body that expands to a huge one needs little memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

#: The encodings that requests ask for. The standard library has the others in late versions only.
ACCEPTED_ENCODINGS = "gzip, deflate"
#: The largest piece that is decompressed at once.
_PIECE_BYTES = 1 << 18
#: The number of encodings, one around the other, that are decoded.
_MAX_ENCODINGS = 3

_GZIP = zlib.MAX_WBITS | 16


class DecompressionError(Exception):
    """The compressed data is damaged, or its end is missing."""


def decompressed(chunks: Iterable[bytes], content_encoding: str) -> Iterable[bytes]:
    """Return the pieces of a body that was encoded as its header *content_encoding* says.

    Unknown encodings are left alone. Iterating raises `DecompressionError`.
    """
    encodings = [name.strip().lower() for name in content_encoding.split(",")]
    if len(encodings) > _MAX_ENCODINGS:
        return _refused(len(encodings))
    for encoding in reversed(encodings):
        if encoding in ("gzip", "x-gzip"):
            chunks = _inflated(chunks, _GZIP)
        elif encoding == "deflate":
            chunks = _inflated(chunks, zlib.MAX_WBITS)
        elif encoding not in ("", "identity"):
            break
    return chunks


def _refused(count: int) -> Iterator[bytes]:
    raise DecompressionError(f"The body is encoded {count} times.")
    yield b""


def _inflated(chunks: Iterable[bytes], window_bits: int) -> Iterator[bytes]:
    decoder = zlib.decompressobj(window_bits)
    is_first = True
    has_data = False
    for chunk in chunks:
        data = chunk
        while data:
            if decoder.eof:
                if window_bits != _GZIP or not data.startswith(b"\x1f"):
                    break  # bytes after the end, which other clients ignore too
                decoder = zlib.decompressobj(window_bits)
            try:
                piece = decoder.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                if not is_first or window_bits != zlib.MAX_WBITS:
                    raise DecompressionError(str(error)) from error
                # Some servers send "deflate" without the header that it is defined to have.
                decoder, is_first = zlib.decompressobj(-zlib.MAX_WBITS), False
                continue
            is_first, has_data = False, True
            data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            if piece:
                yield piece
    if has_data and not decoder.eof:
        # The decoder holds back a few bytes until the next call.
        if rest := decoder.flush():
            yield rest
        if not decoder.eof:
            raise DecompressionError("The end of the compressed body is missing.")
