"""State: the one object for each entity of a session, held weakly, and a bounded set of recent ones held strongly."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar, Union

import cachetools

#: The objects in a map: entities. The map knows nothing about them, so that their module can depend on this one.
T = TypeVar("T")

#: The key of a look-up: the bare value of a primary key of one attribute, which nearly all types have, else a tuple.
MapKey = Union[str, "tuple[str, ...]"]

#: How many pages are kept of a result that is too large to be kept whole.
_PAGES_KEPT_OF_LARGE_RESULT = 2

#: Dead references are removed from a list of unloaded entities when it exceeds this length.
_PRUNE_UNLOADED_FROM = 1_000


class EntityRef(weakref.ref[T]):
    """A weak reference that knows the key of its entity in the family.

    `weakref.WeakValueDictionary` does the same with a Python call for each look-up. A response of ten thousand rows
    looks up a hundred thousand references, where that is noticeable.
    """

    __slots__ = ("key",)

    key: MapKey


class Family(Generic[T]):
    """The entities of one type family by key. Merging, the hot path, looks them up in *refs* directly.

    *holders* is an index by attribute name: the keys of the entities that have a value of it loaded. It contains some
    attributes only, with which it is created. Merging adds to it, and keys leave it when their value expires.
    """

    __slots__ = ("_remove_dead", "holders", "refs")

    def __init__(self, indexed: Iterable[str] = ()) -> None:
        self.refs: dict[MapKey, EntityRef[T]] = {}
        self.holders: dict[str, dict[MapKey, None]] = {name: {} for name in indexed}
        self._remove_dead = _dead_reference_remover(self.refs)

    def get(self, key: MapKey) -> T | None:
        """Return the object of an entity, None when it does not exist any more."""
        ref = self.refs.get(key)
        return None if ref is None else ref()

    def add(self, key: MapKey, entity: T) -> EntityRef[T]:
        """Make *entity* the object of that key and return the reference to it."""
        ref = EntityRef(entity, self._remove_dead)
        ref.key = key
        self.refs[key] = ref
        return ref

    def remove(self, key: MapKey) -> None:
        """Remove the object of that key from the family."""
        self.refs.pop(key, None)

    def prune_holders(self) -> None:
        """Remove the keys of entities that do not exist any more from the index, if they may be many."""
        most = 2 * len(self.refs) + _PRUNE_UNLOADED_FROM
        for name, keys in self.holders.items():
            if len(keys) > most:
                self.holders[name] = {key: None for key in keys if key in self.refs}

    def __iter__(self) -> Iterator[T]:
        # Iterates over a copy: entities may be garbage-collected at any moment and on any thread.
        return (entity for ref in self.refs.copy().values() if (entity := ref()) is not None)

    def __len__(self) -> int:
        return len(self.refs)


def _dead_reference_remover(refs: dict[MapKey, EntityRef[T]]) -> Callable[[EntityRef[T]], None]:
    """Return the callback that removes a dead reference from *refs*, unless another object has its key by then."""

    def remove(ref: EntityRef[T]) -> None:
        if refs.get(ref.key) is ref:
            del refs[ref.key]

    return remove


class ResultWindow:
    """Counts the entities of one result while its pages arrive, and holds the pages' numbers in the recent set."""

    __slots__ = ("entities", "results")

    def __init__(self) -> None:
        self.entities = 0
        self.results: deque[int] = deque()


class IdentityMap(Generic[T]):
    """Finds the object of an entity by family and key.

    *recent_size* is the number of entities kept alive without any other reference to them, so that a tool that asks
    for the same shot again and again is answered from memory. Entities of one response are kept and dropped together:
    that costs one step per response instead of one per entity. *indexed* returns the attributes of a family that are
    indexed, see `Family.holders`.
    """

    def __init__(self, recent_size: int, indexed: Callable[[str], Iterable[str]] = lambda family: ()) -> None:
        self._indexed = indexed
        self._families: dict[str, Family[T]] = {}
        self._recent: cachetools.LRUCache[int, Sequence[T]] = cachetools.LRUCache(recent_size, getsizeof=len)
        self._results = 0
        self._unloaded: dict[str, list[EntityRef[T]]] = {}

    def family(self, name: str) -> Family[T]:
        """Return the entities of the family whose root type is *name*."""
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = Family(self._indexed(name))
        return family

    def families(self) -> list[str]:
        """Return the names of the families that have entities."""
        return list(self._families)

    def get(self, family: str, key: tuple[str, ...]) -> T | None:
        """Return the object of an entity, None when the session has none."""
        return self.family(family).get(map_key(key))

    def add(self, family: str, key: tuple[str, ...], entity: T) -> None:
        """Make *entity* the object of that identity."""
        self.family(family).add(map_key(key), entity)

    def remove(self, family: str, key: tuple[str, ...]) -> None:
        """Remove the object of that identity from the map. References to it stay usable."""
        self.family(family).remove(map_key(key))

    def note_holder(self, family: str, name: str, key: tuple[str, ...]) -> None:
        """Add an entity to the index of the attribute *name*, if there is one."""
        holders = self.family(family).holders.get(name)
        if holders is not None:
            holders[map_key(key)] = None

    def keep_recent(self, entities: Sequence[T], window: ResultWindow | None = None) -> None:
        """Hold the entities of a response strongly until newer responses push them out.

        *window* counts the pages of a long result. Once the result is larger than the recent set, only its last pages
        are held: it could not be answered from memory from its beginning anyway, and the entities it would push out
        are more likely to be asked for.
        """
        if not 0 < len(entities) <= self._recent.maxsize:
            return
        self._results += 1
        if window is not None:
            window.entities += len(entities)
            window.results.append(self._results)
            while window.entities > self._recent.maxsize and len(window.results) > _PAGES_KEPT_OF_LARGE_RESULT:
                self._recent.pop(window.results.popleft(), None)
        self._recent[self._results] = entities

    def add_unloaded(self, family: str, ref: EntityRef[T]) -> None:
        """Add an entity of which only the key is known, so that it is loaded together with others like it."""
        refs = self._unloaded.setdefault(family, [])
        refs.append(ref)
        # Pruned each time the length has doubled, so that the list does not grow in a process that runs for weeks.
        if len(refs) > _PRUNE_UNLOADED_FROM and len(refs).bit_count() == 1:
            refs[:] = [each for each in refs if each() is not None]

    def pop_unloaded(self, family: str) -> list[T]:
        """Remove and return the entities of a family of which only the key was known."""
        return [entity for ref in self._unloaded.pop(family, ()) if (entity := ref()) is not None]

    def __iter__(self) -> Iterator[T]:
        for family in list(self._families.values()):
            yield from family

    def __len__(self) -> int:
        return sum(len(family) for family in self._families.values())


def map_key(key: tuple[str, ...]) -> MapKey:
    """Return the form of a primary key that families are looked up by."""
    return key[0] if len(key) == 1 else key
