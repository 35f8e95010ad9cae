"""Pure: the columns that commands show without being asked for others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ftrack_orm.schema.attribute import Kind, ValueType

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType, Schema

#: The attributes that entities are known by, the best first.
_NAMES: Final = ("username", "name", "label", "key", "title", "subject")
#: A step of a path, with the type that it is cast to.
_STEP: Final = re.compile(r"(\w+)(?:\[(\w+)\])?")

#: The columns of a table by default, as far as a type has them, in this order.
_TABLE: Final = (
    "username", "first_name", "last_name", "name", "full_name", "label", "key", "title", "subject", "content", "value",
    "asset.name", "version", "parent.name", "context.name", "project.name", "type.name", "status.name", "status",
    "priority.name", "user.username", "resource.username", "author.username", "comment", "duration", "start",
    "start_date", "end_date", "date", "email", "is_active", "file_type",
)  # fmt: skip
#: The columns of a table, its key included: more do not fit a terminal.
_MAX_COLUMNS: Final = 6
#: The columns of a terminal on which an id fits beside names, without being broken into several lines.
_WIDTH_FOR_IDS: Final = 120


def naming_attribute(entity_type: EntityType) -> str | None:
    """Return the attribute that entities of a type are known by: `name`, or the `username` of a user."""
    return next((name for name in _NAMES if name in entity_type.attributes), None)


def split_columns(options: Iterable[str]) -> list[str]:
    """Return the columns of options such as `name,status.name`, each once."""
    return list(dict.fromkeys(column.strip() for each in options for column in each.split(",") if column.strip()))


def table_columns(schema: Schema, entity_type: EntityType, width: int | None = None) -> list[str]:
    """Return a few columns by which people recognize entities of a type, and its key.

    A terminal of less than 120 columns, the *width*, has no place for ids beside names, so that the key is left out.
    """
    found = [column for column in _TABLE if _is_value(schema, entity_type, column)]
    if found and width is not None and width < _WIDTH_FOR_IDS:
        return found[:_MAX_COLUMNS]
    key = [each for each in entity_type.primary_key if each not in found]
    return [*found[: max(_MAX_COLUMNS - len(key), 1)], *key]


def record_columns(schema: Schema, entity_type: EntityType) -> list[str]:
    """Return all values of a type: its key, its scalars, the names of entities that it refers to, and its mappings.

    Addresses of files are left out: they contain the key of the user, and outputs are passed on.
    """
    attributes = entity_type.attributes
    name = naming_attribute(entity_type)
    references, scalars, mappings = [], [], []
    for attribute in sorted(attributes.values(), key=lambda each: each.name):
        has_address = attribute.computed and attribute.value_type is ValueType.OBJECT
        if attribute.restricted or has_address or attribute.name.startswith("_"):
            continue
        target = schema.types.get(str(attribute.target))
        if attribute.kind is Kind.SCALAR:
            scalars.append(attribute.name)
        elif attribute.kind is Kind.MAPPING:
            mappings.append(attribute.name)
        elif attribute.kind is Kind.REFERENCE and target is not None and (label := naming_attribute(target)):
            references.append(f"{attribute.name}.{label}")
    first = [*entity_type.primary_key, *([name] if name else [])]
    return list(dict.fromkeys([*first, *references, *scalars, *mappings]))


def named_columns(schema: Schema, entity_type: str, columns: Iterable[str]) -> list[str]:
    """Return the columns with the name of the entity in place of a column that ends on one: `status.name`."""
    return list(dict.fromkeys(_named(schema, entity_type, column) for column in columns))


def attributes_at(schema: Schema, entity_type: str, column: str) -> list[Attribute]:
    """Return the attributes that the steps of a path lead through; none for a path that the schema does not have."""
    found: list[Attribute] = []
    holder = schema.types.get(entity_type)
    for text in column.split("."):
        step = _STEP.fullmatch(text)
        attribute = holder.attributes.get(step[1]) if holder is not None and step is not None else None
        if step is None or attribute is None:
            return []
        found.append(attribute)
        holder = schema.types.get(step[2] or str(attribute.target))
    return found


def _named(schema: Schema, entity_type: str, column: str) -> str:
    attributes = attributes_at(schema, entity_type, column)
    if not attributes or attributes[-1].kind not in (Kind.REFERENCE, Kind.COLLECTION):
        return column
    target = schema.types.get(str(attributes[-1].target))
    name = naming_attribute(target) if target is not None else None
    return f"{column}.{name}" if name else column


def _is_value(schema: Schema, entity_type: EntityType, column: str) -> bool:
    """Return whether a type has one scalar at a path, which can be selected."""
    attributes = attributes_at(schema, entity_type.name, column)
    return bool(attributes) and attributes[-1].kind is Kind.SCALAR and not any(each.restricted for each in attributes)
