"""Pure: the headers that carry the name, the media type and the checksum of a file."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from urllib.parse import quote

from ftrack_orm.sandbox import server_errors

#: Characters that may stand in a quoted name of a header as they are.
_UNSAFE = re.compile(r"[^ !#$&+\-.0-9A-Z^_`a-z{}~()\[\],;=@%\']")


def content_type(file_name: str) -> str:
    """Return the media type of a file by the end of its name."""
    guessed, encoding = mimetypes.guess_type(file_name)
    return "application/octet-stream" if guessed is None or encoding is not None else guessed


def content_disposition(file_name: str) -> str:
    """Return the header that names a download, with characters beyond ASCII in the form of RFC 6266.

    The header has no line breaks and no control characters, whatever the name holds.
    """
    encoded = quote(file_name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{_UNSAFE.sub('_', file_name)}\"; filename*=UTF-8''{encoded}"


def md5_of_checksum(checksum: str) -> str:
    """Return the MD5 in hexadecimal digits that `Content-MD5` states in base64.

    Raises the server's validation error for a text that is no MD5 in base64.
    """
    try:
        digest = base64.b64decode(checksum.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise server_errors.validation_error(f"The checksum must be an MD5 in base64, not {checksum!r:.100}.")
    return digest.hex()
