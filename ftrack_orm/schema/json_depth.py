"""Pure: the depth of JSON values, which is limited before anything compares or writes them recursively."""

from __future__ import annotations

from typing import Any, Final

#: The levels of arrays and objects that a value from the server may have. Schemas of real servers have seven.
MAX_DEPTH: Final = 64


def is_too_deep(containers: list[Any]) -> bool:
    """Return whether arrays and objects are nested over more than `MAX_DEPTH` levels, *containers* being the first.

    It does not recurse, so that no value exceeds Python's stack.
    """
    level = containers
    for _ in range(MAX_DEPTH):
        level = [
            item
            for each in level
            for item in (each.values() if type(each) is dict else each)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True
