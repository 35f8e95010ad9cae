"""Edge: turns the values of an event into those of entities: references into entities, text of custom attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.configuration import Configuration, Options
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.entity import Entity, EntityState, new_entity, set_values
from ftrack_orm.entities.lifecycle import REPORTED_DELETED
from ftrack_orm.events.changed_values import ValueChange, as_boolean, as_datetime, as_integer, as_number
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import ENUMERATORS

from .server_change import LazyValues

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace


def new_deleted_entity(workspace: Workspace, entity_type: str, key: tuple[str, ...]) -> Entity:
    """Return an object for an entity that was deleted before the session loaded it; it has its key and no more."""
    cls = workspace.classes[entity_type]
    entity = new_entity(cls, EntityState(workspace, key, REPORTED_DELETED.after))
    set_values(entity, dict(zip(cls.__schema__.primary_key, key, strict=True)))
    return entity


def entities_of(
    workspace: Workspace, entity_type: str, ids: Iterable[str], *, may_be_deleted: bool = False
) -> tuple[Entity, ...]:
    """Return the entities with *ids*; those that the session lacks are loaded in one request.

    Those that the server lacks too, or this user may not see, are left out, unless they *may_be_deleted*.
    """
    schema = workspace.schema.type(entity_type)
    family, commas = schema.family, len(schema.primary_key) - 1
    # Events join the parts of a key by commas, and the last part may contain some itself.
    keys = [tuple(id_.split(",", commas)) for id_ in ids]
    known = {key: workspace.lookup(entity_type, key) or workspace.expiry.find_deleted(family, key) for key in keys}
    missing = [key for key, entity in known.items() if entity is None]
    if missing:
        known.update({entity._ftrack_state.key: entity for entity in workspace.loader.fetch(entity_type, missing)})
    if may_be_deleted:
        return tuple(known[key] or new_deleted_entity(workspace, entity_type, key) for key in keys)
    return tuple(entity for key in keys if (entity := known[key]) is not None)


class ChangedValues:
    """The old and new values of *entity* according to *changes*, by attribute or key of a custom attribute."""

    def __init__(self, workspace: Workspace, entity: Entity, changes: Mapping[str, ValueChange]) -> None:
        self._workspace = workspace
        self._entity = entity
        self._changes = changes
        references = entity.__schema__.keyed_references
        #: By reference, the key that it follows.
        self._keys = {name: key for key in changes for name in references.get(key, ()) if name not in changes}

    @property
    def old(self) -> LazyValues:
        """The values before the change."""
        return LazyValues((*self._changes, *self._keys), lambda name: self._value(name, "old"))

    @property
    def new(self) -> LazyValues:
        """The values after the change."""
        return LazyValues((*self._changes, *self._keys), lambda name: self._value(name, "new"))

    def _value(self, name: str, side: str) -> Any:
        key = self._keys.get(name)
        if key is not None:
            return self._target(name, getattr(self._changes[key], side))
        change = self._changes[name]
        value = getattr(change, side)
        if change.attribute is None:
            return self._custom_value(name, value)
        if change.attribute.kind is Kind.COLLECTION and isinstance(value, list):
            return entities_of(self._workspace, str(change.attribute.target), map(str, value))
        return MappingProxyType(value) if isinstance(value, dict) else value

    def _target(self, name: str, id_: Any) -> Entity | None:
        """Return the entity behind the value of a key."""
        if id_ is None or id_ == "":
            return None
        target = str(self._entity.__schema__.attributes[name].target)
        return next(iter(entities_of(self._workspace, target, [str(id_)])), None)

    def _custom_value(self, key: str, value: Any) -> Any:
        """Return the value of a custom attribute, which events carry as text (PROTOCOL 3.6), in its configured type."""
        configurations = self._workspace.configurations
        assert isinstance(configurations, Configurations)
        candidates = [each for each in configurations if each.key == key]
        if len({(each.kind, each.is_whole) for each in candidates}) != 1:
            # Which of them applies is not certain.
            return value
        options = frozenset(option for each in candidates for option in each.options)
        try:
            return _parsed(candidates[0], options, value)
        except (ValueError, TypeError, OverflowError):
            return value


def _parsed(configuration: Configuration, options: frozenset[str], value: Any) -> Any:
    kind = configuration.kind
    if value is None or (value == "" and kind in ("number", "date", "boolean")):
        return None
    if kind == "boolean":
        return as_boolean(value)
    if kind == "number":
        return as_integer(value) if configuration.is_whole else as_number(value)
    if kind == "date":
        return as_datetime(value)
    if kind in ENUMERATORS and isinstance(value, str):
        return _chosen(options, value)
    return value


def _chosen(options: frozenset[str], text: str) -> Any:
    """Return the options that a text joins by commas, or the text where the options themselves may contain commas."""
    if not text or text in options:
        return Options([text] if text else [])
    chosen = text.split(", ")
    return Options(chosen) if len(chosen) == 1 or options.issuperset(chosen) else text
