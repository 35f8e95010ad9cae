"""State: recording what was changed: every edit passes here, is checked, and is remembered with what it replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.tracked import Tracked, content_of
from ftrack_orm.errors import EntityDeleted, FtrackError, InvalidValue, ReadOnlyAttribute, UsageError
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.values import NOT_LOADED

from .back_population import current_reference, move_between_collections
from .coercion import coerce

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

# Bound once: looking a member up on its enumeration costs more than the comparison, and every edit passes here.
_REFERENCE = Kind.REFERENCE
_PENDING, _PERSISTENT = Lifecycle.PENDING, Lifecycle.PERSISTENT
_TRANSIENT, _DELETED = Lifecycle.TRANSIENT, Lifecycle.DELETED


def assign(entity: Entity, attribute: Attribute, value: Any) -> None:
    """Set a scalar or a reference of *entity* as the user asked, and record it.

    A reference and the key that holds it (`status` and `status_id`) are one change: setting either sets both. Raises
    `InvalidValue` for a value that does not fit, `ReadOnlyAttribute` for an attribute nobody may set, and
    `EntityDeleted` or `SessionClosed` when the entity cannot be changed any more.
    """
    check_editable(entity, attribute)
    _record(entity, *expand_assignment(entity, attribute, value))


def expand_assignment(entity: Entity, attribute: Attribute, value: Any) -> tuple[dict[str, Any], str | None]:
    """Return what setting a scalar or a reference to *value* sets, and the key among that, if there is one.

    An entity this session has not met yet is `NOT_LOADED`: it is loaded by the key when somebody reads the reference.
    Raises `InvalidValue` or `EntityDeleted` for a value that does not fit.
    """
    schema, name = entity.__schema__, attribute.name
    if attribute.kind is not _REFERENCE:
        value = coerce(schema.name, attribute, value)
        if name not in schema.keyed_references:
            return {name: value}, None
        return _key_and_references(entity, name, value, None), name
    related = None if value is None else check_related(entity, attribute, value)
    key_name = schema.reference_keys.get(name)
    if key_name is None:
        return {name: related}, None
    key = None if related is None else related._ftrack_state.key[0]
    return _key_and_references(entity, key_name, key, related), key_name


def assign_inverse_key(entity: Entity, owner: Entity, collection: str) -> None:
    """Set the key of a new *entity* that tells in whose *collection* it is, where there is one that is not set yet."""
    workspace, key = owner._ftrack_state.workspace, owner._ftrack_state.key
    name = workspace.schema.inverse_key(owner.__entity_type__, collection, entity.__entity_type__)
    # An owner that is only being made may come to nothing.
    if name is not None and entity.__dict__.get(name) is None and workspace.lookup(owner.__entity_type__, key) is owner:
        assign(entity, entity.__schema__.attributes[name], key[0])


def check_editable(entity: Entity, attribute: Attribute) -> None:
    """Raise the reason why *attribute* of *entity* cannot be set, if there is one."""
    state = entity._ftrack_state
    workspace, lifecycle = state.workspace, state.lifecycle
    if (
        workspace.closed
        or lifecycle is _DELETED
        or attribute.computed
        or (attribute.immutable and lifecycle is _PERSISTENT)
        or entity in workspace.journal.deleted
    ):
        raise _reason_against(entity, attribute)


def _reason_against(entity: Entity, attribute: Attribute) -> FtrackError:
    """Return the first reason why *attribute* of *entity* cannot be set; there is one."""
    state = entity._ftrack_state
    kind, name = entity.__entity_type__, attribute.name
    state.workspace.check_open(f"{entity!r} cannot be changed")
    if state.lifecycle is _DELETED:
        return EntityDeleted(f"{kind}.{name} cannot be set: {entity!r} was deleted.", entity_type=kind, attribute=name)
    if entity in state.workspace.journal.deleted:
        return EntityDeleted(
            f"{kind}.{name} cannot be set: {entity!r} is about to be deleted; session.rollback() takes that back.",
            entity_type=kind,
            attribute=name,
        )
    how = (
        "is worked out by the server and cannot be set"
        if attribute.computed
        else f"can only be set when the {kind} is created"
    )
    return ReadOnlyAttribute(f"{kind}.{name} {how}.", entity_type=kind, attribute=name)


def check_related(owner: Entity, attribute: Attribute, item: Any) -> Entity:
    """Return *item* if it can be what the relation *attribute* of *owner* leads to; raise `InvalidValue` if not."""
    workspace = owner._ftrack_state.workspace
    if not isinstance(item, Entity):
        key = owner.__schema__.reference_keys.get(attribute.name)
        hint = f" An id belongs into {key!r}." if key else ""
        raise _unfitting(owner, attribute, f"leads to {attribute.target} entities, not {item!r}.{hint}")
    state = item._ftrack_state
    if state.workspace is not workspace:
        raise InvalidValue(
            f"{item!r} belongs to another session than {owner!r}; get it from this one with session.get.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    kind, target = item.__entity_type__, str(attribute.target)
    if kind != target and target not in item.__schema__.bases and not workspace.schema.related(kind, target):
        raise _unfitting(owner, attribute, f"leads to {attribute.target} entities, and {item!r} is none.")
    if state.lifecycle is _DELETED or item in workspace.journal.deleted:
        raise EntityDeleted(
            f"{item!r} is deleted and cannot be put into {owner.__entity_type__}.{attribute.name}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    return item


def _unfitting(owner: Entity, attribute: Attribute, why: str) -> InvalidValue:
    kind, name = owner.__entity_type__, attribute.name
    return InvalidValue(f"{kind}.{name} {why}", entity_type=kind, attribute=name)


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


def start_change(entity: Entity, attribute: Attribute, value: Any) -> Any:
    """Give an attribute that is not loaded *value* to be edited, recording that what it replaces is unknown."""
    with entity._ftrack_state.workspace.lock:
        _keep_original(entity, attribute.name)
        return entity.__dict__.setdefault(attribute.name, value)


@contextmanager
def editing(owner: Entity, attribute: Attribute) -> Iterator[None]:
    """Record whatever the block does to the collection or mapping *attribute* of *owner* as one change."""
    check_editable(owner, attribute)
    content = owner.__dict__.get(attribute.name)
    if isinstance(content, Tracked):
        # Before the lock is taken, since that may ask the server.
        content._load_if_stale()
    with owner._ftrack_state.workspace.lock:
        _keep_original(owner, attribute.name)
        yield
        _drop_if_unchanged(owner, (attribute.name,))


def edited_in_place(entity: Entity) -> list[str]:
    """Return the names of the collections and mappings of *entity* that have unsaved edits."""
    values = entity.__dict__
    return [name for name in entity._ftrack_state.originals or () if isinstance(values.get(name), Tracked)]


def restore(entity: Entity, names: Collection[str] | None = None) -> None:
    """Give *entity* back the values it had before any change that was not committed, of *names* or of everything.

    The caller holds the lock.
    """
    state = entity._ftrack_state
    pending = state.originals or {}
    originals = pending if names is None else {name: pending[name] for name in names if name in pending}
    state.originals = {name: original for name, original in pending.items() if name not in originals} or None
    state.workspace.journal.discard_bases(entity, originals)
    values = entity.__dict__
    keys = {name: current_reference(entity, name) for name in originals if name in entity.__schema__.keyed_references}
    for name, original in originals.items():
        restore_value(values, name, original)
        if state.workspace.expiry.is_superseded(entity, name, original):
            _forget_superseded(values, name)
    for name, before in keys.items():
        move_between_collections(entity, name, before)


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
            restore(entity, [each for name in names for each in attributes_set_together(schema, name)])
        else:
            state.workspace.journal.deleted.pop(entity, None)
            restore(entity)
        clear_modified_if_unchanged(entity)


def mark_deleted(entity: Entity) -> None:
    """Take the word of the server that it does not have *entity* any more; the caller holds the lock."""
    workspace = entity._ftrack_state.workspace
    workspace.removals += 1
    entity._ftrack_state.lifecycle = Lifecycle.DELETED
    entity._ftrack_state.originals = None
    journal = workspace.journal
    for pending in (journal.created, journal.modified, journal.deleted, journal.bases):
        pending.pop(entity, None)
    workspace.identities.remove(entity.__schema__.family, entity._ftrack_state.key)


def attributes_set_together(schema: EntityType, name: str) -> tuple[str, ...]:
    """Return the attributes that are one change with *name*: a key and the references that it holds, or just it."""
    key_name = schema.reference_keys.get(name, name)
    return key_name, *schema.keyed_references.get(key_name, ())


def _forget_superseded(values: dict[str, Any], name: str) -> None:
    """Have a value read again that was put back although the server has another by now."""
    value = values.get(name)
    if isinstance(value, Tracked):
        value._is_stale = True
    else:
        values.pop(name, None)


def restore_value(values: dict[str, Any], name: str, original: Any) -> None:
    """Make *original*, in the form `plain` gives, the value of an attribute again."""
    current = values.get(name)
    if original is NOT_LOADED:
        values.pop(name, None)
    elif isinstance(current, Tracked):
        current._restore(original)
    else:
        values[name] = original


def _key_and_references(entity: Entity, key_name: str, key: Any, related: Entity | None) -> dict[str, Any]:
    """Return the values of a key attribute and of every reference kept in it, given the key and perhaps its entity."""
    schema = entity.__schema__
    values: dict[str, Any] = {key_name: key}
    for name in schema.keyed_references.get(key_name, ()):
        if key is None:
            values[name] = None
        elif related is not None:
            values[name] = related
        else:
            known = entity._ftrack_state.workspace.lookup(str(schema.attributes[name].target), (key,))
            values[name] = NOT_LOADED if known is None else known
    return values


def _record(entity: Entity, changed: Mapping[str, Any], key_name: str | None = None) -> None:
    """Set the values of one change, remember what they replace, and forget the change if it came back to that.

    *key_name* is the key among them, if they are a key and its references.
    """
    state, values = entity._ftrack_state, entity.__dict__
    with state.workspace.lock:
        before = current_reference(entity, key_name) if key_name else None
        originals = _mark_modified(entity)
        for name, value in changed.items():
            if name not in originals:
                originals[name] = values.get(name, NOT_LOADED)
            if value is NOT_LOADED:
                values.pop(name, None)
            else:
                values[name] = value
        _drop_if_unchanged(entity, changed)
        if before is not None and key_name is not None:
            move_between_collections(entity, key_name, before)


def _mark_modified(entity: Entity) -> dict[str, Any]:
    """Put *entity* on the journal and return its originals, to be filled by the caller, who holds the lock."""
    state = entity._ftrack_state
    if state.lifecycle is _TRANSIENT:
        raise UsageError(f"{entity!r} is not part of its session any more, since its creation was rolled back.")
    if state.lifecycle is not _PENDING:
        state.workspace.journal.modified[entity] = None
    if state.originals is None:
        state.originals = {}
    return state.originals


def _keep_original(entity: Entity, name: str) -> None:
    """Keep the present value of an attribute as what the server has, unless an earlier change kept it already."""
    originals = _mark_modified(entity)
    if name not in originals:
        originals[name] = content_of(entity.__dict__.get(name, NOT_LOADED))


def _drop_if_unchanged(entity: Entity, names: Iterable[str]) -> None:
    """Drop a change that came back to what the server has, so that nothing is sent for it.

    *names* are attributes that mean the same (a key and its references): one of them being back is all of them back,
    and the others get their earlier value even where that is "not loaded".
    """
    originals, values = entity._ftrack_state.originals or {}, entity.__dict__
    news = entity._ftrack_state.workspace.expiry
    for name in names:
        original = originals.get(name, NOT_LOADED)
        if original is not NOT_LOADED and name in values and _same(values[name], original):
            if news.is_superseded(entity, name, original):
                return  # The server has another value by now, so setting this one is a change.
            break
    else:
        return
    for name in names:
        if name in originals:
            restore_value(values, name, originals.pop(name))
    clear_modified_if_unchanged(entity)


def clear_modified_if_unchanged(entity: Entity) -> None:
    """Take *entity* off the journal when no change of it is left; the caller holds the lock."""
    state = entity._ftrack_state
    if not state.originals and state.lifecycle is not _PENDING:
        state.originals = None
        state.workspace.journal.modified.pop(entity, None)
        state.workspace.journal.bases.pop(entity, None)


def _same(value: Any, original: Any) -> bool:
    """Whether a value is the original again; 1 and 1.0 are the same number to ftrack, but True is not the number 1."""
    if isinstance(value, Tracked):
        return value._has_content(original)
    return bool(value == original) and isinstance(value, bool) == isinstance(original, bool)
