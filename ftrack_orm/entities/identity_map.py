"""State: the one object for each entity of a session, held weakly, with a bounded set of recent ones held strongly."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import cachetools

if TYPE_CHECKING:
    from .entity import Entity


class IdentityMap:
    """Finds the object of an entity by family and key.

    *recent_size* is the number of entities kept alive although nobody refers to them, so that a tool that asks again
    and again for the same shot is answered from memory. What arrives together is kept and dropped together: it costs
    one step for each result instead of one for each entity.
    """

    def __init__(self, recent_size: int) -> None:
        self._families: dict[str, weakref.WeakValueDictionary[str | tuple[str, ...], Entity]] = {}
        self._recent: cachetools.LRUCache[int, Sequence[Entity]] = cachetools.LRUCache(recent_size, getsizeof=len)
        self._results = 0
        self._waiting: dict[str, list[weakref.ref[Entity]]] = {}

    def family(self, name: str) -> weakref.WeakValueDictionary[str | tuple[str, ...], Entity]:
        """Return the entities of the family whose root type is *name*, by key."""
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = weakref.WeakValueDictionary()
        return family

    def get(self, family: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity, or None when the session has none."""
        return self.family(family).get(map_key(key))

    def add(self, family: str, key: tuple[str, ...], entity: Entity) -> None:
        """Make *entity* the object of that identity."""
        self.family(family)[map_key(key)] = entity

    def remove(self, family: str, key: tuple[str, ...]) -> None:
        """Forget the object of that identity; it stays usable for whoever holds it."""
        self.family(family).pop(map_key(key), None)

    def keep(self, entities: Sequence[Entity]) -> None:
        """Hold the entities of a result strongly until newer results push them out."""
        if 0 < len(entities) <= self._recent.maxsize:
            self._results += 1
            self._recent[self._results] = entities

    def wait(self, family: str, entity: Entity) -> None:
        """Note that of *entity* only the key is known, so that it is loaded with others of its family that are."""
        self._waiting.setdefault(family, []).append(weakref.ref(entity))

    def waiting(self, family: str) -> list[Entity]:
        """Return, and from now on leave out, the entities of a family of which only the key was known."""
        return [entity for ref in self._waiting.pop(family, ()) if (entity := ref()) is not None]

    def __iter__(self) -> Iterator[Entity]:
        for family in list(self._families.values()):
            yield from list(family.values())

    def __len__(self) -> int:
        return sum(len(family) for family in self._families.values())


def map_key(key: tuple[str, ...]) -> str | tuple[str, ...]:
    """Return the form of a primary key that families are looked up by.

    A key of one attribute, which nearly all types have, is the bare value: making a tuple for each of ten thousand rows
    is felt.
    """
    return key[0] if len(key) == 1 else key
