"""Pure: columns as people write them, as the expressions that a query selects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.attribute import Kind

from .columns import attributes_at

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.session.session import Session


def column_expressions(session: Session, entity_type: str, columns: Sequence[str]) -> list[Any]:
    """Return the columns, with an expression for each that is an entry of a mapping: `custom_attributes.fstart`."""
    return [_expression(session, entity_type, column) for column in columns]


def _expression(session: Session, entity_type: str, column: str) -> Any:
    split = _split_key(session.schema, entity_type, column)
    if split is None:
        return column
    path, key = split
    expression: Any = session.types[entity_type]
    for name in path.split("."):
        expression = getattr(expression, name)
    return expression[key]


def _split_key(schema: Schema, entity_type: str, column: str) -> tuple[str, str] | None:
    """Return the path of a mapping and the key in it, or None for a column without a key."""
    path, key = column, ""
    while "." in path:
        path, _, last = path.rpartition(".")
        key = f"{last}.{key}" if key else last
        attributes = attributes_at(schema, entity_type, path)
        if attributes:
            return (path, key) if attributes[-1].kind is Kind.MAPPING and "[" not in path else None
    return None
