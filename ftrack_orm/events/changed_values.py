"""Pure: from the entries of an `ftrack.update` to old and new values by attribute, and to members of collections.

The values are those of the event, brought into the form that entities have where the schema makes that certain: values
of custom attributes, which events carry as text, and entities behind ids are left to the session.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import FtrackError
from ftrack_orm.schema.attribute import Attribute, ValueType
from ftrack_orm.schema.relations import Inverse, Through
from ftrack_orm.wire.codec import decode, parse_datetime

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

    from .update_entry import UpdateEntry


@attrs.frozen
class ValueChange:
    """The values of one attribute, or of one custom attribute, before and after a change.

    *attribute* is None for the key of a custom attribute. For a collection, the values are lists of ids. For
    a mapping, they are dicts of the changed keys.
    """

    attribute: Attribute | None
    old: Any
    new: Any


@attrs.frozen
class MemberChange:
    """The ids of the entities that joined a collection and of those that left it; their type is *target*."""

    target: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


def value_changes(schema: Schema, entity_type: EntityType, entry: UpdateEntry) -> dict[str, ValueChange]:
    """Return the changes that *entry* lists, by attribute name, or by the key of a custom attribute."""
    attributes = _attributes_by_internal_name(schema, entity_type)
    changes: dict[str, ValueChange] = {}
    for internal_name, sides in entry.changes.items():
        if not isinstance(sides, Mapping):
            continue
        old, new = sides.get("old"), sides.get("new")
        named = attributes.get(internal_name, ())
        for attribute in named:
            changes[attribute.name] = ValueChange(attribute, _converted(attribute, old), _converted(attribute, new))
        if not named:
            changes[internal_name] = ValueChange(None, old, new)
    return changes


def member_change(
    schema: Schema,
    owner: EntityType,
    owner_id: str,
    attribute: Attribute,
    entries: Iterable[tuple[EntityType, UpdateEntry]],
) -> MemberChange | None:
    """Return the entities that joined or left the collection *attribute* of an entity according to *entries*.

    Return None where the entries do not decide that.
    """
    stored = schema.membership(owner.name, attribute.name)
    target = str(attribute.target)
    if not isinstance(stored, (Inverse, Through)) or target not in schema.types:
        return None
    added: dict[str, None] = {}
    removed: dict[str, None] = {}
    holder = stored.link if isinstance(stored, Through) else target
    if holder not in schema.types:
        return None
    key = stored.near if isinstance(stored, Through) else stored.attribute
    for entity_type, entry in entries:
        if not schema.related(entity_type.name, holder):
            continue
        before, after = _sides(entity_type, entry, key)
        if owner_id not in (before, after):
            continue
        if isinstance(stored, Through):
            members = _sides(entity_type, entry, stored.far)
        else:
            if not all(_may_have(entity_type, entry, *condition) for condition in stored.only):
                continue
            members = (",".join(entry.key(entity_type)),) * 2
        if None in (members[0] if before == owner_id else "", members[1] if after == owner_id else ""):
            return None
        if before != owner_id:
            added[str(members[1])] = None
        elif after != owner_id:
            removed[str(members[0])] = None
    return MemberChange(target, tuple(added), tuple(removed))


def mapping_change(
    schema: Schema,
    owner: EntityType,
    owner_id: str,
    attribute: Attribute,
    entries: Iterable[tuple[EntityType, UpdateEntry]],
) -> ValueChange | None:
    """Return the changed keys of the mapping *attribute* of an entity, with their values before and after.

    A key that was added has no value before, a removed one none after. Return None if *entries* contain no such key.
    """
    stored = schema.membership(owner.name, attribute.name)
    if not isinstance(stored, Inverse) or attribute.key_name is None or attribute.value_name is None:
        return None
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for entity_type, entry in entries:
        parts = dict(zip(entity_type.primary_key, entry.key(entity_type), strict=True))
        key = parts.get(attribute.key_name)
        if entity_type.name != attribute.target or parts.get(stored.attribute) != owner_id or key is None:
            continue
        value = value_changes(schema, entity_type, entry).get(attribute.value_name)
        if value is None:
            continue
        if entry.action != "add":
            old[key] = value.old
        if entry.action != "remove":
            new[key] = value.new
    return ValueChange(attribute, old, new) if old or new else None


def _sides(entity_type: EntityType, entry: UpdateEntry, name: str) -> tuple[str | None, str | None]:
    """Return the id in a key before and after the change, None where it has none or that is not known."""
    attribute = entity_type.attributes.get(name)
    for internal_name in filter(None, (attribute.alias if attribute else None, name)):
        sides = entry.changes.get(internal_name)
        if isinstance(sides, Mapping):
            return _id(sides.get("old")), _id(sides.get("new"))
    return None, None


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value != "" else None


def _may_have(entity_type: EntityType, entry: UpdateEntry, name: str, value: Any) -> bool:
    """Whether an attribute of the entity had or has *value*, according to the entry."""
    before, after = _sides(entity_type, entry, name)
    return (before is None and after is None) or str(value) in (before, after)


def _attributes_by_internal_name(schema: Schema, entity_type: EntityType) -> dict[str, list[Attribute]]:
    """Return the attributes by their names in events; those of subtypes for names that the type itself lacks."""
    by_name: dict[str, dict[str, Attribute]] = {}
    for name in schema.concrete(entity_type.name):
        own: dict[str, dict[str, Attribute]] = {}
        for attribute in schema.types[name].attributes.values():
            for internal_name in filter(None, (attribute.alias, attribute.name)):
                own.setdefault(internal_name, {})[attribute.name] = attribute
        by_name = {**own, **by_name}
    return {name: list(attributes.values()) for name, attributes in by_name.items()}


def _converted(attribute: Attribute, value: Any) -> Any:
    """Return a value in the form that entities have, or unchanged where that form is not certain."""
    convert = _CONVERSIONS.get(attribute.value_type) if attribute.value_type is not None else None
    if value is None or convert is None:
        return value
    try:
        return convert(value)
    except (FtrackError, ValueError, TypeError, OverflowError, RecursionError):
        return value


_BOOLEANS: Mapping[Any, bool] = {"1": True, "0": False, "true": True, "false": False, "True": True, "False": False}


def as_boolean(value: Any) -> Any:
    """Return the boolean that a value of an event stands for; raises `ValueError` for any other value."""
    if isinstance(value, str):
        if value not in _BOOLEANS:
            raise ValueError(value)
        return _BOOLEANS[value]
    return bool(value) if value in (0, 1) else value


def as_integer(value: Any) -> Any:
    """Return the whole number that a value of an event stands for; raises `ValueError` for any other value."""
    number = as_number(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def as_number(value: Any) -> Any:
    """Return the number that a value of an event stands for; raises `ValueError` for any other value."""
    return float(value) if isinstance(value, str) else value


def as_datetime(value: Any) -> Any:
    """Return the moment that a value of an event stands for; raises `ValueError` for any other value."""
    value = decode(value)
    if isinstance(value, str):
        return parse_datetime(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    return value


_CONVERSIONS: Mapping[ValueType, Callable[[Any], Any]] = {
    ValueType.BOOLEAN: as_boolean,
    ValueType.INTEGER: as_integer,
    ValueType.NUMBER: as_number,
    ValueType.DATETIME: as_datetime,
    ValueType.OBJECT: decode,
    ValueType.ANY: decode,
}
