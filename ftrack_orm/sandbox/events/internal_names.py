"""Pure: the names that events use for entity types, attributes and values, which differ from those of the schema.

Facts (PROTOCOL 3.6): `entityType` is the server's internal class in lower case (`show`, `task`, `assetversion`).
Changes are listed under internal names (`statusid`). Values of custom attributes are text (`"1"`, `"1001.0"`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.wire.codec import VALUE_TYPE

#: Families whose members are all announced under the name of the family.
_NAMED_BY_FAMILY = frozenset({"Component", "StatusChange"})


class InternalNames:
    """The internal names of one data model, computed once per entity type."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._columns: dict[str, dict[str, str]] = {}

    def entity_type(self, row: Mapping[str, Any]) -> str:
        """Return the `entityType` of a row."""
        entity_type = self._tables.schema.types[row[ENTITY_TYPE]]
        if entity_type.family in _NAMED_BY_FAMILY:
            return entity_type.family.lower()
        return (entity_type.alias or entity_type.name).lower()

    def object_type_id(self, row: Mapping[str, Any]) -> str:
        """Return the `objectTypeId` of a row: the object type of a context, the `entityType` of anything else."""
        return row.get("object_type_id") or self.entity_type(row)

    def columns(self, entity_type: str) -> Mapping[str, str]:
        """Return the internal name of each column that stores values of an entity type."""
        names = self._columns.get(entity_type)
        if names is None:
            names = self._columns[entity_type] = self._column_names(entity_type)
        return names

    def attribute(self, entity_type: str, name: str) -> str:
        """Return the internal name of an attribute."""
        return self._tables.schema.types[entity_type].attributes[name].alias or name

    def _column_names(self, entity_type: str) -> dict[str, str]:
        names = {}
        for attribute in self._tables.schema.types[entity_type].attributes.values():
            column = None if attribute.is_relation else self._tables.column(entity_type, attribute.name)
            if column is not None:
                names[column.name] = attribute.alias or attribute.name
        # References whose key no attribute shows (`Status.state`) are announced under their own names.
        for reference, key in self._tables.hidden_keys(entity_type):
            names.setdefault(key, reference.alias or key.replace("_", ""))
        return names


def custom_value(type_name: str, value: Any) -> str | None:
    """Return the value of a custom attribute in the form of events: as text.

    No value is None, except for text attributes, where it is the empty text.
    """
    if value is None:
        return "" if type_name == "text" else None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return str(float(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        # A date in the wire format.
        return str(value["value"]) if VALUE_TYPE in value else str(dict(value))
    return str(value)
