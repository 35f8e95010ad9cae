"""State: letting loaded collections follow when a reference changes: a task given to a shot is among its children.

This is only what one sees in this session until the server says the same: nothing of it is recorded or sent.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.tracked import BackPopulated
from ftrack_orm.values import NOT_LOADED


class KeyedReference(NamedTuple):
    """What an entity refers to by a key: its id, None or `NOT_LOADED`, and its object where that is at hand."""

    key: Any
    owner: Entity | None


def current_reference(entity: Entity, key_name: str) -> KeyedReference:
    """Return what *entity* refers to by the attribute *key_name*, known from that or from a loaded reference."""
    values = entity.__dict__
    key = values.get(key_name, NOT_LOADED)
    for reference in entity.__schema__.keyed_references.get(key_name, ()):
        owner = values.get(reference)
        if isinstance(owner, Entity) and (key is NOT_LOADED or key == owner._ftrack_state.key[0]):
            return KeyedReference(owner._ftrack_state.key[0], owner)
    return KeyedReference(key, None)


def move_between_collections(entity: Entity, key_name: str, before: KeyedReference) -> None:
    """Move *entity* from the loaded collections of what its key led to *before*, to those of what it leads to now.

    The caller holds the lock.
    """
    now = current_reference(entity, key_name)
    if before.key != now.key:
        _update_collections(entity, key_name, _find_owner(entity, key_name, before), is_member=False)
        _update_collections(entity, key_name, _find_owner(entity, key_name, now), is_member=True)


def add_to_loaded_collections(entity: Entity) -> None:
    """Put a new entity into the loaded collections of what it refers to; the caller holds the lock."""
    values = entity.__dict__
    for key_name, references in entity.__schema__.keyed_references.items():
        for reference in references:
            if isinstance(owner := values.get(reference), Entity):
                _update_collections(entity, key_name, owner, is_member=True)
                break


def _update_collections(entity: Entity, key_name: str, owner: Entity | None, *, is_member: bool) -> None:
    """Have the loaded collections of *owner* that lead back over the key take the entity in, or let it go."""
    if owner is None:
        return
    schema = entity._ftrack_state.workspace.schema
    for name, inverse in schema.inverses(owner.__entity_type__, entity.__entity_type__, key_name):
        if not all(entity.__dict__.get(each) == value for each, value in inverse.only):
            continue
        collection = owner.__dict__.get(name)
        if isinstance(collection, BackPopulated):
            collection._back_populate(entity, is_member)


def _find_owner(entity: Entity, key_name: str, there: KeyedReference) -> Entity | None:
    """Return the entity that is referred to, if the session has it."""
    if there.owner is not None or there.key is None or there.key is NOT_LOADED:
        return there.owner
    for reference in entity.__schema__.keyed_references.get(key_name, ()):
        return entity._ftrack_state.workspace.lookup(str(entity.__schema__.attributes[reference].target), (there.key,))
    return None
