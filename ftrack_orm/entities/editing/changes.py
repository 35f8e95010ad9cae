"""State: setting attributes as recorded changes: each edit is checked, applied and kept with the value it replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_orm.entities.lifecycle import TAKEN_BACK, Lifecycle
from ftrack_orm.entities.tracked import PendingEdit
from ftrack_orm.errors import EntityDeleted, UsageError
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.facts import POLYMORPHIC_KEYS
from ftrack_orm.values import NOT_LOADED

from .back_population import current_reference, move_between_collections
from .checks import check_editable, check_related
from .coercion import coerce
from .originals import journal_to_edit, record, take_back

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.model import EntityType
    from ftrack_orm.schema.relations import Inverse

# Bound once: looking up a member of an enumeration costs more than comparing it, and every edit does both.
_REFERENCE = Kind.REFERENCE

Edit = TypeVar("Edit", bound=PendingEdit)


def assign(entity: Entity, attribute: Attribute, value: Any) -> None:
    """Set a scalar or a reference of *entity* and record the change.

    A reference and the key that holds it (`status` and `status_id`) are set together: setting either sets both.
    Raises `InvalidValue` for a value that does not fit, `ReadOnlyAttribute` for an attribute that cannot be set, and
    `EntityDeleted`, `UsageError` or `SessionClosed` when the entity cannot be changed any more.
    """
    check_editable(entity, attribute)
    _record(entity, *expand_assignment(entity, attribute, value))


def expand_assignment(entity: Entity, attribute: Attribute, value: Any) -> tuple[dict[str, Any], str | None]:
    """Return all values that change when a scalar or a reference is set to *value*, and the key's name among them.

    The name is None if the attribute belongs to no key. The value of a reference is `NOT_LOADED` when the session does
    not have the entity with that key: reading the reference loads it. Raises `InvalidValue` or `EntityDeleted` for a
    value that does not fit.
    """
    schema, name = entity.__schema__, attribute.name
    if attribute.kind is not _REFERENCE:
        value = coerce(schema.name, attribute, value)
        if name not in schema.keyed_references:
            return {name: value}, name if name in POLYMORPHIC_KEYS else None
        return _key_and_references(entity, name, value, None), name
    related = None if value is None else check_related(entity, attribute, value)
    key_name = schema.reference_keys.get(name)
    if key_name is None:
        return {name: related}, None
    key = None if related is None else related._ftrack_state.key[0]
    return _key_and_references(entity, key_name, key, related), key_name


def assign_membership(entity: Entity, owner: Entity, stored: Inverse, *, is_missing: bool) -> None:
    """Make *entity* a member of a collection of *owner* by setting the attributes in which that is *stored*.

    *is_missing* says that the collection is loaded and does not contain it.
    """
    attributes = entity.__schema__.attributes
    if is_missing and entity.__dict__.get(stored.attribute) == owner._ftrack_state.key[0]:
        _forget_key(entity, stored)
    for name, value in stored.only:
        assign(entity, attributes[name], value)
    if stored.type_attribute is not None:
        assign(entity, attributes[stored.type_attribute], owner.__entity_type__)
    assign(entity, attributes[stored.attribute], owner._ftrack_state.key[0])


def end_membership(entity: Entity, owner: Entity, stored: Inverse, *, was_member: bool | None) -> None:
    """End the membership of *entity* in a collection of *owner*: take back the edit that began it, or clear the key.

    *was_member* says whether it is a member on the server, None if that is not known.
    """
    state, attributes = entity._ftrack_state, entity.__schema__.attributes
    names = [stored.attribute, *([stored.type_attribute] if stored.type_attribute is not None else [])]
    journal = state.workspace.journal_for(entity)
    original = (state.originals or {}).get(stored.attribute, NOT_LOADED)
    if original is not NOT_LOADED:
        was_member = original == owner._ftrack_state.key[0]
    if was_member is False and stored.attribute in journal.edits.get(entity, {}) and state.journal is None:
        with state.workspace.lock:
            together = [each for name in names for each in attributes_set_together(entity.__schema__, name)]
            take_back(entity, journal, together)
        return
    if entity.__dict__.get(stored.attribute, NOT_LOADED) not in (NOT_LOADED, owner._ftrack_state.key[0]):
        _forget_key(entity, stored)
    for name in reversed(names):
        assign(entity, attributes[name], None)


def _forget_key(entity: Entity, stored: Inverse) -> None:
    """Unload the key of *entity*, which a collection contradicts: one of them was loaded before others changed it.

    Otherwise, to set the key to the value that it seems to have would be no change, and nothing would be sent.
    """
    state, names = entity._ftrack_state, [stored.attribute, *filter(None, [stored.type_attribute])]
    if state.journal is None and not any(name in (state.originals or ()) for name in names):
        with state.workspace.lock:
            for name in names:
                for each in attributes_set_together(entity.__schema__, name):
                    entity.__dict__.pop(each, None)


@contextmanager
def editing(owner: Entity, attribute: Attribute, new_edit: Callable[[], Edit]) -> Iterator[Edit]:
    """Yield the edit of a collection or mapping in the current unit of work, to be changed by the block.

    *new_edit* makes the first one. An edit that is no difference afterwards is dropped. Raises the errors of
    `check_editable`. The block runs under the workspace's lock.
    """
    check_editable(owner, attribute)
    with owner._ftrack_state.workspace.lock:
        journal = journal_to_edit(owner)
        edits = journal.edits_of(owner)
        edit = edits.get(attribute.name)
        if edit is None:
            edit = edits[attribute.name] = new_edit()
        if len(owner._ftrack_state.workspace.journals) > 1:
            owner._ftrack_state.workspace.note_edit(owner, (attribute.name,), journal)
        try:
            yield edit
        finally:
            if not edit:
                journal.discard(owner, attribute.name)


def record_deletion(entity: Entity) -> None:
    """Record that the current unit of work deletes *entity*; a new one is discarded.

    Raises `EntityDeleted`, and `UsageError` for a new entity of another unit of work.
    """
    state, workspace = entity._ftrack_state, entity._ftrack_state.workspace
    workspace.check_open(f"{entity!r} cannot be deleted")
    if state.lifecycle is Lifecycle.DELETED:
        raise EntityDeleted(f"{entity!r} is deleted already.")
    with workspace.lock:
        if state.lifecycle is Lifecycle.TRANSIENT:
            return
        journal = workspace.journal
        if state.lifecycle is Lifecycle.PENDING:
            if state.journal is not journal:
                raise UsageError(f"{entity!r} is new in another unit of work; only that one can take it back.")
            if entity not in journal.in_flight:
                discard_new(entity)
                return
        journal.deleted[entity] = None


def discard_new(entity: Entity) -> None:
    """Take the creation of *entity* back: it becomes transient. The caller holds the lock."""
    state = entity._ftrack_state
    workspace, journal = state.workspace, state.journal
    state.lifecycle = TAKEN_BACK.after
    workspace.removals += 1
    if journal is not None:
        for entities in (journal.created, journal.edits, journal.deleted, journal.bases):
            entities.pop(entity, None)
    state.journal = state.originals = None
    workspace.identities.remove(entity.__schema__.family, state.key)
    workspace.forget_edited_keys()


def attributes_set_together(schema: EntityType, name: str) -> tuple[str, ...]:
    """Return the attributes that change when *name* is set: a key and the references it holds, or only *name*."""
    key_name = schema.reference_keys.get(name, name)
    return key_name, *schema.keyed_references.get(key_name, ())


def _key_and_references(entity: Entity, key_name: str, key: Any, related: Entity | None) -> dict[str, Any]:
    """Return the values of a key attribute and of its references; *related* is the entity with that key, if known."""
    schema = entity.__schema__
    values: dict[str, Any] = {key_name: key}
    for name in schema.keyed_references.get(key_name, ()):
        if key is None:
            values[name] = None
        elif related is not None:
            values[name] = related
        else:
            target = entity._ftrack_state.workspace.lookup(str(schema.attributes[name].target), (key,))
            values[name] = NOT_LOADED if target is None else target
    return values


def _record(entity: Entity, changed: Mapping[str, Any], key_name: str | None = None) -> None:
    """Set the values of one assignment; *key_name* is the key among them, if they are a key and its references."""
    with entity._ftrack_state.workspace.lock:
        before = current_reference(entity, key_name) if key_name else None
        record(entity, changed)
        if before is not None and key_name is not None:
            entity._ftrack_state.workspace.index_keys(entity, changed)
            move_between_collections(entity, key_name, before)
