"""State: inheritance of custom attributes: the value that applies to an entity, set on it or further up.

ftrack leaves inheritance to the clients of its API (protocol fact). The values that were set explicitly, on an entity
and on everything above it, are therefore read for all entities that arrived together, once.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.hierarchy import (
    Step,
    entity_at,
    has_other_parent,
    is_new,
    parent_relation,
    path_upwards,
    step_type,
    was_moved,
)
from ftrack_orm.errors import NotFetched
from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTES
from ftrack_orm.values import NOT_LOADED, FetchMode
from ftrack_orm.wire.codec import ENTITY_TYPE

from .configuration import Configuration, Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .mapping import CustomAttributes


class ValueSource(enum.Enum):
    """The origin of the value that applies to an entity."""

    EXPLICIT = "explicit"  # set on the entity itself
    INHERITED = "inherited"  # set on the nearest entity above that has it set
    DEFAULT = "default"  # set nowhere: the configuration's default


@attrs.frozen
class InheritedValue:
    """The value that applies to an entity, its source, and the entity it is set on (None for the default)."""

    value: Any
    source: ValueSource
    entity: Entity | None = None


@attrs.frozen
class ExplicitValues:
    """The values that were set explicitly, as read once for several entities.

    *revision* is `Configurations.values_revision` at the time of the request. *values* holds the values that were set,
    by the ids of configuration and entity, for the configurations and entities whose ids are given. *holders* are the
    entities above the others on which values are set, by id.
    """

    revision: int = -1
    configuration_ids: frozenset[str] = frozenset()
    entity_ids: frozenset[str] = frozenset()
    values: Mapping[tuple[str, str], Any] = attrs.field(factory=dict)
    holders: Mapping[str, Entity] = attrs.field(factory=dict)


def resolve(mapping: CustomAttributes, configuration: Configuration) -> InheritedValue:
    """Return the value of *configuration* that applies to the owner of *mapping*, unsaved edits included.

    Raises `NotFetched` when a request is necessary and the fetch mode is `never`.
    """
    owner = mapping._owner
    if not configuration.is_hierarchical:
        return _own_value(mapping, configuration)
    if was_moved(owner):
        return _resolve_by_parent(mapping, configuration)
    steps = path_upwards(owner)
    ids = [step["id"] for step in steps]
    for step, parent_id in zip(steps, [*ids[1:], None], strict=True):
        entity = entity_at(owner, step)
        if entity is not None and entity is not owner and (was_moved(entity) or has_other_parent(entity, parent_id)):
            return _as_inherited(resolve(entity[CUSTOM_ATTRIBUTES], configuration))
        value = unsaved_value(entity, configuration)
        if value is NOT_LOADED:
            explicit = _explicit_values(mapping, configuration, ids)
            value = explicit.values.get((configuration.id, step["id"]))
            entity = entity or explicit.holders.get(step["id"])
        if value is not None:
            source = ValueSource.EXPLICIT if entity is owner else ValueSource.INHERITED
            return InheritedValue(public_value(value), source, entity)
    return _default_value(configuration)


def name_of(mapping: CustomAttributes, configuration: Configuration) -> str:
    """Return the name of a configuration in *mapping*: its key, or its id if another configuration has the key."""
    entry = mapping._entries.get(configuration.key)
    if entry is None or entry.holder is None:
        return configuration.key
    is_own = dict(entry.holder.key).get(CONFIGURATION_ID) == configuration.id
    return configuration.key if is_own else configuration.id


def public_value(value: Any) -> Any:
    """Return a custom attribute's value in the form that users receive: lists cannot be edited in place."""
    return Options(value) if isinstance(value, list) else value


def _resolve_by_parent(mapping: CustomAttributes, configuration: Configuration) -> InheritedValue:
    """Return the value that applies to an entity that is new or was moved, by resolving it for its current parent."""
    owner = mapping._owner
    value = _explicit_value(mapping, configuration)
    if value is not None:
        return InheritedValue(value, ValueSource.EXPLICIT, owner)
    parent = owner[name] if (name := parent_relation(owner)) is not None else None
    if parent is None:
        return _default_value(configuration)
    return _as_inherited(resolve(parent[CUSTOM_ATTRIBUTES], configuration))


def _own_value(mapping: CustomAttributes, configuration: Configuration) -> InheritedValue:
    """Return the value of a configuration that is not inherited: the entity's own, or the default."""
    owner = mapping._owner
    value = mapping.get(name_of(mapping, configuration))
    is_set = value != configuration.default
    if not is_set and not is_new(owner):
        # Only the explicit values show whether it is not set or set to the default.
        is_set = _explicit_value(mapping, configuration) is not None
    return InheritedValue(value, ValueSource.EXPLICIT, owner) if is_set else _default_value(configuration)


