"""Pure: what events call entity types, attributes and values, which is not what the schema calls them.

Facts (PROTOCOL 3.6): `entityType` is the server's internal class in lower case (`show`, `task`, `assetversion`),
changes are listed under internal names (`statusid`), and custom attributes' values are text (`"1"`, `"1001.0"`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.wire.codec import VALUE_TYPE

#: Families that are announced under the family's name, whatever their members' internal names are.
_BY_FAMILY = frozenset({"Component", "StatusChange"})


class Naming:
    """The internal names of one data model. Build it once; what it answers never changes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._columns: dict[str, dict[str, str]] = {}

    def entity_type(self, row: Mapping[str, Any]) -> str:
        """Return the `entityType` of what a row is."""
        described = self._tables.schema.types[row[ENTITY_TYPE]]
        if described.family in _BY_FAMILY:
            return described.family.lower()
        return (described.alias or described.name).lower()

    def object_type_id(self, row: Mapping[str, Any]) -> str:
        """Return the `objectTypeId`: of a context its object type, of anything else its `entityType`."""
        return row.get("object_type_id") or self.entity_type(row)

    def columns(self, entity_type: str) -> Mapping[str, str]:
        """Return the internal name of each column that a type keeps values in."""
        found = self._columns.get(entity_type)
        if found is None:
            found = self._columns[entity_type] = self._read(entity_type)
        return found

    def attribute(self, entity_type: str, name: str) -> str:
        """Return the internal name of an attribute."""
        return self._tables.schema.types[entity_type].attributes[name].alias or name

    def _read(self, entity_type: str) -> dict[str, str]:
        names = {}
        for attribute in self._tables.schema.types[entity_type].attributes.values():
            column = None if attribute.is_relation else self._tables.column(entity_type, attribute.name)
            if column is not None:
                names[column.name] = attribute.alias or attribute.name
        return names


def custom_value(type_name: str, value: Any) -> str | None:
    """Return a custom attribute's value as events tell it: text, or None for none (of a text attribute, empty text)."""
    if value is None:
        return "" if type_name == "text" else None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return str(float(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        # A date, as the wire writes it.
        return str(value["value"]) if VALUE_TYPE in value else str(dict(value))
    return str(value)
