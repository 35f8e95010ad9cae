"""State: what a new entity has before the server has seen it: its key, the schema's defaults and its first values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_orm.entities.entity import Entity, set_values
from ftrack_orm.errors import InvalidValue, ReadOnlyAttribute
from ftrack_orm.values import NOT_LOADED

from .changes import check_editable, expand_assignment

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType


def new_primary_key(schema: EntityType, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the primary key a new entity will have, from its values or those of the references that hold it."""
    key = []
    for name in schema.primary_key:
        value = values.get(name)
        if value is None:
            for reference in schema.keyed_references.get(name, ()):
                if isinstance(related := values.get(reference), Entity):
                    value = related._ftrack_state.key[0]
        if value is None and len(schema.primary_key) == 1:
            raise ReadOnlyAttribute(
                f"{schema.name} entities cannot be created: the server makes their {name} itself.",
                entity_type=schema.name,
                attribute=name,
            )
        if value is None:
            raise InvalidValue(
                f"A new {schema.name} needs {name}, which is part of its key.",
                entity_type=schema.name,
                attribute=name,
            )
        key.append(str(value))
    return tuple(key)


class _Default(NamedTuple):
    """The default of an attribute, and the attributes of which any being given decides instead: itself, a reference."""

    name: str
    value: Any
    is_generated: bool
    deciding: tuple[str, ...]


class Defaults:
    """What the schema gives new entities; which attributes of a type have a default is found out once."""

    def __init__(self) -> None:
        self._known: dict[EntityType, tuple[_Default, ...]] = {}

    def of(self, schema: EntityType, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults for what was not given, except where a given reference decides (protocol fact)."""
        known = self._known.get(schema)
        if known is None:
            known = self._known[schema] = tuple(
                _Default(
                    attribute.name,
                    attribute.default,
                    attribute.has_generated_default,
                    (attribute.name, *schema.keyed_references.get(attribute.name, ())),
                )
                for attribute in schema.attributes.values()
                if attribute.default is not None and not attribute.computed
            )
        return {
            name: str(uuid.uuid4()) if is_generated else value
            for name, value, is_generated, deciding in known
            if given.keys().isdisjoint(deciding)
        }


def set_initial_values(entity: Entity, values: Mapping[str, Any]) -> None:
    """Give a new entity, which nobody knows yet, its first scalars and references, all of them to be sent.

    This is what setting them one by one comes to, without looking each time what they replace, which is nothing. Raises
    what `changes.assign` raises.
    """
    attributes = entity.__schema__.attributes
    first: dict[str, Any] = {}
    for name, value in values.items():
        if attributes[name].computed:
            check_editable(entity, attributes[name])
        changed, _ = expand_assignment(entity, attributes[name], value)
        first.update(changed)
    entity._ftrack_state.originals = dict.fromkeys(first, NOT_LOADED)
    set_values(entity, {name: value for name, value in first.items() if value is not NOT_LOADED})