def _explicit_value(mapping: CustomAttributes, configuration: Configuration) -> Any:
    """Return the value that is set on the entity itself, or None."""
    owner = mapping._owner
    if is_new(owner):
        return mapping.get(name_of(mapping, configuration))
    value, id_ = unsaved_value(owner, configuration), owner._ftrack_state.key[0]
    if value is NOT_LOADED:
        value = _explicit_values(mapping, configuration, [id_]).values.get((configuration.id, id_))
    return public_value(value)


def unsaved_value(entity: Entity | None, configuration: Configuration) -> Any:
    """Return the value that an unsaved edit set on *entity*, `NOT_LOADED` without such an edit."""
    if entity is None:
        return NOT_LOADED
    name = name_of(entity.__dict__[CUSTOM_ATTRIBUTES], configuration) if CUSTOM_ATTRIBUTES in entity.__dict__ else None
    for _, edit in reversed(entity._ftrack_state.workspace.pending_edits(entity, CUSTOM_ATTRIBUTES)):
        entry = edit.entries.get(name or configuration.key)
        if entry is not None:
            return entry.value
    return NOT_LOADED


def _as_inherited(resolved: InheritedValue) -> InheritedValue:
    """Return the value that applies to a parent as its children inherit it."""
    return resolved if resolved.source is ValueSource.DEFAULT else attrs.evolve(resolved, source=ValueSource.INHERITED)


def _default_value(configuration: Configuration) -> InheritedValue:
    return InheritedValue(public_value(configuration.default), ValueSource.DEFAULT)


# -- explicit values --------------------------------------------------------------------------------------------------


def _explicit_values(mapping: CustomAttributes, configuration: Configuration, ids: Iterable[str]) -> ExplicitValues:
    """Return the values of *configuration* set on the entities with *ids*, reading them for all peers if necessary."""
    owner, explicit, configurations = mapping._owner, mapping._explicit_values, mapping._configurations
    if (
        explicit.revision == configurations.values_revision
        and configuration.id in explicit.configuration_ids
        and explicit.entity_ids.issuperset(ids)
    ):
        return explicit
    if not owner._ftrack_state.workspace.may_fetch(owner):
        kind = owner.__entity_type__
        raise NotFetched(
            f"The source of {kind}.custom_attributes[{configuration.key!r}] of {owner!r} is not known, and the fetch "
            "mode is 'never'. Read it once outside of that mode.",
            entity_type=kind,
            attribute=CUSTOM_ATTRIBUTES,
        )
    group = _group(mapping)
    configuration_ids = {configuration.id}
    if configuration.is_hierarchical:
        # There are few of them, and code that reads one inherited value of an entity usually reads the others next.
        configuration_ids.update(each.id for each in configurations if each.is_hierarchical)
    above = {step["id"]: step for member in group for step in path_upwards(member._owner, only_loaded=True)[1:]}
    members = {member._owner._ftrack_state.key[0] for member in group}
    entity_ids = {*ids, *members, *(above if configuration.is_hierarchical else ())}
    revision = configurations.values_revision
    values = configurations.read_explicit_values(sorted(configuration_ids), sorted(entity_ids))
    ids_with_value = {entity_id for _, entity_id in values}
    holders = _holders(owner, [step for id_, step in above.items() if id_ in ids_with_value])
    explicit = ExplicitValues(revision, frozenset(configuration_ids), frozenset(entity_ids), values, holders)
    for member in group:
        member._explicit_values = explicit
    return explicit


def _group(mapping: CustomAttributes) -> list[CustomAttributes]:
    """Return the mappings to read values for in one request: those of the owner's peers, if the fetch mode allows."""
    owner = mapping._owner
    state = owner._ftrack_state
    if state.workspace.fetch_mode(state) is not FetchMode.PEERS or state.peers is None:
        return [mapping]
    loaded = [peer.__dict__.get(CUSTOM_ATTRIBUTES) for peer in state.peers.alive() if not is_new(peer)]
    return [mapping, *(each for each in loaded if isinstance(each, type(mapping)) and each is not mapping)]


def _holders(owner: Entity, steps: Sequence[Step]) -> dict[str, Entity]:
    """Return the entities of *steps* by id. Those that the session does not have yet become peers of each other."""
    holders = {step["id"]: entity for step in steps if (entity := entity_at(owner, step)) is not None}
    rows = [{ENTITY_TYPE: step_type(owner, step), "id": step["id"]} for step in steps if step["id"] not in holders]
    new = owner._ftrack_state.workspace.loader.merge(rows)
    return {**holders, **{entity._ftrack_state.key[0]: entity for entity in new}}
