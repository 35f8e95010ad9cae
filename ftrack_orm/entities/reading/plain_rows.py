"""Pure: the rows of an answer as plain data that knows no session and that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftrack_orm.errors import ProtocolError
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE, decode_typed

from .projections import attribute_at, complete, projected

#: The key of a type that the schema has not heard of, most likely.
_USUAL_KEY = ("id",)


class _Shape:
    """What is told of the entities at one place of a row: the selected attributes, with the shapes of what they hold.

    *pair* are the attributes that are key and value where a mapped collection was selected as a whole.
    """

    __slots__ = ("attributes", "pair")

    def __init__(self) -> None:
        self.attributes: dict[str, _Shape] = {}
        self.pair: tuple[str, str] | None = None

    def at(self, path: Path) -> _Shape:
        """Return the shape at the end of *path*, which is made if there is none."""
        shape = self
        for step in path.steps:
            shape = shape.attributes.setdefault(step.name, _Shape())
        return shape


class PlainRows:
    """Turns the rows of a denormalised answer to *select* into plain data that JSON can hold.

    Servers tell more than was selected: what makes up an entity's identity and rights (protocol fact). A row is made of
    the entity's type, its key and what was selected, so that it looks the same whatever the server adds.
    """

    def __init__(self, select: Select, schema: Schema) -> None:
        self._keys = {name: entity_type.primary_key for name, entity_type in schema.types.items()}
        self._shape = _Shape()
        for path in complete(select, schema).projections:
            if isinstance(path, Path):
                self._shape.at(path)
        for path in projected(select, schema):
            attribute = attribute_at(schema, schema.type(select.entity_type), path)
            if attribute is not None and attribute.kind is Kind.MAPPING:
                shape = self._shape.at(path)
                pair = str(attribute.key_name), str(attribute.value_name)
                # Where more of the items was selected than keys and values, a dict would have no room for it.
                shape.pair = pair if shape.attributes.keys() == set(pair) else None

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return one row of the answer as plain data; raises `ProtocolError` for what is none."""
        try:
            return self._entity(row, self._shape)
        except (KeyError, TypeError):
            # Also where an entity comes up again as a bare reference, although the answer was to be denormalised.
            raise ProtocolError(f"The server sent a row that is not whole: {str(row)[:200]}") from None

    def _entity(self, row: Mapping[str, Any], shape: _Shape) -> dict[str, Any]:
        entity_type = row[ENTITY_TYPE]
        plain = {ENTITY_TYPE: entity_type}
        for name in self._keys.get(entity_type, _USUAL_KEY):
            plain[name] = row[name]
        for name, below in shape.attributes.items():
            if name in row:
                plain[name] = self._value(row[name], below)
        return plain

    def _value(self, value: Any, shape: _Shape) -> Any:
        if isinstance(value, dict) and ENTITY_TYPE in value:
            return self._entity(value, shape)
        if isinstance(value, list):
            if shape.pair is not None:
                key_name, value_name = shape.pair
                return {item[key_name]: plain_value(item[value_name]) for item in value}
            return [self._value(item, shape) for item in value]
        return plain_value(value)


def plain_value(value: Any) -> Any:
    """Return a value of an answer as plain data: datetimes and dates as ISO 8601 text, datetimes in UTC."""
    if isinstance(value, dict):
        if VALUE_TYPE in value:
            moment = decode_typed(value)
            return None if moment is None else moment.isoformat()
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    return value
