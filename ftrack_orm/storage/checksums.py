"""Pure: the MD5 digest that a storage server reports for bytes it has received or sends."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

_MD5 = re.compile(r"[0-9a-f]{32}")
#: Encryption with keys of a customer or of a key service: the ETag is no MD5 digest then (documented by S3).
_ENCRYPTION = "x-amz-server-side-encryption"
_CUSTOMER_KEY = "x-amz-server-side-encryption-customer-algorithm"


def e_tag_of(headers: Mapping[str, str]) -> str | None:
    """Return the ETag of a response without its quotes, or None."""
    return headers.get("etag", "").strip().removeprefix("W/").strip('"') or None


def md5_of_sent(headers: Mapping[str, str]) -> str | None:
    """Return the MD5 digest, in hexadecimal, of the bytes that a server has received, or None if it reports none.

    Storage servers return it as the ETag. One of another form is something else.
    """
    if headers.get(_ENCRYPTION, "").startswith("aws:kms") or _CUSTOMER_KEY in headers:
        return None
    e_tag = (e_tag_of(headers) or "").lower()
    return e_tag if _MD5.fullmatch(e_tag) else _google_md5(headers)


def md5_of_received(headers: Mapping[str, str]) -> str | None:
    """Return the MD5 digest, in hexadecimal, of the whole file that a response with the status 200 contains, or None.

    The ETag counts only if the server is S3 or like it: anything may be an ETag elsewhere.
    """
    if "content-md5" in headers:
        return from_base64(headers["content-md5"])
    return md5_of_sent(headers) if "x-amz-request-id" in headers else _google_md5(headers)


def from_base64(text: str) -> str | None:
    """Return an MD5 digest in hexadecimal that is given in base64, or None for anything else."""
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == 16 else None


def _google_md5(headers: Mapping[str, str]) -> str | None:
    parts = [part.strip() for part in headers.get("x-goog-hash", "").split(",")]
    return next((from_base64(part[4:]) for part in parts if part.startswith("md5=")), None)
