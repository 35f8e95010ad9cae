"""Edge: raw operations, and the JSON text that the official client sends and receives."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.wire.codec import ENTITY_TYPE, VALUE_TYPE, parse_datetime

from . import attribute, symbol
from .conversion import moment, unwrap
from .error_translation import translated

if TYPE_CHECKING:
    from ftrack_orm.session.session import Session as NativeSession

#: The values of entities that `encode` may write.
_STRATEGIES = ("all", "set_only", "modified_only", "persisted_only")


class EncodingMethods:
    """The methods of a session for raw operations and JSON."""

    _native: NativeSession

    if TYPE_CHECKING:
        types: Mapping[str, Any]

        def shown(self, value: Any) -> Any: ...
        def known_entity(self, entity_type: str, data: Mapping[str, Any]) -> Any: ...
        def auto_populating(self, auto_populate: bool) -> Any: ...

    @translated
    def call(self, data: Iterable[Mapping[str, Any]]) -> Any:
        """Send raw operations and return the answers; rows of entities are entities of this session."""
        operations = json.loads(self.encode(list(data), "modified_only"))
        return [self._with_entities(answer) for answer in self._native.call(operations)]

    def _with_entities(self, value: Any) -> Any:
        """Return an answer with entities in place of their rows."""
        if isinstance(value, list):
            return [self._with_entities(each) for each in value]
        if isinstance(value, dict):
            schema = self._schema_of(value)
            if schema is not None and all(name in value for name in schema.primary_key):
                return self.shown(self.known_entity(schema.name, self._plain_values(schema, value)))
            return {name: self._with_entities(each) for name, each in value.items()}
        return self.shown(value)

    def _schema_of(self, row: Mapping[str, Any]) -> Any:
        name = row.get(ENTITY_TYPE)
        return self._native.schema.type(name) if isinstance(name, str) and name in self._native.schema else None

    @staticmethod
    def _plain_values(schema: Any, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the plain values of a row; related entities are loaded when they are read."""
        plain = {name for name, each in schema.attributes.items() if not each.is_relation}
        return {name: value for name, value in row.items() if name in plain}

    def entity_reference(self, entity: Any) -> dict[str, Any]:
        """Return the type and the primary key of *entity* as JSON has them."""
        native = unwrap(entity)
        key = dict(zip(native.__schema__.primary_key, native._ftrack_state.key, strict=True))
        return {ENTITY_TYPE: native.__entity_type__, **key}

    @translated
    def encode(self, data: Any, entity_attribute_strategy: str = "set_only") -> str:
        """Return *data* as JSON text. The strategy states which values of entities it has.

        These are `all`, those that are loaded or set (`set_only`), those that were changed (`modified_only`), or those
        that the server has (`persisted_only`).
        """
        if entity_attribute_strategy not in _STRATEGIES:
            raise ValueError(f"The strategy is one of {', '.join(_STRATEGIES)}, not {entity_attribute_strategy!r}.")
        return json.dumps(data, sort_keys=True, default=functools.partial(self._encoded, entity_attribute_strategy))

    def _encoded(self, strategy: str, item: Any) -> Any:
        from .collection import Collection, MappedCollectionProxy
        from .entity.base import Entity

        if isinstance(item, Entity):
            return self._encoded_entity(strategy, item)
        if isinstance(item, Collection):
            return [self.entity_reference(each) for each in item]
        if isinstance(item, MappedCollectionProxy):
            return dict(item)
        if hasattr(item, "__reference__"):
            return self.entity_reference(item)
        if isinstance(item, datetime.date) or type(item).__name__ == "Arrow":
            return {VALUE_TYPE: "datetime", "value": item.isoformat()}
        if isinstance(item, Mapping):
            return dict(item)
        raise TypeError(f"{item!r:.200} has no form in JSON.")

    def _encoded_entity(self, strategy: str, entity: Any) -> dict[str, Any]:
        encoded = self.entity_reference(entity)
        with self.auto_populating(strategy == "all"):
            for each in entity.attributes:
                value = _value_by(strategy, each, entity)
                if value is not symbol.NOT_SET:
                    is_reference = isinstance(each, attribute.ReferenceAttribute) and value is not None
                    encoded[each.name] = self.entity_reference(value) if is_reference else value
        return encoded

    @translated
    def decode(self, string: str) -> Any:
        """Return the data of JSON text, with dates of arrow, and entities of this session."""
        return self._with_entities(json.loads(string, object_hook=_with_dates))


def _value_by(strategy: str, each: attribute.Attribute, entity: Any) -> Any:
    if strategy == "all":
        return each.get_value(entity)
    if strategy == "persisted_only":
        return symbol.NOT_SET if each.computed else each.get_remote_value(entity)
    changed = each.get_local_value(entity)
    if changed is symbol.NOT_SET and strategy == "set_only":
        return each.get_remote_value(entity)
    return changed


def _with_dates(item: dict[str, Any]) -> Any:
    return moment(parse_datetime(item["value"])) if item.get(VALUE_TYPE) in ("datetime", "date") else item
