"""Pure: keeps secrets out of errors: out of their texts, and out of the variables of the frames that they passed."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftrack_orm.errors import FtrackError

REDACTED = "[redacted]"
#: Shorter secrets are not searched for: they are part of too many words.
_MIN_SECRET_LENGTH = 6


def parts_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes: the HTTP libraries wrap a cause as an argument, a reason or a context."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        part = waiting.pop(0)
        if not isinstance(part, BaseException) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [*part.args, getattr(part, "reason", None), part.__cause__, part.__context__]


def clear_frames(error: BaseException) -> None:
    """Discard what *error* and its causes know of the request, and the variables of the frames that they passed.

    Tools that print tracebacks with variables would print the headers, and with them the API key and the cookies. The
    lines of the traceback stay.
    """
    for part in parts_of(error):
        for name in ("request", "response"):
            # Exceptions of requests hold them.
            if getattr(part, name, None) is not None:
                setattr(part, name, None)
        traceback.clear_frames(part.__traceback__)


def redact(error: FtrackError, secrets: Iterable[str], body: bytes = b"") -> None:
    """Replace *secrets* in the texts of *error*, for a server or gateway that quotes the headers of the request.

    *body* is the response. The causes of such an error are dropped, because their texts quote the response too.
    """
    known = [secret for secret in secrets if len(secret) >= _MIN_SECRET_LENGTH]

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for secret in known:
                value = value.replace(secret, REDACTED)
        return value

    quoted = "".join(f"{part}{part.args!r}" for part in parts_of(error)) + repr(error.details)
    if not any(secret in quoted or secret.encode("latin-1", "replace") in body for secret in known):
        return
    clear_frames(error)
    error.message = clean(error.message)
    error.args = tuple(clean(value) for value in error.args)
    error.details = {name: clean(value) for name, value in error.details.items()}
    for name, value in error.details.items():
        setattr(error, name, value)
    error.__cause__ = error.__context__ = None
