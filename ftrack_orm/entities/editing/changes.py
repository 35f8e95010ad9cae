"""State: setting attributes as recorded changes: each edit is checked, applied and kept with the value it replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.values import NOT_LOADED

from .back_population import current_reference, move_between_collections
from .checks import check_editable, check_related
from .coercion import coerce
from .originals import drop_if_unchanged, keep_original, mark_modified

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.model import EntityType

# Bound once: looking up a member of an enumeration costs more than comparing it, and every edit does both.
_REFERENCE = Kind.REFERENCE


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
            return {name: value}, None
        return _key_and_references(entity, name, value, None), name
    related = None if value is None else check_related(entity, attribute, value)
    key_name = schema.reference_keys.get(name)
    if key_name is None:
        return {name: related}, None
    key = None if related is None else related._ftrack_state.key[0]
    return _key_and_references(entity, key_name, key, related), key_name


def assign_inverse_key(entity: Entity, owner: Entity, collection: str) -> None:
    """Set the key by which *entity* belongs to *collection* of *owner*, if it has such a key and it is not set.

    Does nothing while the session does not know *owner*: its creation may still be refused.
    """
    workspace, key = owner._ftrack_state.workspace, owner._ftrack_state.key
    name = workspace.schema.inverse_key(owner.__entity_type__, collection, entity.__entity_type__)
    if name is not None and entity.__dict__.get(name) is None and workspace.lookup(owner.__entity_type__, key) is owner:
        assign(entity, entity.__schema__.attributes[name], key[0])


def start_change(entity: Entity, attribute: Attribute, value: Any) -> Any:
    """Give an attribute that is not loaded *value* to be edited, with the original "not loaded", and return it."""
    with entity._ftrack_state.workspace.lock:
        keep_original(entity, attribute.name)
        return entity.__dict__.setdefault(attribute.name, value)


@contextmanager
def editing(owner: Entity, attribute: Attribute) -> Iterator[None]:
    """Record everything the block does to the collection or mapping *attribute* of *owner* as one change.

    Raises the errors of `check_editable`. The block runs under the workspace's lock.
    """
    check_editable(owner, attribute)
    content = owner.__dict__.get(attribute.name)
    if isinstance(content, Tracked) and content._is_stale:
        # Before the lock is taken, since that may make a request.
        content._load_if_stale()
    with owner._ftrack_state.workspace.lock:
        keep_original(owner, attribute.name)
        try:
            yield
        finally:
            # Also after an error in the block, such as an index out of range, which has changed nothing.
            drop_if_unchanged(owner, (attribute.name,))


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
    """Set the values of one assignment, keep their originals, and drop the change if it restores them.

    *key_name* is the key among them, if they are a key and its references.
    """
    values = entity.__dict__
    with entity._ftrack_state.workspace.lock:
        before = current_reference(entity, key_name) if key_name else None
        originals = mark_modified(entity)
        for name, value in changed.items():
            if name not in originals:
                originals[name] = values.get(name, NOT_LOADED)
            if value is NOT_LOADED:
                values.pop(name, None)
            else:
                values[name] = value
        drop_if_unchanged(entity, changed)
        if before is not None and key_name is not None:
            move_between_collections(entity, key_name, before)
