"""State: reading and setting one value of an entity as the official client does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import NotFetched
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.codec import ENTITY_TYPE

from . import collection, symbol
from .conversion import unwrap
from .given_values import given_value

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity as NativeEntity

    from .interfaces import CompatibleEntity


def is_persisted(entity: CompatibleEntity) -> bool:
    """Return whether the server has *entity*."""
    return entity._native._ftrack_state.lifecycle is not Lifecycle.PENDING


def read(entity: CompatibleEntity, name: str) -> Any:
    """Return the value of an attribute, `NOT_SET` where it has no value or where the session must not load it."""
    native, session = entity._native, entity.session
    if session.auto_populate:
        value = native[name]
    else:
        try:
            with session._native.fetching("never"):
                value = native[name]
        except NotFetched:
            return _unloaded(entity, name)
    if value is None and native.__dict__.get(name) is None and not is_persisted(entity) and not _is_set(entity, name):
        return symbol.NOT_SET
    return session.shown(value)


def _unloaded(entity: CompatibleEntity, name: str) -> Any:
    """Return the value of an attribute that must not be loaded: collections are empty, other values are not set."""
    attribute = entity._native.__schema__.attributes[name]
    if attribute.key_name is not None:
        kind = collection.KeyValueMappedCollectionProxy
        return (kind if attribute.target == "Metadata" else collection.CustomAttributeCollectionProxy).unloaded(
            entity, name
        )
    return collection.Collection(entity, entity.attributes.get(name)) if attribute.is_plural else symbol.NOT_SET


def _is_set(entity: CompatibleEntity, name: str) -> bool:
    return name in inspect(entity._native).changes


def local(entity: CompatibleEntity, name: str) -> Any:
    """Return the value that was set and is not committed, or `NOT_SET`."""
    change = inspect(entity._native).changes.get(name)
    if change is None:
        return symbol.NOT_SET
    current = entity._native.__dict__.get(name)
    return entity.session.shown(current if isinstance(current, Tracked) else change.new)


def remote(entity: CompatibleEntity, name: str) -> Any:
    """Return the value that the server is believed to have, `NOT_SET` when it is not known. Makes no request."""
    view = inspect(entity._native)
    change = view.changes.get(name)
    value = view.loaded.get(name, NOT_LOADED) if change is None else change.old
    if value is NOT_LOADED or not is_persisted(entity):
        return symbol.NOT_SET
    return entity.session.shown(value)


def write(entity: CompatibleEntity, name: str, value: Any) -> None:
    """Set the value of an attribute; it is recorded for the next commit unless recording is switched off."""
    session = entity.session
    if value is symbol.NOT_SET:
        revert(entity, name)
    elif session.record_operations:
        schema = entity.session._native.schema
        entity._native[name] = given_value(schema, entity.entity_type, name, value)
    else:
        assume(entity, name, value)


def revert(entity: CompatibleEntity, name: str) -> None:
    """Take the change of an attribute back."""
    if name in inspect(entity._native).changes:
        entity.session._native.revert(entity._native, name)


def assume(entity: CompatibleEntity, name: str, value: Any) -> None:
    """Take *value* for the one that the server has: it is shown, and no commit sends it."""
    assume_all_of(entity._native, {name: value})


def assume_all_of(native: NativeEntity, data: dict[str, Any]) -> None:
    """Take the values in *data* for those that the server has of an entity of the session below."""
    state = native._ftrack_state
    key = dict(zip(native.__schema__.primary_key, state.key, strict=True))
    row = {ENTITY_TYPE: native.__entity_type__, **key}
    row.update((name, _as_row(native, name, unwrap(each))) for name, each in data.items() if name not in key)
    if len(row) > len(key) + 1:
        state.workspace.loader.merge([row])


def _as_row(native: Any, name: str, value: Any) -> Any:
    """Return *value* as a response of the server has it."""
    from ftrack_orm.foreign_values import native_value
    from ftrack_orm.wire.codec import encode

    attribute = native.__schema__.attributes[name]
    if attribute.key_name is not None:
        entries = dict(value)
        return [
            {ENTITY_TYPE: attribute.target, attribute.key_name: key, attribute.value_name: native_value(each)}
            for key, each in entries.items()
        ]
    if attribute.is_plural:
        return [encode(each.__reference__()) for each in value]
    return encode(value.__reference__() if hasattr(value, "__reference__") else native_value(value))
