"""Pure: excerpts of a query's text that show the position of an error."""

from __future__ import annotations

from typing import TypeVar

from ftrack_orm.errors import FtrackError

#: Characters shown on either side of the position; a query may be a megabyte long.
_CHARACTERS_PER_SIDE = 50

Error = TypeVar("Error", bound=FtrackError)


def excerpt_at(text: str, position: int) -> str:
    """Return two lines: the part of *text* around *position*, and a caret below the character at *position*."""
    start, end = max(0, position - _CHARACTERS_PER_SIDE), position + _CHARACTERS_PER_SIDE
    # Each character is replaced by exactly one, so that the caret stays in its column.
    shown = "".join(character if character.isprintable() else " " for character in text[start:end])
    before = "..." if start > 0 else ""
    after = "..." if end < len(text) else ""
    return f"  {before}{shown}{after}\n  {' ' * (len(before) + position - start)}^"


def with_excerpt(error: Error, text: str) -> Error:
    """Return a copy of *error* whose message ends with the excerpt of *text* at the error's `position`.

    An error without a position is returned unchanged.
    """
    position = error.details.get("position")
    if position is None:
        return error
    return type(error)(f"{error.message}\n{excerpt_at(text, position)}", **error.details)
