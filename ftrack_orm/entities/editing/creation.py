"""State: the values of a new entity before the server has it: its primary key, defaults and initial values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_orm.entities.entity import Entity, set_values
from ftrack_orm.errors import InvalidValue, ReadOnlyAttribute
from ftrack_orm.values import NOT_LOADED, attribute_called

from .changes import expand_assignment
from .checks import check_editable

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType


def with_attribute_names(schema: EntityType, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return *data* by the names of attributes: `from` for `from_`, as keyword arguments are written."""
    named: dict[str, Any] = {}
    for name, value in data.items():
        called = attribute_called(name, schema.attributes) if isinstance(name, str) else None
        if called in data and called != name:
            raise InvalidValue(
                f"{schema.name}.{called} is given twice, as {called!r} and as {name!r}.",
                entity_type=schema.name,
                attribute=called,
            )
        named[called or name] = value
    return named


def new_primary_key(schema: EntityType, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the primary key of a new entity, from its *values* or from those of the references that hold the key.

    Raises `ReadOnlyAttribute` for a type whose ids the server makes, and `InvalidValue` when a part of a longer key
    is missing.
    """
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
    """The default of an attribute, used unless one of *alternatives* is given: the attribute or its references."""

    name: str
    value: Any
    is_generated: bool
    alternatives: tuple[str, ...]


class Defaults:
    """The schema's defaults for new entities, cached by entity type."""

    def __init__(self) -> None:
        self._by_type: dict[EntityType, tuple[_Default, ...]] = {}

    def of(self, schema: EntityType, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults for the attributes that were not given.

        A key has no default when its reference is given, which decides instead (protocol fact).
        """
        defaults = self._by_type.get(schema)
        if defaults is None:
            defaults = self._by_type[schema] = tuple(
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
            for name, value, is_generated, alternatives in defaults
            if given.keys().isdisjoint(alternatives)
        }


def set_initial_values(entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set the first scalars and references of a new entity, and return them: they are its first edits.

    The effect is that of assigning them one after the other, without the checks for earlier values, of which a new
    entity has none. Raises the errors of `changes.assign`.
    """
    attributes = entity.__schema__.attributes
    initial: dict[str, Any] = {}
    for name, value in values.items():
        if attributes[name].computed:
            check_editable(entity, attributes[name])
        expanded, _ = expand_assignment(entity, attributes[name], value)
        initial.update(expanded)
    entity._ftrack_state.originals = dict.fromkeys(initial, NOT_LOADED)
    set_values(entity, {name: value for name, value in initial.items() if value is not NOT_LOADED})
    return initial
