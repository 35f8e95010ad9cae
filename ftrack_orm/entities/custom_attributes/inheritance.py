"""State: what holds for an entity of a custom attribute that is set where it changes and inherited further down.

The API leaves inheriting to its clients (protocol fact). So the rows that were really set, of an entity and everything
above it, are read for all entities that arrived together, in one question that is asked once.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.errors import NotFetched
from ftrack_orm.schema.facts import CONTEXT, CUSTOM_ATTRIBUTES, LINK, PARENT_RELATIONS
from ftrack_orm.values import NOT_LOADED, FetchMode

from .configuration import Configuration, Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .mapping import CustomAttributes


class ValueSource(enum.Enum):
    """Where a value that holds for an entity comes from."""

    EXPLICIT = "explicit"  # set on the entity itself
    INHERITED = "inherited"  # set on the nearest entity above that has it set
    DEFAULT = "default"  # set nowhere: the configuration's default


@attrs.frozen
class InheritedValue:
    """The value that holds for an entity, where it comes from, and the entity it is set on (None for the default)."""

    value: Any
    source: ValueSource
    entity: Entity | None = None


@attrs.frozen
class ExplicitValues:
    """The values that were really set, as read once for several entities; *writes* is when, in commits by the session.

    *values* has a value for a configuration and an entity, by both ids, or nothing where none was set. *holders* are
    the entities above the others that have a value, by id.
    """

    writes: int = -1
    configuration_ids: frozenset[str] = frozenset()
    entity_ids: frozenset[str] = frozenset()
    values: Mapping[tuple[str, str], Any] = attrs.field(factory=dict)
    holders: Mapping[str, Entity] = attrs.field(factory=dict)


def resolve(mapping: CustomAttributes, configuration: Configuration) -> InheritedValue:
    """Return what holds of *configuration* for the owner of *mapping*, unsaved edits included.

    Raises `NotFetched` when that would have to be asked and the fetch mode is `never`.
    """
    owner = mapping._owner
    if not configuration.is_hierarchical:
        return _own(mapping, configuration)
    if _was_moved(owner):
        return _where_it_is_put(mapping, configuration)
    steps = _steps(owner)
    ids = [step["id"] for step in steps]
    for step, following in zip(steps, [*ids[1:], None], strict=True):
        here = _known(owner, step)
        if here is not None and here is not owner and (_was_moved(here) or _leads_past(here, following)):
            return _inherited(resolve(here[CUSTOM_ATTRIBUTES], configuration))
        value = _local_edit(here, configuration)
        if value is NOT_LOADED:
            rows = _rows(mapping, configuration, ids)
            value, here = rows.values.get((configuration.id, step["id"])), here or rows.holders.get(step["id"])
        if value is not None:
            source = ValueSource.EXPLICIT if here is owner else ValueSource.INHERITED
            return InheritedValue(public_value(value), source, here)
    return _default(configuration)


def _where_it_is_put(mapping: CustomAttributes, configuration: Configuration) -> InheritedValue:
    """Return what holds for an entity that is new or to be moved: what it is put into is asked, since edits decide."""
    owner = mapping._owner
    explicit = _explicit(mapping, configuration)
    if explicit is not None:
        return InheritedValue(explicit, ValueSource.EXPLICIT, owner)
    above = owner[name] if (name := _upwards(owner)) is not None else None
    return _default(configuration) if above is None else _inherited(resolve(above[CUSTOM_ATTRIBUTES], configuration))


def _own(mapping: CustomAttributes, configuration: Configuration) -> InheritedValue:
    """Return what holds of an attribute that is not inherited: the entity's own value, or the default."""
    owner = mapping._owner
    value = mapping.get(configuration.key)
    is_set = value != configuration.default
    if not is_set and not _is_new(owner):
        # Set to what is the default as well, or not set: only the rows tell.
        is_set = _explicit(mapping, configuration) is not None
    return InheritedValue(value, ValueSource.EXPLICIT, owner) if is_set else _default(configuration)


def _explicit(mapping: CustomAttributes, configuration: Configuration) -> Any:
    """Return the value set on the entity itself, None if none is."""
    owner = mapping._owner
    if _is_new(owner):
        return mapping.get(configuration.key)
    value, id_ = _local_edit(owner, configuration), owner._ftrack_state.key[0]
    if value is NOT_LOADED:
        value = _rows(mapping, configuration, [id_]).values.get((configuration.id, id_))
    return public_value(value)


def _inherited(found: InheritedValue) -> InheritedValue:
    """Return what holds further up as it is seen from below."""
    return found if found.source is ValueSource.DEFAULT else attrs.evolve(found, source=ValueSource.INHERITED)


def _default(configuration: Configuration) -> InheritedValue:
    return InheritedValue(public_value(configuration.default), ValueSource.DEFAULT)


def public_value(value: Any) -> Any:
    """Return a custom attribute's value as it is given out."""
    return Options(value) if isinstance(value, list) else value


def _is_new(entity: Entity) -> bool:
    return entity._ftrack_state.lifecycle in (Lifecycle.PENDING, Lifecycle.TRANSIENT)


def _was_moved(entity: Entity) -> bool:
    """Whether the entity is put somewhere else than the path to it tells, by an edit or since the path was loaded."""
    if _is_new(entity):
        return True
    name = _upwards(entity)
    names = {name, entity.__schema__.reference_keys.get(str(name))}
    if not names.isdisjoint(entity._ftrack_state.originals or ()):
        return True
    link: Sequence[Mapping[str, str]] = entity.__dict__.get(LINK) or ()
    if entity.__schema__.family != CONTEXT:
        return False
    return len(link) > 1 and _leads_past(entity, link[-2]["id"])


