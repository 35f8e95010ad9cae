"""State: a collection read as key and value (`metadata`) as a mapping whose edits are recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import InvalidValue, UnknownAttribute, suggestion
from ftrack_orm.values import Reference

from . import changes

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.attribute import Attribute


@attrs.frozen(slots=True)
class Entry:
    """One value of a mapped collection, and the entity on the server that holds it: None for a value it has not yet."""

    value: Any
    holder: Reference | None = attrs.field(default=None, eq=False)


class MappedCollection(MutableMapping[str, Any], Tracked):
    """The key-value pairs of an entity: `metadata`, which may get new keys and lose old ones.

    `CustomAttributes`, whose keys are configured, builds on it.
    """

    __slots__ = ("_attribute", "_entries", "_owner")

    def __init__(self, owner: Entity, attribute: Attribute, entries: dict[str, Entry]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._entries = entries
        self._is_stale = False

    def _load_if_stale(self) -> None:
        if self._is_stale:
            self._owner._ftrack_state.workspace.loader.load_if_stale(self._owner, self._attribute)

    def _present(self) -> dict[str, Entry]:
        """Return the entries there are, for reading."""
        self._load_if_stale()
        return self._entries

    def _find(self, key: str) -> Entry | None:
        """Return the entry of *key*, or None when there is none."""
        return self._present().get(key)

    def _checked(self, key: str, value: Any) -> Entry:
        """Return the entry that *key* has when it is set to *value*; raises `InvalidValue` when it cannot be."""
        if not isinstance(key, str):
            raise InvalidValue(f"Keys of {self._attribute.name} are text, not {key!r}.")
        known = self._entries.get(key)
        value = changes.check_entry(self._owner, self._attribute, key, value)
        return Entry(value, known.holder if known else None)

    def _all_checked(self, values: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries that *values* become, having checked every one of them."""
        return {key: self._checked(key, value) for key, value in values.items()}

    def _replace(self, values: Mapping[str, Any]) -> None:
        """Make *values* the whole content, as one change."""
        checked = self._all_checked(values)
        with changes.editing(self._owner, self._attribute):
            self._entries = checked

    def _content(self) -> dict[str, Entry]:
        return dict(self._entries)

    def _restore(self, content: Mapping[str, Entry]) -> None:
        self._is_stale = False
        self._entries = dict(content)

    def __getitem__(self, key: str) -> Any:
        entry = self._find(key)
        if entry is None:
            raise self._unknown(key)
        return entry.value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, or *default* when there is none."""
        entry = self._present().get(key)
        return default if entry is None else entry.value

    def __setitem__(self, key: str, value: Any) -> None:
        entry = self._checked(key, value)
        with changes.editing(self._owner, self._attribute):
            self._entries[key] = entry

    def __delitem__(self, key: str) -> None:
        if key not in self._entries:
            raise self._unknown(key)
        with changes.editing(self._owner, self._attribute):
            del self._entries[key]

    def update(self, *pairs: Any, **more: Any) -> None:
        """Set several keys, given as for a dictionary's `update`, as one change: all of them, or none if one is wrong.

        Raises `InvalidValue`, and `UnknownAttribute` for a custom attribute that the entity does not have.
        """
        checked = self._all_checked(dict(*pairs, **more))
        with changes.editing(self._owner, self._attribute):
            self._entries.update(checked)

    def __contains__(self, key: object) -> bool:
        return key in self._present()

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._present()))

    def __len__(self) -> int:
        return len(self._present())

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # like every mutable mapping

    def __repr__(self) -> str:
        # Says what is there: printing must never ask the server.
        return repr({key: entry.value for key, entry in self._entries.items()})

    def _committed(self, sent: Mapping[str, Entry]) -> dict[str, Entry]:
        """Return *sent*, the content a commit sent, with the rows that hold its new entries on the server now."""
        held = {
            key: entry if entry.holder else Entry(entry.value, holder_of_new_entry(self, key)[0])
            for key, entry in sent.items()
        }
        for key, entry in self._entries.items():
            if entry.holder is None and key in held:
                self._entries[key] = Entry(entry.value, held[key].holder)
        return held

    def _unknown(self, key: str) -> UnknownAttribute:
        kind = type(self._owner).__name__
        return UnknownAttribute(
            f"{self._attribute.name} of this {kind} has no key {key!r}.{suggestion(str(key), self._present())}",
            entity_type=kind,
            attribute=self._attribute.name,
        )


def assign_mapping(owner: Entity, attribute: Attribute, value: Any) -> None:
    """Make the pairs of *value* the content of a mapped collection; of custom attributes, set those given."""
    changes.check_editable(owner, attribute)
    if not isinstance(value, Mapping):
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name} is set with a mapping of keys to values, not {value!r}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    mapping: MappedCollection = owner[attribute.name]
    mapping._replace(value)


def holder_of_new_entry(mapping: MappedCollection, key: str) -> tuple[Reference, dict[str, Any]]:
    """Return the entity to create for a new key of *mapping*, and its attributes but for the value.

    Only types whose key is made of the owner's id and the key itself can be created so; ftrack has one, `Metadata`,
    which also wants to be told the owner's type (PROTOCOL 2.3).
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
