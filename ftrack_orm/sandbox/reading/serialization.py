"""State: serializes fetched rows as JSON objects, and keeps the attributes that one HTTP response holds already.

A server sends an attribute of an entity once in a whole response. Where the entity occurs again, it is a bare reference
of type and key (protocol fact). That keeps responses small and cyclic data finite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.attribute import Attribute, ValueType
from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE

from .component_urls import ComponentUrls
from .projection import Field, system_projections

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .fetching import Row, RowPosition

_NO_PATHS: frozenset[str] = frozenset()
_NO_SERVER = ComponentUrls()


class Serializer:
    """Serializes the entities of one response. Use one instance for all operations of a batch.

    A *denormalised* response holds all attributes of every occurrence. *urls* are the addresses of thumbnails and
    files.
    """

    def __init__(self, denormalised: bool = False, *, urls: ComponentUrls = _NO_SERVER) -> None:
        self._denormalised = denormalised
        self._urls = urls
        #: (family, key) -> the attributes sent of an entity, each with the paths below it that were sent.
        self._sent: dict[tuple[str, tuple[Any, ...]], dict[str, frozenset[str]]] = {}

    def reset(self) -> None:
        """Send all attributes again from here on, because a write of the batch may have changed their values."""
        self._sent.clear()

    def entity(self, position: RowPosition, row: Row) -> dict[str, Any] | None:
        """Return the entity at *position* of a row, or None where a reference is null."""
        key = tuple(row[column] for column in position.key)
        if key[0] is None:
            return None
        entity_type = position.tables.schema.type(position.type_of(row))
        result: dict[str, Any] = {ENTITY_TYPE: entity_type.name, **dict(zip(entity_type.primary_key, key, strict=True))}
        sent = self._sent.setdefault((entity_type.family, key), {})
        unsent = []
        # All attributes are marked as sent before those of related entities are serialized: below itself the entity
        # is a bare reference.
        for name, field in self._fields(position, entity_type):
            paths = field.paths if field is not None else _NO_PATHS
            if self._denormalised or name not in sent or not paths <= sent[name]:
                sent[name] = paths | sent.get(name, _NO_PATHS)
                unsent.append(name)
        for name in unsent:
            result[name] = self._value(position, row, entity_type, name)
        return result

    def _fields(self, position: RowPosition, entity_type: EntityType) -> list[tuple[str, Field | None]]:
        """Return the attributes to send of an entity of that type besides its key, system projections first."""
        cached = position.fields_of_type.get(entity_type.name)
        if cached is None:
            fields: dict[str, Field | None] = dict.fromkeys(system_projections(position.tables, entity_type.name))
            fields.update(
                (name, field)
                for name, field in position.tree.fields.items()
                if position.is_selected(entity_type.name, field)
            )
            cached = [(name, field) for name, field in fields.items() if name not in entity_type.primary_key]
            position.fields_of_type[entity_type.name] = cached
        return cached

    def _value(self, position: RowPosition, row: Row, entity_type: EntityType, name: str) -> Any:
        if name in position.references:
            return self.entity(position.references[name], row)
        if name in position.collections:
            items = position.collections[name]
            return [self.entity(items.position, item) for item in items.rows.get(row[position.key[0]], ())]
        field = position.tree.fields.get(name)
        attribute = field.attribute if field is not None else entity_type.attributes[name]
        return self._scalar(attribute, row[position.columns[name]])

    def _scalar(self, attribute: Attribute, value: Any) -> Any:
        """Return a stored or derived value as JSON: datetimes as typed objects, components as URLs, others as is."""
        if attribute.value_type is ValueType.OBJECT and attribute.computed:
            return self._urls.value(attribute.name, value)
        if value is not None and attribute.value_type is ValueType.DATETIME:
            return {VALUE_TYPE: "datetime", "value": value}
        return value
