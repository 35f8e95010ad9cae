"""State: the entities that are loaded together with one whose attribute was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftrack_orm.entities.entity import Entity, Peers, ResultOrigin
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.values import NOT_LOADED, FetchMode

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.attribute import Attribute


def needs_load(entity: Entity, name: str) -> bool:
    """Whether an attribute has no value, or is a collection or mapping whose content has expired."""
    value = entity.__dict__.get(name, NOT_LOADED)
    return value is NOT_LOADED or (isinstance(value, Tracked) and value._is_stale)


def inherited_mode(entity: Entity) -> FetchMode | None:
    """Return the fetch mode of the query that *entity* came from; entities reached from it inherit the mode."""
    peers = entity._ftrack_state.peers
    return peers.mode if peers else None


def origin_of(entity: Entity) -> ResultOrigin | None:
    """Return the page of results that *entity* was reached from, if the session learns projections."""
    peers = entity._ftrack_state.peers
    return peers.origin if peers else None


def entities_to_load(workspace: Workspace, entity: Entity, attribute: Attribute) -> list[Entity]:
    """Return *entity* and, behind it, the entities for which *attribute* is loaded in the same request.

    These are its peers, and the entities of the same family of which the session knows only the key, whichever query
    they came from. Entities that have the attribute loaded are left out.
    """
    state, name = entity._ftrack_state, attribute.name
    key_only = workspace.identities.pop_unloaded(entity.__schema__.family)
    candidates = dict.fromkeys((*(state.peers.alive() if state.peers else ()), *key_only))
    return [
        entity,
        *(
            candidate
            for candidate in candidates
            if candidate is not entity
            and needs_load(candidate, name)
            and candidate._ftrack_state.lifecycle is Lifecycle.PERSISTENT
            and name in candidate.__attributes__
        ),
    ]


def resolve_references(workspace: Workspace, entities: Sequence[Entity], attribute: Attribute) -> list[Entity]:
    """Set a reference from memory on those of *entities* whose key is empty or belongs to an entity of the session.

    Return the other entities, for which the reference has to be loaded.
    """
    name = attribute.name
    unresolved = []
    # Under the lock, since the key may expire between reading it and setting the reference.
    with workspace.lock:
        for entity in entities:
            key_name = entity.__schema__.reference_keys.get(name)
            key = entity.__dict__.get(key_name, ...) if key_name else ...
            if key is ...:
                unresolved.append(entity)
                continue
            target = None if key is None else workspace.lookup(str(attribute.target), (key,))
            if key is None or target is not None:
                entity.__dict__.setdefault(name, target)
            else:
                unresolved.append(entity)
    return unresolved


def make_targets_peers(entities: Sequence[Entity], attribute: Attribute) -> None:
    """Make the targets of a reference of *entities* peers of each other.

    Some targets may have come from other queries. Code that goes on from one of *entities* to its target usually does
    so for all of them, so that from here on the targets are loaded together.
    """
    peers = Peers(inherited_mode(entities[0]), origin_of(entities[0]))
    targets = dict.fromkeys(
        target for entity in entities if isinstance(target := entity.__dict__.get(attribute.name), Entity)
    )
    for target in targets:
        target._ftrack_state.peers = peers
        peers.add(target)
