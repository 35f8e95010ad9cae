"""State: the one object for each entity of a session, held weakly, with a bounded set of recent ones held strongly."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Union

import cachetools

if TYPE_CHECKING:
    from .entity import Entity

#: What families are looked up by: the bare value of a key of one attribute, which nearly all types have, else a tuple.
MapKey = Union[str, "tuple[str, ...]"]

#: How many pages are held of a walk over a result that is too large to be held.
_PAGES_OF_A_LONG_WALK = 2

#: So many references to entities waiting to be loaded are kept before the dead ones among them are thrown out.
_FEW = 1_000


class EntityRef(weakref.ref["Entity"]):
    """A weak reference that knows under which key its family has it.

    `weakref.WeakValueDictionary` does the same with a Python call for each look-up, which is felt: an answer of ten
    thousand rows looks up a hundred thousand references.
    """

    __slots__ = ("key",)

    key: MapKey


class Family:
    """The entities of one type family by key. Look-ups of the hot path go to *refs* directly."""

    __slots__ = ("_forget", "refs")

    def __init__(self) -> None:
        self.refs: dict[MapKey, EntityRef] = {}
        self._forget = _forgetting(self.refs)

    def get(self, key: MapKey) -> Entity | None:
        """Return the object of an entity, or None when there is none any more."""
        ref = self.refs.get(key)
        return None if ref is None else ref()

    def add(self, key: MapKey, entity: Entity) -> EntityRef:
        """Make *entity* the object of that key and return the reference to it."""
        ref = EntityRef(entity, self._forget)
        ref.key = key
        self.refs[key] = ref
        return ref

    def remove(self, key: MapKey) -> None:
        """Forget the object of that key."""
        self.refs.pop(key, None)

    def __iter__(self) -> Iterator[Entity]:
        # A copy: entities may die, and leave, at any moment and on any thread.
        return (entity for ref in self.refs.copy().values() if (entity := ref()) is not None)

    def __len__(self) -> int:
        return len(self.refs)


def _forgetting(refs: dict[MapKey, EntityRef]) -> Callable[[EntityRef], None]:
    """Return what removes a dead reference; another object may have its key by then, and keeps it."""

    def forget(ref: EntityRef) -> None:
        if refs.get(ref.key) is ref:
            del refs[ref.key]

    return forget


class ResultWindow:
    """What one walk over a result has brought so far, page after page, and where the recent set has it."""

    __slots__ = ("entities", "results")

    def __init__(self) -> None:
        self.entities = 0
        self.results: deque[int] = deque()


class IdentityMap:
    """Finds the object of an entity by family and key.

    *recent_size* is the number of entities kept alive although nobody refers to them, so that a tool that asks again
    and again for the same shot is answered from memory. What arrives together is kept and dropped together: it costs
    one step for each result instead of one for each entity.
    """

    def __init__(self, recent_size: int) -> None:
        self._families: dict[str, Family] = {}
        self._recent: cachetools.LRUCache[int, Sequence[Entity]] = cachetools.LRUCache(recent_size, getsizeof=len)
        self._results = 0
        self._unloaded: dict[str, list[EntityRef]] = {}

    def family(self, name: str) -> Family:
        """Return the entities of the family whose root type is *name*."""
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = Family()
        return family

    def families(self) -> list[str]:
        """Return the names of the families there are entities of."""
        return list(self._families)

    def get(self, family: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity, or None when the session has none."""
        return self.family(family).get(map_key(key))

    def add(self, family: str, key: tuple[str, ...], entity: Entity) -> None:
        """Make *entity* the object of that identity."""
        self.family(family).add(map_key(key), entity)

    def remove(self, family: str, key: tuple[str, ...]) -> None:
        """Forget the object of that identity; it stays usable for whoever holds it."""
        self.family(family).remove(map_key(key))

    def keep_recent(self, entities: Sequence[Entity], walk: ResultWindow | None = None) -> None:
        """Hold the entities of a result strongly until newer results push them out.

        Of a *walk* that has come by more than can be held, only the last pages are: nothing could be asked for again
        from its beginning, and what it would push out is more likely to be.
        """
        if not 0 < len(entities) <= self._recent.maxsize:
            return
        self._results += 1
        if walk is not None:
            walk.entities += len(entities)
            walk.results.append(self._results)
            while walk.entities > self._recent.maxsize and len(walk.results) > _PAGES_OF_A_LONG_WALK:
                self._recent.pop(walk.results.popleft(), None)
        self._recent[self._results] = entities

    def add_unloaded(self, family: str, ref: EntityRef) -> None:
        """Note that of an entity only the key is known, so that it is loaded with others of its family that are."""
        refs = self._unloaded.setdefault(family, [])
        refs.append(ref)
        # Thrown out each time their number has doubled, so that a listener's list does not grow for weeks.
        if len(refs) > _FEW and len(refs).bit_count() == 1:
            refs[:] = [each for each in refs if each() is not None]

    def pop_unloaded(self, family: str) -> list[Entity]:
        """Return, and from now on leave out, the entities of a family of which only the key was known."""
        return [entity for ref in self._unloaded.pop(family, ()) if (entity := ref()) is not None]

    def __iter__(self) -> Iterator[Entity]:
        for family in list(self._families.values()):
            yield from family

    def __len__(self) -> int:
        return sum(len(family) for family in self._families.values())


def map_key(key: tuple[str, ...]) -> MapKey:
    """Return the form of a primary key that families are looked up by."""
    return key[0] if len(key) == 1 else key
