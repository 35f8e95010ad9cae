"""State: the checks that every edit passes first: whether the attribute can be set, and whether the value fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import EntityDeleted, FtrackError, InvalidValue, ReadOnlyAttribute
from ftrack_orm.schema.facts import TREE_COLLECTIONS

from .coercion import check_encodable, coerce

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute

# Bound once: looking up a member of an enumeration costs more than comparing it, and every edit does both.
_PERSISTENT, _DELETED = Lifecycle.PERSISTENT, Lifecycle.DELETED


def check_editable(entity: Entity, attribute: Attribute) -> None:
    """Raise an error if *attribute* of *entity* cannot be set.

    Raises `SessionClosed`, `EntityDeleted` for an entity that is deleted or about to be, and `ReadOnlyAttribute`.
    """
    state = entity._ftrack_state
    workspace, lifecycle = state.workspace, state.lifecycle
    if (
        workspace.closed
        or lifecycle is _DELETED
        or attribute.computed
        or attribute.name in TREE_COLLECTIONS  # `Attribute.is_derived`, without a call on the path of every edit
        or (attribute.immutable and lifecycle is _PERSISTENT)
        or entity in workspace.journal.deleted
    ):
        raise _not_editable_error(entity, attribute)


def _not_editable_error(entity: Entity, attribute: Attribute) -> FtrackError:
    """Return the error for the first reason why *attribute* of *entity* cannot be set; there is at least one."""
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
    reason = (
        "is computed by the server and cannot be set"
        if attribute.is_derived
        else f"can only be set when the {kind} is created"
    )
    return ReadOnlyAttribute(f"{kind}.{name} {reason}.", entity_type=kind, attribute=name)


def check_related(owner: Entity, attribute: Attribute, item: Any) -> Entity:
    """Return *item* if the relation *attribute* of *owner* can lead to it.

    Raises `InvalidValue` for a value of another type or an entity of another session, and `EntityDeleted`.
    """
    workspace = owner._ftrack_state.workspace
    if not isinstance(item, Entity):
        key_name = owner.__schema__.reference_keys.get(attribute.name)
        advice = f" To set it by id, assign {key_name!r}." if key_name else ""
        raise _misfit_error(owner, attribute, item, advice)
    state = item._ftrack_state
    if state.workspace is not workspace:
        raise InvalidValue(
            f"{item!r} belongs to another session than {owner!r}; get it from this one with session.get.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    kind, target = item.__entity_type__, str(attribute.target)
    if kind != target and target not in item.__schema__.bases and not workspace.schema.related(kind, target):
        raise _misfit_error(owner, attribute, item)
    if state.lifecycle is _DELETED or item in workspace.journal.deleted:
        raise EntityDeleted(
            f"{item!r} is deleted and cannot be put into {owner.__entity_type__}.{attribute.name}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    return item


def _misfit_error(owner: Entity, attribute: Attribute, item: Any, advice: str = "") -> InvalidValue:
    kind, name, target = owner.__entity_type__, attribute.name, str(attribute.target)
    article = "an" if target.startswith(tuple("AEIOU")) else "a"
    requirement = f"holds {target} entities" if attribute.is_plural else f"must be {article} {target}"
    return InvalidValue(f"{kind}.{name} {requirement}, not {item!r}.{advice}", entity_type=kind, attribute=name)


def check_entry_key(owner: Entity, attribute: Attribute, key: Any) -> str:
    """Return *key* as a key of the mapped collection *attribute*; raises `InvalidValue` unless it is encodable text."""
    if type(key) is str and key.isascii():
        return key
    from ftrack_orm.foreign_values import advice_for, native_value

    kind, name = owner.__entity_type__, attribute.name
    text = native_value(key)
    if not isinstance(text, str):
        advice = advice_for(key, "text")
        raise InvalidValue(
            f"Keys of {kind}.{name} are text, not {key!r:.200}.{advice}", entity_type=kind, attribute=name
        )
    check_encodable(text, f"A key of {kind}.{name}", kind, name)
    return text


def check_entry_value(owner: Entity, attribute: Attribute, key: str, value: Any) -> Any:
    """Return *value* in the form in which the mapped collection *attribute* keeps it; raises `InvalidValue`."""
    target = owner._ftrack_state.workspace.schema.type(str(attribute.target))
    try:
        return coerce(target.name, target.attribute(str(attribute.value_name)), value)
    except InvalidValue as error:
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name}[{key!r}]: {error}",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        ) from None
