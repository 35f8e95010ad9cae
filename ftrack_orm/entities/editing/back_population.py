"""State: back-population: when a reference changes, the loaded collections on its other side change with it.

A task that is given to another shot leaves the children of the first and joins those of the second. This shows in the
session only, until the server returns the same: nothing of it is recorded or sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.tracked import BackPopulated
from ftrack_orm.schema.facts import LINK_TYPES, POLYMORPHIC_KEYS
from ftrack_orm.values import NOT_LOADED

if TYPE_CHECKING:
    from ftrack_orm.schema.relations import Inverse


class KeyedReference(NamedTuple):
    """The target of a key attribute: its id, None or `NOT_LOADED`, and its object if a loaded reference has it."""

    key: Any
    target: Entity | None


def current_reference(entity: Entity, key_name: str) -> KeyedReference:
    """Return the target of the attribute *key_name*, from the key itself or from a loaded reference that it holds."""
    values = entity.__dict__
    key = values.get(key_name, NOT_LOADED)
    for reference in entity.__schema__.keyed_references.get(key_name, ()):
        target = values.get(reference)
        if isinstance(target, Entity) and (key is NOT_LOADED or key == target._ftrack_state.key[0]):
            return KeyedReference(target._ftrack_state.key[0], target)
    return KeyedReference(key, None)


def move_between_collections(entity: Entity, key_name: str, before: KeyedReference) -> None:
    """Remove *entity* from the loaded collections of its target *before*, and add it to those of its current target.

    The caller holds the lock.

    The key *before* may not be known, or may be newer than the collection that shows the entity. Which collection that
    is, is then found out when they are read: a move does not search all of them.
    """
    now = current_reference(entity, key_name)
    if before.key != now.key:
        has_left = False
        for reference, is_member in ((before, False), (now, True)):
            target = _find_target(entity, key_name, reference)
            has_changed = _update_collections(entity, key_name, target, is_member=is_member)
            has_left |= has_changed and not is_member
            if entity.__entity_type__ in LINK_TYPES:
                _update_linked(entity, key_name, target, is_member=is_member)
        state = entity._ftrack_state
        # The former owner of a new entity is always known.
        if (not has_left or now.key is NOT_LOADED) and state.journal is None:
            state.workspace.note_move(entity, key_name)


def add_to_loaded_collections(entity: Entity) -> None:
    """Add a new entity to the loaded collections of the entities it refers to. The caller holds the lock."""
    values, is_link = entity.__dict__, entity.__entity_type__ in LINK_TYPES
    for key_name, references in entity.__schema__.keyed_references.items():
        for reference in references:
            if isinstance(target := values.get(reference), Entity):
                _update_collections(entity, key_name, target, is_member=True)
                if is_link:
                    _update_linked(entity, key_name, target, is_member=True)
                break
    for key_name in POLYMORPHIC_KEYS:
        if key_name not in entity.__schema__.keyed_references and values.get(key_name) is not None:
            target = _find_owner(entity, key_name, values[key_name])
            _update_collections(entity, key_name, target, is_member=True)
            if is_link:
                _update_linked(entity, key_name, target, is_member=True)


def _update_collections(entity: Entity, key_name: str, target: Entity | None, *, is_member: bool) -> bool:
    """Add *entity* to the loaded collections of *target* that are the inverse of the key, or remove it from them.

    Return whether one of them has changed.
    """
    has_changed = False
    if target is None:
        return has_changed
    schema = entity._ftrack_state.workspace.schema
    for name, inverse in schema.inverses(target.__entity_type__, entity.__entity_type__, key_name):
        collection = target.__dict__.get(name)
        if isinstance(collection, BackPopulated) and has_values(entity, inverse):
            has_changed |= collection._back_populate(entity, is_member)
    return has_changed


def _update_linked(link: Entity, key_name: str, end: Entity | None, *, is_member: bool) -> None:
    """Make the two ends of a link show each other in their loaded collections, or not any more.

    *end* is the entity that *key_name* of the link leads to, or led to.
    """
    if end is None:
        return
    schema = link._ftrack_state.workspace.schema
    for name, stored in schema.linked(end.__entity_type__, link.__entity_type__):
        if stored.near == key_name and (other := link_end(link, stored.far)) is not None:
            _back_populate(end, name, other, is_member=is_member)
            for other_name, other_stored in schema.linked(other.__entity_type__, link.__entity_type__):
                if other_stored.near == stored.far:
                    _back_populate(other, other_name, end, is_member=is_member)


def _back_populate(owner: Entity, name: str, member: Entity, *, is_member: bool) -> None:
    collection = owner.__dict__.get(name)
    if isinstance(collection, BackPopulated) and may_contain(owner, name, member):
        collection._back_populate(member, is_member)


def link_end(link: Entity, key_name: str) -> Entity | None:
    """Return the entity at the end of a link that *key_name* refers to, if the session has it."""
    return _find_target(link, key_name, current_reference(link, key_name))


def may_contain(owner: Entity, name: str, member: Entity) -> bool:
    """Whether *member* is of a type that a collection of *owner* has. A link may lead to entities of any type."""
    schema = owner._ftrack_state.workspace.schema
    return schema.related(member.__entity_type__, str(owner.__schema__.attributes[name].target))


def has_values(entity: Entity, stored: Inverse) -> bool:
    """Whether *entity* has the values that members of a collection have besides the key."""
    return all(entity.__dict__.get(name) == value for name, value in stored.only)


def _find_target(entity: Entity, key_name: str, reference: KeyedReference) -> Entity | None:
    """Return the entity that is referred to, if the session has it."""
    if reference.target is not None or reference.key is None or reference.key is NOT_LOADED:
        return reference.target
    workspace = entity._ftrack_state.workspace
    for name in entity.__schema__.keyed_references.get(key_name, ()):
        return workspace.lookup(str(entity.__schema__.attributes[name].target), (reference.key,))
    return _find_owner(entity, key_name, reference.key)


def _find_owner(entity: Entity, key_name: str, id_: str) -> Entity | None:
    """Return the entity of any type with the id that a key has or had, if the session has it.

    Some entities have a second attribute for the owner's type (`Note.parent_type`), which may be that of another owner
    by now; others do not have one (`ListObject`). Ids are unique, so that the id alone identifies the owner.
    """
    workspace = entity._ftrack_state.workspace
    owner_type = entity.__dict__.get(f"{key_name.removesuffix('_id')}_type")
    if isinstance(owner_type, str) and owner_type in workspace.schema.types:
        owner = workspace.lookup(owner_type, (id_,))
        if owner is not None:
            return owner
    found = (workspace.identities.get(family, (id_,)) for family in workspace.identities.families())
    return next((each for each in found if each is not None), None)
