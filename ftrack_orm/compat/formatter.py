"""Pure: entities as text for people."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from . import inspection, symbol
from .collection import Collection
from .entity.base import Entity

#: Filters of attributes: functions of the entity, the name and the value.
FILTER: dict[str, Callable[[Any, str, Any], bool]] = {
    "ignore_unset": lambda entity, name, value: value is not symbol.NOT_SET,
}


def _has_colors() -> bool:
    if "ANSI_COLORS_DISABLED" in os.environ or "NO_COLOR" in os.environ:
        return False
    return "FORCE_COLOR" in os.environ or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _styled(codes: str) -> Callable[[str], str]:
    return lambda text: f"{codes}{text}\x1b[0m\x1b[0m" if _has_colors() else text


def format(
    entity: Any,
    formatters: Mapping[str, Callable[[str], str]] | None = None,
    attribute_filter: Callable[[Any, str, Any], bool] | None = None,
    recursive: bool = False,
    indent: int = 0,
    indent_first_line: bool = True,
    _seen: frozenset[str] = frozenset(),
) -> str:
    """Return the type of *entity* and a line for each attribute, with those of related entities.

    *formatters* may have functions for the `header` and for each `label`. With *recursive*, the entities of collections
    are shown too. An entity that contains itself is shown once.
    """
    styles = {"header": _styled("\x1b[1m\x1b[44m\x1b[97m"), "label": _styled("\x1b[1m\x1b[34m"), **(formatters or {})}
    margin = " " * indent
    header = (margin if indent_first_line else "") + styles["header"](entity.entity_type)
    identity = str(inspection.identity(entity))
    if identity in _seen:
        return f"{header}{{...}}"
    seen = _seen | {identity}

    def nested(child: Any, column: int, is_first: bool) -> str:
        return format(child, formatters, attribute_filter, recursive, column, not is_first, seen)

    lines = [header]
    for name, value in sorted(entity.items(), key=lambda item: str(item[0])):
        if attribute_filter is not None and not attribute_filter(entity, name, value):
            continue
        column, shown = indent + len(name) + 3, value
        if isinstance(value, Entity):
            shown = nested(value, column, True)
        elif isinstance(value, Collection) and recursive:
            shown = "\n".join(nested(child, column, number == 0) for number, child in enumerate(value))
        lines.append(f"{margin} {styles['label'](name)}: {shown}")
    return "\n".join(lines)
