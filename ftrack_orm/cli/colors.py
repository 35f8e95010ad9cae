"""Pure: the colours that statuses, types and priorities have on the server, for the cells of tables.

The colour of `status.name` is `status.color`, so a query that shows the one selects the other too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.schema.attribute import Kind

from .columns import attributes_at

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")


def colored(text: Any, color: Any) -> Any:
    """Return a text for a table in a colour such as "#1CBC90"; the text itself for a value that is no colour."""
    if not isinstance(color, str) or not _COLOR.fullmatch(color) or not isinstance(text, str):
        return text
    from rich.text import Text

    from .plain_text import printable_text

    return Text(printable_text(text), style=color)


def color_columns(schema: Schema, entity_type: str, columns: Sequence[str]) -> Mapping[str, str]:
    """Return the column with the colour of each column that has one: `status.color` for `status.name`."""
    found = {column: _color_column(schema, entity_type, column) for column in columns}
    return {column: color for column, color in found.items() if color is not None}


def _color_column(schema: Schema, entity_type: str, column: str) -> str | None:
    path, _, last = column.rpartition(".")
    if last != "name":
        return None
    color = f"{path}.color" if path else "color"
    attributes = attributes_at(schema, entity_type, color)
    # A column through a collection has several values, which have no colour in common.
    is_single = all(each.kind is Kind.REFERENCE for each in attributes[:-1])
    return color if attributes and is_single else None
