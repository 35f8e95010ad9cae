"""Pure: the meaning of a storage server's response to a request that failed."""

from __future__ import annotations

import enum
import re
from http import HTTPStatus

from ftrack_orm.errors import StorageError

#: The number of characters of a server's message that an error quotes.
MAX_MESSAGE = 200

#: In the XML of storage servers, and in the error object of ftrack (PROTOCOL 2.4).
_CODES = (re.compile(r"<Code>([\w.-]{1,60})</Code>"), re.compile(r'"exception":\s*"([\w.-]{1,60})"'))
_MESSAGES = (re.compile(r"<Message>([^<]*)</Message>"), re.compile(r'"content":\s*"([^"\\]*)'))
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
    """Return the code of an error document in XML or JSON, or an empty text."""
    return _first(_CODES, body)


def refused(action: str, status: int, body: bytes) -> StorageError:
    """Return the error for a response with that status: *action* says what failed, for people.

    Of the body it quotes code and message only: error documents repeat signatures and headers of the request.
    """
    code = error_code(body)
    reason = ", ".join(filter(None, [_phrase(status), code, _first(_MESSAGES, body)[:MAX_MESSAGE].strip(" .")]))
    return StorageError(f"{action}: the server answered HTTP status {status} ({reason}).", status=status, code=code)


def _first(patterns: tuple[re.Pattern[str], ...], body: bytes) -> str:
    text = body[:4096].decode("utf-8", "replace")
    return next((match.group(1) for pattern in patterns if (match := pattern.search(text))), "")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown"
