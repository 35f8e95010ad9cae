"""Pure: which attributes a query's rows are asked for, and rows as plain data that knows no session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..query.nodes import Path, Select, Step
from ..schema.attribute import Attribute, Kind
from ..schema.model import EntityType, Schema
from ..wire.codec import ENTITY_TYPE, VALUE_TYPE, decode_typed


def complete(select: Select, schema: Schema) -> Select:
    """Fill in what a query leaves open: the default projections, and what a projected relation brings along."""
    paths = [path for projection in _projections(select, schema) for path in _expanded(projection, select, schema)]
    return attrs.evolve(select, projections=tuple(dict.fromkeys(paths)))


def _projections(select: Select, schema: Schema) -> list[Path]:
    if select.projections:
        return [projection for projection in select.projections if isinstance(projection, Path)]
    entity_type = schema.type(select.entity_type)
    return [Path.of(name) for name in entity_type.default_projections or entity_type.primary_key]


def _expanded(path: Path, select: Select, schema: Schema) -> list[Path]:
    """Return *path*, with the default projections of its target behind it when it ends on a relation."""
    attribute = _attribute_at(path, schema.type(select.entity_type), schema)
    if attribute is None or not attribute.is_relation:
        return [path]
    last = path.steps[-1]
    target = schema.type(last.cast or str(attribute.target))
    if attribute.kind is Kind.MAPPING:
        # A mapping without keys and values is nothing that could be shown.
        names: Sequence[str] = (str(attribute.key_name), str(attribute.value_name))
    else:
        names = target.default_projections or target.primary_key
    return [Path((*path.steps, Step(name))) for name in names]


def _attribute_at(path: Path, entity_type: EntityType, schema: Schema) -> Attribute | None:
    attribute = None
    for step in path.steps:
        attribute = entity_type.attributes.get(step.name)
        if attribute is None:
            return None
        if attribute.target is not None:
            entity_type = schema.type(step.cast or attribute.target)
    return attribute


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
        for path in _projections(select, schema):
            attribute = _attribute_at(path, schema.type(select.entity_type), schema)
            if attribute is not None and attribute.kind is Kind.MAPPING:
                shape = self._shape.at(path)
                pair = str(attribute.key_name), str(attribute.value_name)
                # Where more of the items was selected than keys and values, a dict would have no room for it.
                shape.pair = pair if shape.attributes.keys() == set(pair) else None

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return one row of the answer as plain data."""
        return self._entity(row, self._shape)

    def _entity(self, row: Mapping[str, Any], shape: _Shape) -> dict[str, Any]:
        entity_type = row[ENTITY_TYPE]
        plain = {ENTITY_TYPE: entity_type}
        for name in self._keys.get(entity_type, ()):
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
