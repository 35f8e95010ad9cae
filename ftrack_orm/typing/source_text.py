"""Pure: pieces of Python source text: literals, unions and docstrings."""

from __future__ import annotations

from collections.abc import Iterable


def literal(values: Iterable[str]) -> str:
    """Return the annotation that allows *values* only, which are sorted; there must be one."""
    return f"_typing.Literal[{', '.join(map(ascii, sorted(set(values))))}]"


def union(parts: Iterable[str]) -> str:
    """Return the annotation that allows each of *parts*, in the order of their first occurrences, None at the end."""
    found = dict.fromkeys(parts)
    return " | ".join(sorted(found, key=lambda part: part == "None"))


def docstring(text: str) -> str:
    """Return the source of a docstring; several lines stay as they are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{escaped}"""'
