"""Pure: snapshots, plain and immutable copies of the values of entities, which belong to no session."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from ftrack_orm.errors import UnknownAttribute, UsageError, quoted
from ftrack_orm.values import Reference, attribute_called, attribute_suggestion


class FrozenMapping(Mapping[str, Any]):
    """An immutable mapping that can be pickled and hashed: the metadata or the custom attributes in a snapshot."""

    __slots__ = ("_items",)

    _items: dict[str, Any]

    def __init__(self, items: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_items", dict(items))

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise UsageError("The mappings of a snapshot are immutable; dict(mapping) makes one that can be changed.")

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (self._items,)


class Snapshot:
    """The values that an entity had at one moment, by attributes and by items: `snapshot.name`, `snapshot["name"]`.

    Related entities are snapshots too, collections are tuples of them, and mapped collections are immutable mappings.
    Nothing is ever loaded, so a snapshot can be used by any thread, pickled, and sent to another process. It stands for
    its entity in criteria: `Task.parent == snapshot`.

    Iterating over it yields pairs of names and values, so that `dict(snapshot)` is a dict of its values. Snapshots are
    equal when entity type, key and values are. `session.snapshot` takes them.
    """

    # The prefix keeps these apart from the attributes of a schema.
    __slots__ = ("_ftrack_reference", "_ftrack_values")

    _ftrack_reference: Reference
    _ftrack_values: dict[str, Any]

    def __init__(self, reference: Reference, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_ftrack_reference", reference)
        object.__setattr__(self, "_ftrack_values", dict(values))

    @property
    def __entity_type__(self) -> str:
        """The name of the entity's type."""
        return self._ftrack_reference.entity_type

    def __reference__(self) -> Reference:
        return self._ftrack_reference

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__" or name[:8] == "_ftrack_":
            # Python looks for such names while it restores an object; an attribute of such a name is read by item.
            raise AttributeError(name)
        return self[attribute_called(name, self._ftrack_values) or name]

    def __getitem__(self, name: str) -> Any:
        try:
            return self._ftrack_values[name]
        except (KeyError, TypeError):
            pass
        kind = self.__entity_type__
        raise UnknownAttribute(
            f"{self!r} has no value of {quoted(name)}.{attribute_suggestion(name, self._ftrack_values)} A snapshot has "
            "the values that were loaded when it was taken, or those that were asked for: session.snapshot(entities, "
            f"{quoted(name)}).",
            entity_type=kind,
            attribute=name,
        )

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise self.__immutable()

    def __delattr__(self, name: str) -> NoReturn:
        raise self.__immutable()

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise self.__immutable()

    def __immutable(self) -> UsageError:
        return UsageError(
            f"{self!r} is immutable. Change the entity: session.get({self.__entity_type__!r}, {self.__key!r}).",
            entity_type=self.__entity_type__,
        )

    @property
    def __key(self) -> Any:
        key = [value for _, value in self._ftrack_reference.key]
        return key[0] if len(key) == 1 else key

    def __contains__(self, name: object) -> bool:
        return name in self._ftrack_values

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._ftrack_values.items())

    def __len__(self) -> int:
        return len(self._ftrack_values)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._ftrack_values})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Snapshot):
            return NotImplemented
        return self._ftrack_reference == other._ftrack_reference and self._ftrack_values == other._ftrack_values

    def __hash__(self) -> int:
        return hash(self._ftrack_reference)

    def __repr__(self) -> str:
        values = self._ftrack_values
        names = [name for name in ("name", "username", "key") if isinstance(values.get(name), str)]
        label = f" {quoted(values[names[0]])}" if names else ""
        return f"<snapshot of {self.__entity_type__}{label} {reprlib.repr(self.__key)}>"

    def __copy__(self) -> Snapshot:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Snapshot:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Snapshot, (self._ftrack_reference, self._ftrack_values)
