"""State: a collection of related entities as a Python sequence without duplicates, whose edits are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, overload

from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.tracked import BackPopulated, Tracked
from ftrack_orm.errors import InvalidValue

from . import changes
from .checks import check_editable, check_related

if TYPE_CHECKING:
    from ftrack_orm.schema.attribute import Attribute

#: The states in which an entity is no member of any collection any more.
_REMOVED = (Lifecycle.DELETED, Lifecycle.TRANSIENT)


class Collection(MutableSequence[Entity], Tracked, BackPopulated):
    """The entities that a relation leads to, in the server's order.

    An edit records the whole collection as one change of its owner, which is the form in which ftrack receives it. An
    entity is in a collection once: adding it again does nothing. The costs of `in`, of `len`, of appending, of removing
    and of the first and last item do not depend on the length.

    Two caches depend on the items:

    - `_sequence` is a tuple of the items, or None. It is made by the first access that needs positions or a copy, and
      reset by every change of the items: only `_set`, `_add` and `_discard` change them, each under the workspace's
      lock.
    - `_removals` is the value that `Workspace.removals` had when the items were last searched for entities that were
      deleted or dropped. While the two are equal, the items contain no such entity.
    """

    __slots__ = ("_attribute", "_items", "_owner", "_removals", "_sequence")

    def __init__(self, owner: Entity, attribute: Attribute, items: Iterable[Entity]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._items: dict[Entity, None] = dict.fromkeys(items)
        self._sequence: tuple[Entity, ...] | None = None
        self._removals = owner._ftrack_state.workspace.removals
        self._is_stale = False

    # -- the items -----------------------------------------------------------------------------------------------------

    def _set(self, items: Iterable[Entity]) -> None:
        self._items, self._sequence = dict.fromkeys(items), None

    def _add(self, entity: Entity) -> None:
        self._items[entity] = None
        self._sequence = None

    def _discard(self, entity: Entity) -> None:
        self._items.pop(entity, None)
        self._sequence = None

    def _current(self) -> dict[Entity, None]:
        """Return the items, loaded again if they are stale, without removed entities.

        Removed entities are searched for here, so that a commit does not have to search all collections for them.
        """
        if self._is_stale:
            self._load_if_stale()
        workspace = self._owner._ftrack_state.workspace
        if self._removals != workspace.removals:
            with workspace.lock:
                self._removals = workspace.removals
                if any(item._ftrack_state.lifecycle in _REMOVED for item in self._items):
                    self._set([item for item in self._items if item._ftrack_state.lifecycle not in _REMOVED])
        return self._items

    def _current_sequence(self) -> tuple[Entity, ...]:
        items = self._current()
        sequence = self._sequence
        if sequence is None:
            with self._owner._ftrack_state.workspace.lock:
                sequence = self._sequence = tuple(items)
        return sequence

    # -- tracking ------------------------------------------------------------------------------------------------------

    def _load_if_stale(self) -> None:
        if self._is_stale:
            self._owner._ftrack_state.workspace.loader.load_if_stale(self._owner, self._attribute)

    def _content(self) -> tuple[Entity, ...]:
        return tuple(self._items) if self._is_stale else self._current_sequence()

    def _has_content(self, content: Any) -> bool:
        # Lengths first: a collection that is appended to a thousand times is not compared item by item each time.
        return len(self._current()) == len(content) and self._content() == content

    def _restore(self, content: Iterable[Entity]) -> None:
        self._is_stale = False
        self._set(content)

    def _back_populate(self, entity: Entity, is_member: bool) -> None:
        if self._is_stale:
            return  # It will be loaded again, and must not be while the lock is held.
        if is_member:
            self._add(entity)
        else:
            self._discard(entity)

    # -- editing -------------------------------------------------------------------------------------------------------

    def _checked(self, item: Any) -> Entity:
        return check_related(self._owner, self._attribute, item)

    def _replace(self, items: Iterable[Entity]) -> None:
        """Make *items* the content, without repetitions, as one recorded change."""
        items = dict.fromkeys(items)
        with changes.editing(self._owner, self._attribute):
            self._set(items)
        self._set_inverse_keys(items)

    def _set_inverse_keys(self, entities: Iterable[Entity]) -> None:
        """Have new entities refer to the owner: the server refuses to create, for example, a task without a parent."""
        for entity in entities:
            if entity._ftrack_state.lifecycle is Lifecycle.PENDING:
                changes.assign_inverse_key(entity, self._owner, self._attribute.name)

    def insert(self, index: int, value: Entity) -> None:
        """Insert an entity before position *index*, unless it is in the collection already."""
        entity = self._checked(value)
        if entity not in self._current():
            with changes.editing(self._owner, self._attribute):
                items = list(self._current())
                items.insert(index, entity)
                self._set(items)
            self._set_inverse_keys((entity,))

    def append(self, value: Entity) -> None:
        """Append an entity, unless it is in the collection already."""
        entity = self._checked(value)
        if entity not in self._current():
            with changes.editing(self._owner, self._attribute):
                self._add(entity)
            self._set_inverse_keys((entity,))

    def extend(self, values: Iterable[Entity]) -> None:
        """Append several entities as one change. Those already in the collection keep their positions."""
        entities = [self._checked(value) for value in values]
        if self._current().keys() >= set(entities):
            return
        with changes.editing(self._owner, self._attribute):
            for entity in entities:
                self._add(entity)
        self._set_inverse_keys(entities)

    def remove(self, value: Entity) -> None:
        """Remove an entity; raises `InvalidValue`, a `ValueError`, when it is not in the collection."""
        if value not in self:
            raise InvalidValue(f"{value!r} is not in {self._owner!r}.{self._attribute.name}.")
        with changes.editing(self._owner, self._attribute):
            self._discard(value)

    def pop(self, index: int = -1) -> Entity:
        """Remove and return the entity at *index*, the last one by default. Raises `IndexError`."""
        entity = self[index]
        self.remove(entity)
        return entity

    def clear(self) -> None:
        """Remove all entities, as one change."""
        self._replace(())

    def reverse(self) -> None:
        """Reverse the order, as one change."""
        with changes.editing(self._owner, self._attribute):
            self._set(reversed(self._current_sequence()))

    # -- as a sequence -------------------------------------------------------------------------------------------------

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | list[Entity]:
        if isinstance(index, slice):
            return list(self._current_sequence()[index])
        items = self._current()
        if self._sequence is None and items:
            # The ends need no tuple of all items, which appending and popping in turn would make each time.
            if index == -1:
                return next(reversed(items))
            if index == 0:
                return next(iter(items))
        return self._current_sequence()[index]

    @overload
    def __setitem__(self, index: int, value: Entity) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Entity]) -> None: ...
    def __setitem__(self, index: int | slice, value: Any) -> None:
        is_slice = isinstance(index, slice)
        entities = [self._checked(item) for item in (value if is_slice else (value,))]
        with changes.editing(self._owner, self._attribute):
            items: list[Any] = list(self._current())
            items[index] = entities if is_slice else entities[0]
            # An entity that was in the collection already keeps the first of its two positions.
            self._set(items)
        self._set_inverse_keys(entities)

    def __delitem__(self, index: int | slice) -> None:
        with changes.editing(self._owner, self._attribute):
            items = list(self._current())
            del items[index]
            self._set(items)

    def __len__(self) -> int:
        return len(self._current())

    def __iter__(self) -> Iterator[Entity]:
        # Over a copy, so that items can be removed from the collection while it is iterated over.
        return iter(self._current_sequence())

    def __contains__(self, item: object) -> bool:
        try:
            return item in self._current()
        except TypeError:
            return False

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Collection):
            return self._current_sequence() == other._current_sequence()
        if isinstance(other, (list, tuple)):
            return self._current_sequence() == tuple(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # like every mutable sequence

    def __repr__(self) -> str:
        # Shows the items as they are if they are stale: printing must never make a request.
        return repr(list(self._items if self._is_stale else self._current()))


def assign_collection(owner: Entity, attribute: Attribute, value: Any) -> None:
    """Make the entities in *value* the whole content of a collection, as one recorded change.

    Raises `InvalidValue` for a value that is no iterable of suitable entities.
    """
    check_editable(owner, attribute)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name} is set with a list of entities, not {value!r}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    checked = [check_related(owner, attribute, item) for item in value]
    collection = owner.__dict__.get(attribute.name)
    if collection is None:
        # The content it replaces need not be loaded: ftrack receives the whole new content.
        collection = changes.start_change(owner, attribute, Collection(owner, attribute, ()))
    collection._replace(checked)
