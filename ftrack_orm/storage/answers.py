"""Pure: the meaning of a storage server's response to a request that failed."""

from __future__ import annotations

import enum
import re
from http import HTTPStatus

from ftrack_orm.errors import StorageError

#: The number of characters of a server's message that an error quotes.
MAX_MESSAGE = 200

_CODE = re.compile(r"<Code>([\w.-]{1,60})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
#: Statuses of S3, Google and Azure for a signed URL that has expired, or an upload in parts that was given up.
_RENEWED_STATUSES = frozenset({401, 403, 404, 410})
_RENEWED_CODES = frozenset({"ExpiredToken", "RequestExpired", "NoSuchUpload"})
#: Statuses below 500, and codes of S3 with the status 400, that another attempt may not get.
_RETRIED_STATUSES = frozenset({408, 425, 429})
_RETRIED_CODES = frozenset({"RequestTimeout", "BadDigest", "SlowDown", "InternalError", "IncompleteBody"})


class Remedy(enum.Enum):
    """The remedy for a refused request: send it again, ask for another URL first, or give up."""

    RETRY = "retry"
    RENEW = "renew"
    GIVE_UP = "give up"


def remedy_for(status: int, body: bytes) -> Remedy:
    """Return the remedy for a response of that status, 400 or more."""
    code = error_code(body)
    if code in _RENEWED_CODES or (status in _RENEWED_STATUSES and code not in _RETRIED_CODES):
        return Remedy.RENEW
    if status >= 500 or status in _RETRIED_STATUSES or code in _RETRIED_CODES:
        return Remedy.RETRY
    return Remedy.GIVE_UP


def error_code(body: bytes) -> str:
    """Return the code of an error document in XML, or an empty text."""
    match = _CODE.search(body[:4096].decode("utf-8", "replace"))
    return match.group(1) if match else ""


def refused(action: str, status: int, body: bytes) -> StorageError:
    """Return the error for a response with that status: *action* says what failed, for people.

    Of the body it quotes code and message only: error documents repeat signatures and headers of the request.
    """
    text = body[:4096].decode("utf-8", "replace")
    code, message = error_code(body), _MESSAGE.search(text)
    details = [_phrase(status), code, message.group(1).strip()[:MAX_MESSAGE].rstrip(".") if message else ""]
    reason = ", ".join(filter(None, details))
    return StorageError(f"{action}: the server answered HTTP status {status} ({reason}).", status=status, code=code)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown"
