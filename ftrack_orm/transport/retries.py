"""Pure: when a request is retried, and after which delay: exponential back-off, or the server's `Retry-After`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled

if TYPE_CHECKING:
    from .base import Request

#: Statuses of a gateway, or of a server that is overloaded or being restarted: a moment later may be different.
TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
#: The delay before the first retry. It doubles with each attempt, up to the maximum.
FIRST_DELAY_SECONDS = 0.25
MAX_DELAY_SECONDS = 8.0
#: The longest delay that is accepted from a server.
MAX_RETRY_AFTER_SECONDS = 60.0


def backoff_delay(attempt: int, jitter: float) -> float:
    """Return the seconds to wait after failed *attempt* (1 for the first).

    *jitter* is a random factor from 1 to 1.5, so that the machines of a render farm do not retry all at once.
    """
    return min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(attempt - 1, 16)) * jitter


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a server asks to wait, at most the maximum, or None if it does not ask.

    The header `Retry-After` has a number of seconds or a date (RFC 9110, 10.2.3). A date is compared with the time that
    the response states, because the clocks of the two machines may differ, or else with *now*, in seconds since 1970.
    Any other form is ignored: the usual delay applies.
    """
    text = headers.get("retry-after", "").strip()
    # Other alphabets have digits that `float` refuses. The form of thousands of digits is infinite.
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER_SECONDS)
    moment = _seconds_of_date(text)
    if moment is None:
        return None
    stated = _seconds_of_date(headers.get("date", ""))
    return min(max(0.0, moment - (now if stated is None else stated)), MAX_RETRY_AFTER_SECONDS)


def _seconds_of_date(text: str) -> float | None:
    """Return the seconds since 1970 of a date in a form of HTTP, or None for another text."""
    # Each form has the time of day: the parser would take "1.5" for a date too.
    if not text.isascii() or text.count(":") != 2:
        return None
    # Imported here: a response with a date to retry after is rare.
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            # HTTP's dates are in GMT, which one of its three forms does not say.
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        return moment.timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_advice(idempotent: bool) -> str:
    """Return the sentence of an error about a request that may have been sent and was not answered."""
    if idempotent:
        return "The request only reads or can be repeated without harm, so retrying it is safe."
    return "The server may or may not have done the work."


def cancelled(request: Request) -> RequestCancelled:
    """Return the error for a request that was cancelled after it may have been sent."""
    message = f"The request was cancelled while it was in progress. {retry_advice(request.idempotent)}"
    return RequestCancelled(message, safe_to_retry=request.idempotent)