def _leads_past(entity: Entity, above: str | None) -> bool:
    """Whether a path that leads from *entity* to the one with the id *above* is wrong, as far as the session knows."""
    key_name = entity.__schema__.reference_keys.get(str(_upwards(entity)), "")
    return bool(entity.__dict__.get(key_name, above) != above)


def _upwards(entity: Entity) -> str | None:
    """Return the name of the relation to what the entity is in, None if it is in nothing."""
    name = PARENT_RELATIONS.get(entity.__schema__.family)
    return name if name in entity.__schema__.attributes else None


def _steps(entity: Entity, *, only_loaded: bool = False) -> list[Mapping[str, str]]:
    """Return id and type of an entity and of those above it, nearest first, as far as they may or need be asked for."""
    # Contexts tell their whole path, from the project down to themselves (PROTOCOL 5.1). That of a version, on servers
    # that have it, may leave out the asset.
    if entity.__schema__.family == CONTEXT and LINK in entity.__schema__.attributes:
        link = entity.__dict__.get(LINK) if only_loaded else entity[LINK]
        if link:
            return list(reversed(link))
    itself = {"id": entity._ftrack_state.key[0], "type": entity.__entity_type__}
    name = _upwards(entity)
    above = None if name is None else entity.__dict__.get(name) if only_loaded else entity[name]
    return [itself] if above is None else [itself, *_steps(above, only_loaded=only_loaded)]


def _known(entity: Entity, step: Mapping[str, str]) -> Entity | None:
    """Return the object of *entity* or one on the way up from it if the session has it."""
    if step["id"] == entity._ftrack_state.key[0]:
        return entity
    workspace = entity._ftrack_state.workspace
    kind = step["type"] if step["type"] in workspace.schema.types else CONTEXT
    return workspace.lookup(kind, (step["id"],))


def _local_edit(entity: Entity | None, configuration: Configuration) -> Any:
    """Return the value set by an edit that is not committed, or `NOT_LOADED` when there is no such edit."""
    if entity is None or CUSTOM_ATTRIBUTES not in (entity._ftrack_state.originals or {}):
        return NOT_LOADED
    original = (entity._ftrack_state.originals or {})[CUSTOM_ATTRIBUTES]
    entry = entity.__dict__[CUSTOM_ATTRIBUTES]._entries.get(configuration.key)
    return NOT_LOADED if entry is None or entry == original.get(configuration.key) else entry.value


# -- what was really set ----------------------------------------------------------------------------------------------


def _rows(mapping: CustomAttributes, configuration: Configuration, ids: Iterable[str]) -> ExplicitValues:
    """Return the rows that were set of *configuration* on the entities with *ids*, reading them for all peers."""
    owner, rows = mapping._owner, mapping._rows
    configurations = owner._ftrack_state.workspace.configurations
    if (
        rows.writes == configurations.writes
        and configuration.id in rows.configuration_ids
        and rows.entity_ids.issuperset(ids)
    ):
        return rows
    if not configurations.may_ask(owner):
        kind = owner.__entity_type__
        raise NotFetched(
            f"Where {kind}.custom_attributes[{configuration.key!r}] of {owner!r} comes from is not known, and the "
            "fetch mode is 'never'. Read it once outside of that mode.",
            entity_type=kind,
            attribute=CUSTOM_ATTRIBUTES,
        )
    group = _group(mapping)
    wanted = {configuration.id}
    if configuration.is_hierarchical:
        # There are few of them, and whoever wants one of an entity's inherited values wants the others next.
        wanted.update(each.id for each in configurations if each.is_hierarchical)
    above = {step["id"]: step for member in group for step in _steps(member._owner, only_loaded=True)[1:]}
    members = {member._owner._ftrack_state.key[0] for member in group}
    entity_ids = {*ids, *members, *(above if configuration.is_hierarchical else ())}
    writes = configurations.writes
    values = configurations.read_values(sorted(wanted), sorted(entity_ids))
    held = {entity_id for _, entity_id in values}
    holders = _holders(owner, [step for id_, step in above.items() if id_ in held])
    rows = ExplicitValues(writes, frozenset(wanted), frozenset(entity_ids), values, holders)
    for member in group:
        member._rows = rows
    return rows


def _group(mapping: CustomAttributes) -> list[CustomAttributes]:
    """Return the mappings that are read for together: those of the owner's peers, as the fetch mode allows."""
    owner = mapping._owner
    state = owner._ftrack_state
    if state.workspace.fetch_mode(state) is not FetchMode.PEERS or state.peers is None:
        return [mapping]
    loaded = [peer.__dict__.get(CUSTOM_ATTRIBUTES) for peer in state.peers.alive() if not _is_new(peer)]
    return [mapping, *(each for each in loaded if isinstance(each, type(mapping)) and each is not mapping)]


def _holders(owner: Entity, steps: Sequence[Mapping[str, str]]) -> dict[str, Entity]:
    """Return the entities that *steps* name; those the session has not met yet are met together, as peers."""
    known = {step["id"]: entity for step in steps if (entity := _known(owner, step)) is not None}
    met = owner._ftrack_state.workspace.configurations.meet([step for step in steps if step["id"] not in known])
    return {**known, **met}
