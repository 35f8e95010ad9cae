"""State: a collection of keys and values (`metadata`) as a Python mapping whose edits are recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Set
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import InvalidValue, UnknownAttribute, suggestion
from ftrack_orm.values import Reference

from . import changes
from .checks import check_editable, check_entry_key, check_entry_value

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.attribute import Attribute


@attrs.frozen(slots=True)
class Entry:
    """One value of a mapped collection, and the entity that holds it on the server: None while the server has none."""

    value: Any
    holder: Reference | None = attrs.field(default=None, eq=False)


class MappedCollection(MutableMapping[str, Any], Tracked):
    """The key-value pairs of an entity: `metadata`, whose keys users add and remove.

    `CustomAttributes`, whose keys are configured on the server, is a subclass.
    """

    __slots__ = ("_attribute", "_entries", "_owner")

    def __init__(self, owner: Entity, attribute: Attribute, entries: dict[str, Entry]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._entries = entries
        self._is_stale = False

    # -- tracking ------------------------------------------------------------------------------------------------------

    def _load_if_stale(self) -> None:
        if self._is_stale:
            self._owner._ftrack_state.workspace.loader.load_if_stale(self._owner, self._attribute)

    def _content(self) -> dict[str, Entry]:
        return dict(self._entries)

    def _restore(self, content: Mapping[str, Entry]) -> None:
        self._is_stale = False
        self._entries = dict(content)

    def _has_any_key(self, keys: Set[str]) -> bool:
        return not keys.isdisjoint(self._entries)

    def _mark_committed(self, sent: Mapping[str, Entry]) -> dict[str, Entry]:
        """Record that *sent* was committed: new entries have holders now. Return *sent* with these holders."""
        committed = {
            key: entry if entry.holder else Entry(entry.value, holder_of_new_entry(self, key)[0])
            for key, entry in sent.items()
        }
        for key, entry in self._entries.items():
            if entry.holder is None and key in committed:
                self._entries[key] = Entry(entry.value, committed[key].holder)
        return committed

    # -- reading -------------------------------------------------------------------------------------------------------

    def _current(self) -> dict[str, Entry]:
        """Return the entries, loaded again if they are stale."""
        self._load_if_stale()
        return self._entries

    def _find(self, key: str) -> Entry | None:
        """Return the entry of *key*, or None."""
        return self._current().get(key)

    def __getitem__(self, key: str) -> Any:
        entry = self._find(key)
        if entry is None:
            raise self._unknown_key_error(key)
        return entry.value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, or *default* if there is no such key."""
        entry = self._current().get(key)
        return default if entry is None else entry.value

    def __contains__(self, key: object) -> bool:
        return key in self._current()

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._current()))

    def __len__(self) -> int:
        return len(self._current())

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # like every mutable mapping

    def __repr__(self) -> str:
        # Shows the entries as they are: printing must never make a request.
        return repr({key: entry.value for key, entry in self._entries.items()})

    # -- editing -------------------------------------------------------------------------------------------------------

    def _checked_entry(self, key: str, value: Any) -> Entry:
        """Return the entry for *key* with *value*; raises `InvalidValue` if it cannot be set."""
        check_entry_key(self._owner, self._attribute, key)
        current = self._entries.get(key)
        value = check_entry_value(self._owner, self._attribute, key, value)
        return Entry(value, current.holder if current else None)

    def _checked_entries(self, values: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries for *values*, all of them checked."""
        return {key: self._checked_entry(key, value) for key, value in values.items()}

    def _replace(self, values: Mapping[str, Any]) -> None:
        """Make *values* the whole content, as one change."""
        entries = self._checked_entries(values)
        with changes.editing(self._owner, self._attribute):
            self._entries = entries

    def __setitem__(self, key: str, value: Any) -> None:
        entry = self._checked_entry(key, value)
        with changes.editing(self._owner, self._attribute):
            self._entries[key] = entry

    def __delitem__(self, key: str) -> None:
        if key not in self._entries:
            raise self._unknown_key_error(key)
        with changes.editing(self._owner, self._attribute):
            del self._entries[key]

    def update(self, *pairs: Any, **more: Any) -> None:
        """Set several keys, given as for `dict.update`, as one change: all of them, or none if one is refused.

        Raises `InvalidValue`, and `UnknownAttribute` for a custom attribute that the entity does not have.
        """
        entries = self._checked_entries(dict(*pairs, **more))
        with changes.editing(self._owner, self._attribute):
            self._entries.update(entries)

    def _unknown_key_error(self, key: str) -> UnknownAttribute:
        kind = type(self._owner).__name__
        return UnknownAttribute(
            f"{self._attribute.name} of this {kind} has no key {key!r}.{suggestion(str(key), self._current())}",
            entity_type=kind,
            attribute=self._attribute.name,
        )


def assign_mapping(owner: Entity, attribute: Attribute, value: Any) -> None:
    """Make the pairs of *value* the content of a mapped collection; of custom attributes, set those given."""
    check_editable(owner, attribute)
    if not isinstance(value, Mapping):
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name} is set with a mapping of keys to values, not {value!r}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    mapping: MappedCollection = owner[attribute.name]
    mapping._replace(value)


def holder_of_new_entry(mapping: MappedCollection, key: str) -> tuple[Reference, dict[str, Any]]:
    """Return the entity to create for a new key of *mapping*, and its attributes without the value.

    That works for types whose primary key consists of the owner's id and the key. ftrack has one such type, `Metadata`,
    which also needs the owner's type (PROTOCOL 2.3).
    """
    owner, attribute = mapping._owner, mapping._attribute
    target = owner._ftrack_state.workspace.schema.type(str(attribute.target))
    owner_name = next(name for name in target.primary_key if name != attribute.key_name)
    parts = {owner_name: owner._ftrack_state.key[0], str(attribute.key_name): key}
    data: dict[str, Any] = dict(parts)
    for name, described in target.attributes.items():
        if described.translates_type:
            data[name] = owner.__entity_type__
    return Reference(target.name, tuple((name, parts[name]) for name in target.primary_key)), data
