"""State: a collection of related entities as a Python sequence without duplicates, whose edits are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, overload

from ..errors import InvalidValue
from ..schema.attribute import Attribute
from . import changes
from .recorded import Followed, Recorded
from .state import Lifecycle

if TYPE_CHECKING:
    from .entity import Entity


#: States in which an entity is in no collection any more.
_GONE = (Lifecycle.DELETED, Lifecycle.TRANSIENT)


class Collection(MutableSequence["Entity"], Recorded, Followed):
    """The entities a relation leads to, in the server's order.

    Editing records the whole collection as one change of its owner, which is how ftrack is told about it. An entity
    is in a collection once: adding it again does nothing. `in` and appending cost the same whatever the length.
    """

    __slots__ = ("_attribute", "_disappearances", "_items", "_members", "_owner")

    def __init__(self, owner: Entity, attribute: Attribute, items: list[Entity]) -> None:
        self._owner = owner
        self._attribute = attribute
        self._items = items
        self._members: set[Entity] | None = None
        self._disappearances = owner._ftrack_state.workspace.disappearances

    def _present(self) -> list[Entity]:
        """Return the items without those that were deleted or forgotten since this was last asked.

        Looking when somebody looks spares a commit from searching all collections for what is gone.
        """
        disappearances = self._owner._ftrack_state.workspace.disappearances
        if self._disappearances != disappearances:
            self._disappearances = disappearances
            alive = [item for item in self._items if item._ftrack_state.lifecycle not in _GONE]
            if len(alive) != len(self._items):
                self._items = alive
                self._members = None
        return self._items

    def _known(self) -> set[Entity]:
        # Made on the first need: most collections are only walked.
        items = self._present()
        if self._members is None:
            self._members = set(items)
        return self._members

    def _checked(self, item: Any) -> Entity:
        return changes.check_related(self._owner, self._attribute, item)

    def _plain(self) -> tuple[Entity, ...]:
        return tuple(self._present())

    def _put_back(self, content: Iterable[Entity]) -> None:
        self._items = list(content)
        self._members = None

    def _follow(self, entity: Entity, is_member: bool) -> None:
        known = self._known()
        if is_member and entity not in known:
            self._items.append(entity)
            known.add(entity)
        elif not is_member and entity in known:
            self._items.remove(entity)
            known.discard(entity)

    def _become(self, items: Iterable[Entity]) -> None:
        """Make *items*, without repetitions, the content, as one recorded change."""
        items = list(dict.fromkeys(items))
        with changes.editing(self._owner, self._attribute):
            self._items = items
            self._members = None

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
        items = list(self._present())
        if isinstance(index, slice):
            items[index] = [self._checked(item) for item in value]
        else:
            items[index] = self._checked(value)
        self._become(items)

    def __delitem__(self, index: int | slice) -> None:
        items = list(self._present())
        del items[index]
        self._become(items)

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
        known = self._known()
        if entity in known:
            return
        with changes.editing(self._owner, self._attribute):
            self._present().insert(index, entity)
            known.add(entity)

    def extend(self, values: Iterable[Entity]) -> None:
        """Append several entities as one change; those already in the collection are left where they are."""
        self._become([*self._present(), *(self._checked(value) for value in values)])

    def remove(self, value: Entity) -> None:
        """Take an entity out of the collection; `ValueError` when it is not in it."""
        if value not in self:
            raise InvalidValue(f"{value!r} is not in {self._owner!r}.{self._attribute.name}.")
        with changes.editing(self._owner, self._attribute):
            self._present().remove(value)
            self._known().discard(value)

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
        return repr(self._present())


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
        collection = changes.remember_unloaded(owner, attribute, Collection(owner, attribute, []))
    collection._become(checked)
