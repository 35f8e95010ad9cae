"""Pure: compresses the body of a response for clients that accept that, as the web servers before ftrack do."""

from __future__ import annotations

import zlib

#: Bodies below this number of bytes are sent as they are: they fit into a packet or a few.
COMPRESSED_FROM_BYTES = 8192

#: The fastest level. The text of ids and repeated names becomes a tenth of its size at any level.
_LEVEL = 1
#: Writes the header and the checksum of gzip around the compressed data.
_GZIP = 16 + zlib.MAX_WBITS


def compressed(body: bytes, accepted: str) -> bytes | None:
    """Return *body* compressed by gzip, or None if it is small or the header *accepted* does not allow that.

    *accepted* is the header `accept-encoding` of the request.
    """
    if len(body) < COMPRESSED_FROM_BYTES or not _accepts_gzip(accepted):
        return None
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return compressor.compress(body) + compressor.flush()


def _accepts_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, parameters = coding.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return parameters.replace(" ", "").rstrip("0") not in ("q=", "q=0.")
    return False
