"""State: a collection of related entities as a Python sequence without duplicates, whose edits are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, overload

from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.entities.tracked import BackPopulated, Tracked
from ftrack_orm.errors import InvalidValue

from . import changes

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.attribute import Attribute


#: States in which an entity is in no collection any more.
_GONE = (Lifecycle.DELETED, Lifecycle.TRANSIENT)


class Collection(MutableSequence["Entity"], Tracked, BackPopulated):
    """The entities a relation leads to, in the server's order.

    Editing records the whole collection as one change of its owner, which is how ftrack is told about it. An entity
    is in a collection once: adding it again does nothing. `in`, appending and removing cost the same whatever the
    length.
    """

    __slots__ = ("_attribute", "_items", "_left", "_members", "_owner", "_removals")

    def __init__(self, owner: Entity, attribute: Attribute, items: list[Entity]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._items = items
        # What was taken out and is still among the items, until somebody looks: searching for each costs the length.
        self._left: set[Entity] | None = None
        self._members: set[Entity] | None = None
        self._removals = owner._ftrack_state.workspace.removals
        self._is_stale = False

    def _set(self, items: list[Entity]) -> None:
        """Make *items* the content."""
        self._items, self._left, self._members = items, None, None

    def _load_if_stale(self) -> None:
        if self._is_stale:
            self._owner._ftrack_state.workspace.loader.load_if_stale(self._owner, self._attribute)

    def _drop_disappeared(self) -> None:
        """Take out the items that were deleted or forgotten since this was last asked.

        Looking when somebody looks spares a commit from searching all collections for what is gone.
        """
        if self._is_stale:
            self._load_if_stale()
        workspace = self._owner._ftrack_state.workspace
        if self._removals != workspace.removals:
            with workspace.lock:
                self._removals = workspace.removals
                if any(item._ftrack_state.lifecycle in _GONE for item in self._items):
                    self._set([item for item in self._present() if item._ftrack_state.lifecycle not in _GONE])

    def _present(self) -> list[Entity]:
        """Return the items, without those that are gone."""
        self._drop_disappeared()
        if self._left:
            with self._owner._ftrack_state.workspace.lock:
                left = self._left or ()
                self._items = [item for item in self._items if item not in left]
                self._left = None
        return self._items

    def _known(self) -> set[Entity]:
        self._drop_disappeared()
        # Made on the first need: most collections are only walked.
        members = self._members
        if members is None:
            with self._owner._ftrack_state.workspace.lock:
                members = self._members = set(self._present())
        return members

    def _put_in(self, entity: Entity, index: int | None = None) -> None:
        """Put an entity before position *index*, or at the end, unless it is there; the caller holds the lock."""
        known = self._known()
        if entity in known:
            return
        items = self._present() if index is not None or entity in (self._left or ()) else self._items
        items.insert(len(items) if index is None else index, entity)
        known.add(entity)

    def _take_out(self, entity: Entity) -> None:
        """Take out an entity if it is there; the caller holds the lock."""
        known = self._known()
        if entity not in known:
            return
        known.remove(entity)
        if self._items[0] is entity:
            del self._items[0]
        elif self._items[-1] is entity:
            del self._items[-1]
        elif self._left is None:
            self._left = {entity}
        else:
            self._left.add(entity)

    def _checked(self, item: Any) -> Entity:
        return changes.check_related(self._owner, self._attribute, item)

    def _content(self) -> tuple[Entity, ...]:
        return tuple(self._items if self._is_stale else self._present())

    def _has_content(self, content: Any) -> bool:
        # Lengths first: a collection appended to a thousand times is not to be compared item by item each time.
        self._drop_disappeared()
        return len(self._items) - len(self._left or ()) == len(content) and self._content() == content

    def _restore(self, content: Iterable[Entity]) -> None:
        self._is_stale = False
        self._set(list(content))

    def _back_populate(self, entity: Entity, is_member: bool) -> None:
        if self._is_stale:
            return  # It is loaded anew anyway, and not while the lock is held.
        if is_member:
            self._put_in(entity)
        else:
            self._take_out(entity)

    def _become(self, items: Iterable[Entity]) -> None:
        """Make *items*, without repetitions, the content, as one recorded change."""
        items = list(dict.fromkeys(items))
        with changes.editing(self._owner, self._attribute):
            self._set(items)
        self._claim(items)

    def _claim(self, entities: Iterable[Entity]) -> None:
        """Have new entities refer back to the owner: a server does not create a task that is in nothing."""
        for entity in entities:
            if entity._ftrack_state.lifecycle is Lifecycle.PENDING:
                changes.assign_inverse_key(entity, self._owner, self._attribute.name)

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | list[Entity]:
        return self._present()[index]

    @overload
    def __setitem__(self, index: int, value: Entity) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Entity]) -> None: ...
    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            items = list(self._present())
            items[index] = [self._checked(item) for item in value]
            self._become(items)
        elif self._checked(value) in self._known():
            # It would be there twice, and stays where it is first.
            items = list(self._present())
            items[index] = value
            self._become(items)
        else:
            before = self._present()[index]
            with changes.editing(self._owner, self._attribute):
                self._present()[index] = value
                self._known().remove(before)
                self._known().add(value)
            self._claim((value,))

    def __delitem__(self, index: int | slice) -> None:
        if isinstance(index, slice):
            items = list(self._present())
            del items[index]
            self._become(items)
        else:
            self.remove(self._present()[index])

    def __len__(self) -> int:
        return len(self._present())

    def __iter__(self) -> Iterator[Entity]:
        # Over a copy: deleting while walking is what people do with collections.
        return iter(tuple(self._present()))

    def __contains__(self, item: object) -> bool:
        try:
            return item in self._known()
        except TypeError:
            return False

    def insert(self, index: int, value: Entity) -> None:
        """Put an entity before position *index*, unless it is in the collection already."""
        entity = self._checked(value)
        if entity not in self._known():
            with changes.editing(self._owner, self._attribute):
                self._put_in(entity, index)
            self._claim((entity,))

    def append(self, value: Entity) -> None:
        """Put an entity at the end, unless it is in the collection already."""
        entity = self._checked(value)
        if entity not in self._known():
            with changes.editing(self._owner, self._attribute):
                self._put_in(entity)
            self._claim((entity,))

    def extend(self, values: Iterable[Entity]) -> None:
        """Append several entities as one change; those already in the collection are left where they are."""
        entities = [self._checked(value) for value in values]
        if self._known().issuperset(entities):
            return
        with changes.editing(self._owner, self._attribute):
            for entity in entities:
                self._put_in(entity)
        self._claim(entities)

    def remove(self, value: Entity) -> None:
        """Take an entity out of the collection; `ValueError` when it is not in it."""
        if value not in self:
            raise InvalidValue(f"{value!r} is not in {self._owner!r}.{self._attribute.name}.")
        with changes.editing(self._owner, self._attribute):
            self._take_out(value)

    def clear(self) -> None:
        """Empty the collection, as one change."""
        self._become([])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Collection):
            return self._present() == other._present()
        if isinstance(other, (list, tuple)):
            return self._present() == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # like every mutable sequence

    def __repr__(self) -> str:
        # Printing must never ask the server.
        return repr(self._items if self._is_stale else self._present())


def assign_collection(owner: Entity, attribute: Attribute, value: Any) -> None:
    """Make the entities in *value* the whole content of a collection, as one recorded change."""
    changes.check_editable(owner, attribute)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name} is set with a list of entities, not {value!r}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    checked = [changes.check_related(owner, attribute, item) for item in value]
    collection = owner.__dict__.get(attribute.name)
    if collection is None:
        # What it replaces need not be known: the whole content is sent. So nothing is loaded for it.
        collection = changes.start_change(owner, attribute, Collection(owner, attribute, []))
    collection._become(checked)
