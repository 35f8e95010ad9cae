"""Pure: texts from the server in the form in which they are remembered or logged, which is bounded in length."""

from __future__ import annotations

import hashlib
import itertools
import reprlib
from typing import Any

#: The longest id that is remembered as it is. Ids of ftrack have 32 to 36 characters.
LONGEST_ID = 128


class _Excerpt(reprlib.Repr):
    """Keeps the order of keys, which the standard library sorts."""

    def repr_dict(self, value: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}"
        items = itertools.islice(value.items(), self.maxdict)
        pieces = [f"{self.repr1(key, level - 1)}: {self.repr1(each, level - 1)}" for key, each in items]
        return f"{{{', '.join([*pieces, '...'] if len(value) > self.maxdict else pieces)}}}"


_EXCERPT = _Excerpt()
_EXCERPT.maxlevel = 3
_EXCERPT.maxdict = _EXCERPT.maxlist = 10
_EXCERPT.maxstring = _EXCERPT.maxlong = _EXCERPT.maxother = 80
_EXCERPT_LENGTH = 200


def remembered_id(identifier: str) -> str:
    """Return an id in the form in which it is remembered: a longer one is represented by its hash."""
    if len(identifier) <= LONGEST_ID:
        return identifier
    return f"sha256:{hashlib.sha256(identifier.encode('utf-8', 'surrogatepass')).hexdigest()}"


def excerpt(value: object) -> str:
    """Return the beginning of a value's `repr`, for logs and errors; a value of any size and depth has one."""
    text = _EXCERPT.repr(value)
    return text if len(text) <= _EXCERPT_LENGTH else f"{text[:_EXCERPT_LENGTH]}…"
