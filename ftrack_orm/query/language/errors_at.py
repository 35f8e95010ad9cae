"""Pure: showing where in a query's text something is wrong."""

from __future__ import annotations

from typing import TypeVar

from ftrack_orm.errors import FtrackError

#: Characters of the text shown on either side of the offending one; queries may be a megabyte long.
_SIDE = 50

Error = TypeVar("Error", bound=FtrackError)


def pointed(text: str, position: int) -> str:
    """Return two lines: the part of *text* around *position*, and a caret below the character meant."""
    start, end = max(0, position - _SIDE), position + _SIDE
    # One character for one, so that the caret stays below its character whatever line breaks the text has.
    shown = "".join(character if character.isprintable() else " " for character in text[start:end])
    before = "..." if start > 0 else ""
    after = "..." if end < len(text) else ""
    return f"  {before}{shown}{after}\n  {' ' * (len(before) + position - start)}^"


def located(error: Error, text: str) -> Error:
    """Return *error* with the place in *text* that its `position` names shown below its message.

    An error without a position comes back as it is.
    """
    position = error.details.get("position")
    if position is None:
        return error
    return type(error)(f"{error.message}\n{pointed(text, position)}", **error.details)
