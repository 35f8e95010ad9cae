"""State: what one HTTP answer has told so far, and fetched rows as the JSON objects it tells next.

A server tells an attribute of an entity once in a whole answer; wherever the entity comes up again it is a bare
reference of type and key (protocol fact). That keeps answers small and cyclic data finite.
"""

from __future__ import annotations

from typing import Any

from ftrack_orm.schema.attribute import Attribute, ValueType
from ftrack_orm.schema.model import EntityType
from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE

from .computed import component_url
from .fetching import Row, RowPosition
from .projection import Field, always_told

_EVERYTHING: frozenset[str] = frozenset()


class Serializer:
    """The memory of one answer. Use one for all operations of a batch.

    *denormalised* answers tell everything every time. *base_url* is put before the paths of thumbnails and files.
    """

    def __init__(self, denormalised: bool = False, *, base_url: str = "") -> None:
        self.denormalised = denormalised
        self.base_url = base_url
        self._told: dict[tuple[str, tuple[Any, ...]], dict[str, frozenset[str]]] = {}

    def forget(self) -> None:
        """Tell everything anew from here on, because a write of the batch may have changed what was told."""
        self._told.clear()

    def entity(self, place: RowPosition, row: Row) -> dict[str, Any] | None:
        """Return the entity a row has at *place*, or None when there is none."""
        key = tuple(row[position] for position in place.key)
        if key[0] is None:
            return None
        entity_type = place.tables.schema.type(place.type_of(row))
        answer: dict[str, Any] = {ENTITY_TYPE: entity_type.name, **dict(zip(entity_type.primary_key, key, strict=True))}
        told = self._told.setdefault((entity_type.family, key), {})
        fresh = []
        # All is marked as told before anything below is: an entity met again further down is already a reference.
        for name, field in self._asked(place, entity_type):
            shape = field.shape if field is not None else _EVERYTHING
            if self.denormalised or name not in told or not shape <= told[name]:
                told[name] = shape | told.get(name, _EVERYTHING)
                fresh.append(name)
        for name in fresh:
            answer[name] = self._value(place, row, entity_type, name)
        return answer

    def _asked(self, place: RowPosition, entity_type: EntityType) -> list[tuple[str, Field | None]]:
        """Return the attributes to tell of an entity of that type, those always told first, without its key."""
        known = place.asked_of.get(entity_type.name)
        if known is None:
            fields: dict[str, Field | None] = dict.fromkeys(always_told(place.tables, entity_type.name))
            for name, field in place.branch.fields.items():
                if place.asked(entity_type.name, field):
                    fields[name] = field
            known = [(name, field) for name, field in fields.items() if name not in entity_type.primary_key]
            place.asked_of[entity_type.name] = known
        return known

    def _value(self, place: RowPosition, row: Row, entity_type: EntityType, name: str) -> Any:
        if name in place.references:
            return self.entity(place.references[name], row)
        if name in place.collections:
            members = place.collections[name]
            return [self.entity(members.place, item) for item in members.rows.get(row[place.key[0]], ())]
        field = place.branch.fields.get(name)
        attribute = field.attribute if field is not None else entity_type.attributes[name]
        return self.scalar(attribute, row[place.columns[name]])

    def scalar(self, attribute: Attribute, value: Any) -> Any:
        """Return a stored or derived value as JSON: datetimes typed, components as addresses, the rest as it is."""
        if value is None:
            return None
        if attribute.value_type is ValueType.DATETIME:
            return {VALUE_TYPE: "datetime", "value": value}
        if attribute.value_type is ValueType.OBJECT and attribute.computed:
            return component_url(attribute.name, value, self.base_url)
        return value
