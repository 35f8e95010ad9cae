"""State: recording what was changed: every edit passes here, is checked, and is remembered with what it replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import EntityDeleted, InvalidValue, ReadOnlyAttribute, UsageError
from ..schema.attribute import Attribute, Kind
from ..schema.model import EntityType
from ..values import NOT_LOADED
from .coercion import coerce
from .entity import Entity
from .following import follow
from .recorded import Recorded, plain
from .state import Lifecycle


class Journal:
    """The entities with something to send, in the order in which they were first touched, held strongly."""

    def __init__(self) -> None:
        self.created: dict[Entity, None] = {}
        self.modified: dict[Entity, None] = {}
        self.deleted: dict[Entity, None] = {}

    def __bool__(self) -> bool:
        return bool(self.created or self.modified or self.deleted)


def assign(entity: Entity, attribute: Attribute, value: Any) -> None:
    """Set a scalar or a reference of *entity* as the user asked, and record it.

    A reference and the key that holds it (`status` and `status_id`) are one change: setting either sets both. Raises
    `InvalidValue` for a value that does not fit, `ReadOnlyAttribute` for an attribute nobody may set, and
    `EntityDeleted` or `SessionClosed` when the entity cannot be changed any more.
    """
    check_editable(entity, attribute)
    if attribute.kind is Kind.REFERENCE:
        related = None if value is None else check_related(entity, attribute, value)
        key_name = entity.__schema__.reference_keys.get(attribute.name)
        if key_name is None:
            _record(entity, {attribute.name: related})
        else:
            key = None if related is None else related._ftrack_state.key[0]
            _record(entity, _key_and_references(entity, key_name, key, related))
    else:
        value = coerce(entity.__entity_type__, attribute, value)
        if attribute.name in entity.__schema__.keyed_references:
            _record(entity, _key_and_references(entity, attribute.name, value, None))
        else:
            _record(entity, {attribute.name: value})


def check_editable(entity: Entity, attribute: Attribute) -> None:
    """Raise the reason why *attribute* of *entity* cannot be set, if there is one."""
    state = entity._ftrack_state
    state.workspace.check_open(f"{entity!r} cannot be changed")
    kind, name = entity.__entity_type__, attribute.name
    if state.lifecycle is Lifecycle.DELETED:
        raise EntityDeleted(f"{kind}.{name} cannot be set: {entity!r} was deleted.", entity_type=kind, attribute=name)
    if entity in state.workspace.journal.deleted:
        raise EntityDeleted(
            f"{kind}.{name} cannot be set: {entity!r} is about to be deleted; session.rollback() takes that back.",
            entity_type=kind,
            attribute=name,
        )
    if attribute.computed:
        raise ReadOnlyAttribute(
            f"{kind}.{name} is worked out by the server and cannot be set.", entity_type=kind, attribute=name
        )
    if attribute.immutable and state.lifecycle is Lifecycle.PERSISTENT:
        raise ReadOnlyAttribute(
            f"{kind}.{name} can only be set when the {kind} is created.", entity_type=kind, attribute=name
        )


def check_related(owner: Entity, attribute: Attribute, item: Any) -> Entity:
    """Return *item* if it can be what the relation *attribute* of *owner* leads to; raise `InvalidValue` if not."""
    kind = owner.__entity_type__
    where = {"entity_type": kind, "attribute": attribute.name}
    if not isinstance(item, Entity):
        hint = f" An id belongs into {key!r}." if (key := owner.__schema__.reference_keys.get(attribute.name)) else ""
        raise InvalidValue(
            f"{kind}.{attribute.name} leads to {attribute.target} entities, not {item!r}.{hint}",
            **where,
        )
    workspace = owner._ftrack_state.workspace
    if item._ftrack_state.workspace is not workspace:
        raise InvalidValue(
            f"{item!r} belongs to another session than {owner!r}; get it from this one with session.get.", **where
        )
    if not workspace.schema.related(item.__entity_type__, str(attribute.target)):
        raise InvalidValue(
            f"{kind}.{attribute.name} leads to {attribute.target} entities, and {item!r} is none.", **where
        )
    if item._ftrack_state.lifecycle is Lifecycle.DELETED or item in workspace.journal.deleted:
        raise EntityDeleted(f"{item!r} is deleted and cannot be put into {kind}.{attribute.name}.", **where)
    return item


def check_entry(owner: Entity, attribute: Attribute, key: str, value: Any) -> Any:
    """Return *value* as an entry of the mapped collection *attribute* keeps it, or raise `InvalidValue`."""
    target = owner._ftrack_state.workspace.schema.type(str(attribute.target))
    try:
        return coerce(target.name, target.attribute(str(attribute.value_name)), value)
    except InvalidValue as error:
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name}[{key!r}]: {error}",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        ) from None


def remember_unloaded(entity: Entity, attribute: Attribute, value: Any) -> Any:
    """Give an attribute that is not loaded *value* to be edited, recording that what it replaces is unknown."""
    with entity._ftrack_state.workspace.lock:
        _remember(entity, attribute.name)
        return entity.__dict__.setdefault(attribute.name, value)


@contextmanager
def editing(owner: Entity, attribute: Attribute) -> Iterator[None]:
    """Record whatever the block does to the collection or mapping *attribute* of *owner* as one change."""
    check_editable(owner, attribute)
    with owner._ftrack_state.workspace.lock:
        _remember(owner, attribute.name)
        yield
        _settle(owner, (attribute.name,))


def restore(entity: Entity, names: Collection[str] | None = None) -> None:
    """Give *entity* back the values it had before any change that was not committed, of *names* or of everything.

    The caller holds the lock.
    """
    state = entity._ftrack_state
    pending = state.originals or {}
    originals = pending if names is None else {name: pending[name] for name in names if name in pending}
    state.originals = {name: original for name, original in pending.items() if name not in originals} or None
    values = entity.__dict__
    keys = {name: _key_held(entity, name) for name in originals if name in entity.__schema__.keyed_references}
    for name, original in originals.items():
        put_back(values, name, original)
    for name, before in keys.items():
        follow(entity, name, before, _key_held(entity, name))


def revert(entity: Entity, names: Collection[str]) -> None:
    """Take back the changes of *names*, each with the attributes that mean the same; all of them if none is given.

    What the server has is shown again, and is loaded again where it was never known. Raises `UnknownAttribute`, and
    `UsageError` for the key of a new entity, which others may refer to already.
    """
    state, schema = entity._ftrack_state, entity.__schema__
    for name in names:
        schema.attribute(name)
        if name in schema.primary_key and state.lifecycle is Lifecycle.PENDING:
            raise UsageError(f"{schema.name}.{name} is the key of the new {entity!r} and stays; delete it instead.")
    with state.workspace.lock:
        if names:
            restore(entity, [each for name in names for each in same_change(schema, name)])
        else:
            state.workspace.journal.deleted.pop(entity, None)
            restore(entity)
        forget_if_unchanged(entity)


def mark_deleted(entity: Entity) -> None:
    """Take the word of the server that it does not have *entity* any more; the caller holds the lock."""
    workspace = entity._ftrack_state.workspace
    workspace.disappearances += 1
    entity._ftrack_state.lifecycle = Lifecycle.DELETED
    entity._ftrack_state.originals = None
    for pending in (workspace.journal.created, workspace.journal.modified, workspace.journal.deleted):
        pending.pop(entity, None)
    workspace.identities.remove(entity.__schema__.family, entity._ftrack_state.key)


def same_change(schema: EntityType, name: str) -> tuple[str, ...]:
    """Return the attributes that are one change with *name*: a key and the references that it holds, or just it."""
    key_name = schema.reference_keys.get(name, name)
    return key_name, *schema.keyed_references.get(key_name, ())


def put_back(values: dict[str, Any], name: str, original: Any) -> None:
    """Make *original*, in the form `plain` gives, the value of an attribute again."""
    current = values.get(name)
    if original is NOT_LOADED:
        values.pop(name, None)
    elif isinstance(current, Recorded):
        current._put_back(original)
    else:
        values[name] = original


def _key_and_references(entity: Entity, key_name: str, key: Any, related: Entity | None) -> dict[str, Any]:
    """Return the values of a key attribute and of every reference kept in it, given the key and perhaps its entity."""
    schema = entity.__schema__
    workspace = entity._ftrack_state.workspace
    values: dict[str, Any] = {key_name: key}
    for name in schema.keyed_references.get(key_name, ()):
        if key is None:
            values[name] = None
        else:
            target = str(schema.attributes[name].target)
            known = related or workspace.known(target, (key,))
            # An entity this session has not met yet is loaded by the key when somebody reads the reference.
            values[name] = NOT_LOADED if known is None else known
    return values


def _record(entity: Entity, values: Mapping[str, Any]) -> None:
    """Set the values of one change, remember what they replace, and forget the change if it came back to that."""
    with entity._ftrack_state.workspace.lock:
        keys = {name: _key_held(entity, name) for name in values if name in entity.__schema__.keyed_references}
        for name, value in values.items():
            _remember(entity, name)
            if value is NOT_LOADED:
                entity.__dict__.pop(name, None)
            else:
                entity.__dict__[name] = value
        _settle(entity, tuple(values))
        for name, before in keys.items():
            follow(entity, name, before, _key_held(entity, name))


def _key_held(entity: Entity, key_name: str) -> Any:
    """Return the key an entity holds of what it refers to, from the key attribute or the loaded reference."""
    values = entity.__dict__
    if key_name in values:
        return values[key_name]
    for reference in entity.__schema__.keyed_references.get(key_name, ()):
        if isinstance(related := values.get(reference), Entity):
            return related._ftrack_state.key[0]
    return NOT_LOADED


def _remember(entity: Entity, name: str) -> None:
    """Keep the present value of an attribute as what the server has, unless an earlier change kept it already."""
    state = entity._ftrack_state
    if state.lifecycle is Lifecycle.TRANSIENT:
        raise UsageError(f"{entity!r} is not part of its session any more, since its creation was rolled back.")
    if state.originals is None:
        state.originals = {}
    if name not in state.originals:
        state.originals[name] = plain(entity.__dict__.get(name, NOT_LOADED))
    if state.lifecycle is not Lifecycle.PENDING:
        state.workspace.journal.modified[entity] = None


def _settle(entity: Entity, names: tuple[str, ...]) -> None:
    """Drop a change that came back to what the server has, so that nothing is sent for it.

    *names* are attributes that mean the same (a key and its references): one of them being back is all of them back,
    and the others get their earlier value even where that is "not loaded".
    """
    state = entity._ftrack_state
    originals = state.originals
    if originals is None:
        return
    values = entity.__dict__
    if not any(
        name in values and originals[name] is not NOT_LOADED and _same(values[name], originals[name])
        for name in names
        if name in originals
    ):
        return
    for name in names:
        if name in originals:
            put_back(values, name, originals.pop(name))
    forget_if_unchanged(entity)


def forget_if_unchanged(entity: Entity) -> None:
    """Take *entity* off the journal when no change of it is left; the caller holds the lock."""
    state = entity._ftrack_state
    if not state.originals and state.lifecycle is not Lifecycle.PENDING:
        state.originals = None
        state.workspace.journal.modified.pop(entity, None)


def _same(value: Any, original: Any) -> bool:
    present = plain(value)
    # Lengths first: a collection appended to a thousand times is not to be compared item by item each time.
    if isinstance(present, (tuple, dict)) and len(present) != len(original):
        return False
    # 1 and 1.0 are the same number to ftrack, but True is not the number 1.
    return isinstance(present, bool) == isinstance(original, bool) and bool(present == original)
