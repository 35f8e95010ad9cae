"""Pure: the rows of a response as plain data, independent of the session, that JSON can hold."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.row_checks import check_rows
from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.wire.codec import ENTITY_TYPE, decode

from .projections import attribute_at, complete_projections, selected_paths

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

#: The primary key of an entity type that is not in the schema, by ftrack's convention.
_USUAL_KEY = ("id",)


class _Shape:
    """The attributes selected at one place of a row, each with the shape of its content.

    *pair* names the key and the value attribute where a mapped collection was selected as a whole.
    """

    __slots__ = ("attributes", "pair")

    def __init__(self) -> None:
        self.attributes: dict[str, _Shape] = {}
        self.pair: tuple[str, str] | None = None

    def at(self, path: Path) -> _Shape:
        """Return the shape at the end of *path*, creating the missing ones on the way."""
        shape = self
        for step in path.steps:
            shape = shape.attributes.setdefault(step.name, _Shape())
        return shape


class PlainRows:
    """Turns the rows of a denormalised response to *select* into plain data that JSON can hold.

    Servers send more attributes than were selected: those that make up an entity's identity and permissions (protocol
    fact). A plain row has the entity's type, its key and the selected attributes, so that it is the same on all
    servers.
    """

    def __init__(self, select: Select, schema: Schema) -> None:
        self._schema = schema
        self._keys = {name: entity_type.primary_key for name, entity_type in schema.types.items()}
        self._shape = _Shape()
        for path in complete_projections(select, schema).projections:
            if isinstance(path, Path):
                self._shape.at(path)
        for path in selected_paths(select, schema):
            attribute = attribute_at(schema, schema.type(select.entity_type), path)
            if attribute is not None and attribute.kind is Kind.MAPPING:
                shape = self._shape.at(path)
                pair = str(attribute.key_name), str(attribute.value_name)
                # With more attributes of the items than key and value selected, a dict could not hold them.
                shape.pair = pair if shape.attributes.keys() == set(pair) else None

    def rows(self, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the rows of one page as plain data.

        All of them are checked before the first is yielded; raises `ProtocolError` for an incomplete row and for a
        value of a wrong type.
        """
        check_rows(self._schema, rows, allow_unknown_types=True)
        return map(self.row, rows)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return one row of the response as plain data; raises `ProtocolError` for an incomplete row."""
        try:
            return self._entity(row, self._shape)
        except (KeyError, TypeError):
            # An entity that recurs as a bare reference, although a denormalised response was requested, fails here too.
            raise ProtocolError(f"The server sent an incomplete row: {quoted(row)}") from None

    def _entity(self, row: Mapping[str, Any], shape: _Shape) -> dict[str, Any]:
        entity_type = row[ENTITY_TYPE]
        plain = {ENTITY_TYPE: entity_type}
        for name in self._keys.get(entity_type, _USUAL_KEY):
            plain[name] = row[name]
        for name, content in shape.attributes.items():
            if name in row:
                plain[name] = self._value(row[name], content)
        return plain

    def _value(self, value: Any, shape: _Shape) -> Any:
        if isinstance(value, dict) and ENTITY_TYPE in value:
            return self._entity(value, shape)
        if isinstance(value, list):
            if shape.pair is not None:
                key_name, value_name = shape.pair
                pairs: dict[str, Any] = {}
                for item in value:
                    # Of several custom attributes with one key the first is shown, like in the mapping of an entity.
                    if item[key_name] not in pairs:
                        pairs[item[key_name]] = plain_value(item[value_name])
                return pairs
            return [
                self._entity(item, shape) if isinstance(item, dict) and ENTITY_TYPE in item else plain_value(item)
                for item in value
            ]
        return plain_value(value)


def plain_value(value: Any) -> Any:
    """Return a value of a row as plain data: datetimes and dates as ISO 8601 text, datetimes in UTC."""
    if isinstance(value, (dict, list)):
        return _plain_content(decode(value))
    return value.isoformat() if isinstance(value, datetime.date) else value


def _plain_content(value: Any) -> Any:
    """Replace the datetimes and dates in a decoded value, which may be nested to any depth, and return it."""
    result = [value]
    unfinished: list[Any] = [result]
    while unfinished:
        content = unfinished.pop()
        for key, item in content.items() if type(content) is dict else enumerate(content):
            if isinstance(item, datetime.date):
                content[key] = item.isoformat()
            elif type(item) is dict or type(item) is list:
                unfinished.append(item)
    return result[0]
