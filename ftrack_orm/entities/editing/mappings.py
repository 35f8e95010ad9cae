"""State: a collection of keys and values (`metadata`) as a Python mapping whose edits are recorded."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterator, Mapping, MutableMapping, Set
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import attrs

from ftrack_orm.entities.tracked import PendingEdit, Tracked
from ftrack_orm.errors import InvalidValue, UnknownAttribute, suggestion
from ftrack_orm.values import Reference

from . import changes
from .checks import check_editable, check_entry_key, check_entry_value

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.attribute import Attribute

_M = TypeVar("_M", bound="MappedCollection")


@attrs.frozen(slots=True)
class Entry:
    """One value of a mapped collection, and the entity that holds it on the server: None while the server has none."""

    value: Any
    holder: Reference | None = attrs.field(default=None, eq=False)


@attrs.define(eq=False)
class EntryEdits(PendingEdit):
    """The keys of a mapping that a unit of work has set, with their entries, and those that it has removed (None)."""

    entries: dict[str, Entry | None] = attrs.field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def copy(self) -> EntryEdits:
        """Return a copy that later edits do not change."""
        return EntryEdits(dict(self.entries))

    def absorb(self, later: EntryEdits) -> None:
        """Add the keys of *later*, which were edited after those of this one."""
        self.entries.update(later.entries)

    def subtract(self, sent: EntryEdits) -> None:
        """Drop the keys that have the value that was *sent*."""
        for key, entry in sent.entries.items():
            if key in self.entries and self.entries[key] == entry:
                del self.entries[key]


class MappedCollection(MutableMapping[str, Any], Tracked):
    """The key-value pairs of an entity: `metadata`, whose keys users add and remove.

    `CustomAttributes`, whose keys are configured on the server, is a subclass.

    `_base` has the entries on the server, `_entries` these with the edits of all units of work. They change together
    under the workspace's lock, and are the same object while there are no edits.
    """

    __slots__ = ("_attribute", "_base", "_entries", "_owner")

    _kind = "mapping"

    #: Whether the server decides which keys there are.
    _has_fixed_keys: ClassVar[bool] = False

    def __init__(self, owner: Entity, attribute: Attribute, entries: dict[str, Entry]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._base = entries
        self._entries = entries
        self._is_stale = False

    # -- tracking ------------------------------------------------------------------------------------------------------

    def _load_if_stale(self) -> None:
        if self._is_stale:
            self._owner._ftrack_state.workspace.loader.load_if_stale(self._owner, self._attribute)

    def _content(self) -> dict[str, Entry]:
        return dict(self._entries)

    def _base_content(self) -> dict[str, Entry]:
        return self._base

    def _set_base(self, base: dict[str, Entry]) -> None:
        self._is_stale = False
        self._base = dict(base)
        workspace = self._owner._ftrack_state.workspace
        for journal, edit in workspace.pending_edits(self._owner, self._attribute.name):
            # Another user may have made the same edits.
            edit.subtract(EntryEdits({key: base.get(key) for key in edit.entries}))
            if not edit:
                journal.discard(self._owner, self._attribute.name)
        self._derive()

    def _derive(self) -> None:
        entries = self._base
        for _, edit in self._owner._ftrack_state.workspace.pending_edits(self._owner, self._attribute.name):
            entries = dict(entries)
            for key, entry in edit.entries.items():
                if entry is None:
                    entries.pop(key, None)
                else:
                    entries[key] = self._with_holder(key, entry)
        self._entries = entries

    def _mark_saved(self, sent: EntryEdits, edit: EntryEdits | None) -> EntryEdits:
        remaining = EntryEdits() if edit is None else edit.copy()
        taken_back = {
            key: self._entries.get(key)
            for key, entry in sent.entries.items()
            if key not in remaining.entries and self._entries.get(key) != entry
        }
        remaining.subtract(sent)
        remaining.entries.update(taken_back)
        base = dict(self._base)
        for key, entry in sent.entries.items():
            if entry is None:
                base.pop(key, None)
            else:
                held = self._with_holder(key, entry)
                base[key] = held if held.holder else Entry(entry.value, holder_of_new_entry(self, key)[0])
        self._base = base
        return remaining

    def _with_holder(self, key: str, entry: Entry) -> Entry:
        known = self._base.get(key)
        return entry if known is None or known.holder is None else Entry(entry.value, known.holder)

    def _has_any_key(self, keys: Set[str]) -> bool:
        return not keys.isdisjoint(self._entries)

    # -- reading -------------------------------------------------------------------------------------------------------

    def _current(self) -> dict[str, Entry]:
        """Return the entries, loaded again if they are stale."""
        self._load_if_stale()
        return self._entries

    def _find(self, key: str) -> Entry | None:
        """Return the entry of *key*, or None."""
        return self._current().get(key)

    def __getitem__(self, key: str) -> Any:
        try:
            entry = self._find(key)
        except TypeError:
            if isinstance(key, Hashable):
                raise
            entry = None
        if entry is None:
            raise self._unknown_key_error(key)
        return entry.value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, or *default* if there is no such key."""
        entry = self._current().get(key)
        return default if entry is None else entry.value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._current()

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

    def _repr_html_(self) -> str | None:
        services = self._owner._ftrack_state.workspace.services
        return (
            None if services is None else str(services().tables.tracked_html(self, self._owner, self._attribute.name))
        )

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._entries)

    # A second mapping would record its edits on the same entity, so a copy is a dict.

    def copy(self) -> dict[str, Any]:
        """Return a dict of the keys and values."""
        return dict(self)

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**other, **self}

    def __ior__(self: _M, other: Mapping[str, Any]) -> _M:
        self.update(other)
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return dict, (dict(self),)

    # -- editing -------------------------------------------------------------------------------------------------------

    def _checked_entry(self, key: str, value: Any) -> Entry:
        """Return the entry for the checked *key* with *value*; raises `InvalidValue` if it cannot be set."""
        current = self._current().get(key)
        value = check_entry_value(self._owner, self._attribute, key, value)
        return Entry(value, current.holder if current else None)

    def _checked_entries(self, values: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries for *values*, all of them checked."""
        checked = {check_entry_key(self._owner, self._attribute, key): value for key, value in values.items()}
        return {key: self._checked_entry(key, value) for key, value in checked.items()}

    def _edit(self, entries: Mapping[str, Entry | None]) -> None:
        """Set the keys of *entries*, and remove those with None, as recorded edits."""
        owner, name = self._owner, self._attribute.name
        check_editable(owner, self._attribute)
        # Before the lock is taken, since that may make a request.
        self._load_if_stale()
        with changes.editing(owner, self._attribute, EntryEdits) as edit:
            is_contested = owner._ftrack_state.workspace.is_contested(owner, name)
            for key, entry in entries.items():
                if not is_contested and self._base.get(key) == entry:
                    edit.entries.pop(key, None)
                else:
                    edit.entries[key] = entry
            self._derive()

    def _replace(self, values: Mapping[str, Any]) -> None:
        """Make *values* the whole content."""
        entries = self._checked_entries(values)
        self._edit({**{key: None for key in self._current() if key not in entries}, **entries})

    def __setitem__(self, key: str, value: Any) -> None:
        key = check_entry_key(self._owner, self._attribute, key)
        self._edit({key: self._checked_entry(key, value)})

    def __delitem__(self, key: str) -> None:
        if key not in self._current():
            raise self._unknown_key_error(key)
        self._edit({key: None})

    def update(self, *pairs: Any, **more: Any) -> None:
        """Set several keys, given as for `dict.update`: all of them, or none if one is refused.

        Raises `InvalidValue`, and `UnknownAttribute` for a custom attribute that the entity does not have.
        """
        self._edit(self._checked_entries(dict(*pairs, **more)))

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
