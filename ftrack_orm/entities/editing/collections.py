"""State: a collection of related entities as a Python sequence without duplicates, whose edits are differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence, Set
from typing import TYPE_CHECKING, Any, overload

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import BackPopulated, PendingEdit, Tracked
from ftrack_orm.errors import InvalidValue
from ftrack_orm.schema.facts import DELETED_ON_REMOVAL
from ftrack_orm.schema.relations import Inverse, Through

from . import changes
from .back_population import has_values, link_end, may_contain
from .checks import check_editable, check_related
from .originals import take_back

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.membership import Membership

#: The states in which an entity is no member of any collection any more.
_REMOVED = (Lifecycle.DELETED, Lifecycle.TRANSIENT)


@attrs.define(eq=False)
class MembershipEdit(PendingEdit):
    """The entities that a unit of work adds to a collection and removes from it, or its whole new content."""

    added: dict[Entity, None] = attrs.field(factory=dict)
    removed: dict[Entity, None] = attrs.field(factory=dict)
    replaces: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.replaces)

    def add(self, entity: Entity) -> None:
        """Add an entity, or take its removal back."""
        if entity in self.removed:
            del self.removed[entity]
        else:
            self.added[entity] = None

    def remove(self, entity: Entity, *, is_in_base: bool) -> None:
        """Remove an entity, or take its addition back; a member of the base has to be removed from there."""
        self.added.pop(entity, None)
        if is_in_base and not self.replaces:
            self.removed[entity] = None

    def copy(self) -> MembershipEdit:
        """Return a copy that later edits do not change."""
        return MembershipEdit(dict(self.added), dict(self.removed), self.replaces)

    def absorb(self, later: MembershipEdit) -> None:
        """Add the difference *later*, which was made on top of this one."""
        if later.replaces:
            self.added, self.removed, self.replaces = dict(later.added), {}, True
            return
        for entity in later.removed:
            self.remove(entity, is_in_base=True)
        for entity in later.added:
            self.add(entity)

    def drop_void(self, base: dict[Entity, None]) -> None:
        """Drop additions that the *base* contains and removals that it does not: others have made the same edit."""
        if not self.replaces:
            self.added = {entity: None for entity in self.added if entity not in base}
            self.removed = {entity: None for entity in self.removed if entity in base}

    def subtract(self, sent: MembershipEdit) -> None:
        """Drop the part of the difference that was *sent*."""
        if sent.replaces and self.replaces:
            # Entities that were added since, and those that were removed since, are differences to the new content.
            self.removed = {entity: None for entity in sent.added if entity not in self.added}
            self.replaces = False
        self.added = {entity: None for entity in self.added if entity not in sent.added}
        self.removed = {entity: None for entity in self.removed if entity not in sent.removed}

    def apply(self, items: dict[Entity, None]) -> dict[Entity, None]:
        """Return *items* with this difference."""
        changed = {} if self.replaces else dict(items)
        for entity in self.removed:
            changed.pop(entity, None)
        for entity in self.added:
            changed.setdefault(entity)
        return changed


class Collection(MutableSequence[Entity], Tracked, BackPopulated):
    """The entities that a relation leads to, in the server's order, followed by those that were added here.

    An entity is in a collection once: adding it again does nothing. Appending does not load the collection; reading
    it does. The costs of `in`, of `len`, of appending, of removing and of the first and last item do not depend on the
    length.

    Where the server stores a membership in the member (`task.parent_id`), adding and removing are edits of the member,
    and the collection follows by back-population. Other edits are kept as a difference, a `MembershipEdit`.

    The content is held in these parts, which change together under the workspace's lock:

    - `_base`: the members on the server when it was loaded.
    - `_items`: the base with the differences of all units of work, or those of its members and others whose key leads
      to the owner by now. The same object as `_base` while there is no difference.
    - `_sequence`: a tuple of the items, or None. It is made by the first access that needs positions or a copy, and
      reset by every change of the items.
    - `_removals`: the value that `Workspace.removals` had when the items were last searched for entities that were
      deleted or dropped. While the two are equal, none of the items is removed.
    - `_moves`: the value that `Workspace.moves` had when the items were last compared with the keys of moved entities.
      While the two are equal, the items agree with these keys.
    """

    __slots__ = ("_attribute", "_base", "_items", "_moves", "_owner", "_removals", "_sequence")

    _kind = "collection"

    def __init__(
        self, owner: Entity, attribute: Attribute, items: Iterable[Entity] = (), *, is_stale: bool = False
    ) -> None:
        self._owner = owner
        self._attribute = attribute
        self._base: dict[Entity, None] = dict.fromkeys(items)
        self._items = self._base
        self._sequence: tuple[Entity, ...] | None = None
        self._removals = owner._ftrack_state.workspace.removals
        self._moves = owner._ftrack_state.workspace.moves
        self._is_stale = is_stale
        if not is_stale:
            self._derive()

    # -- the items -----------------------------------------------------------------------------------------------------

    def _membership(self) -> Membership:
        owner = self._owner
        return owner._ftrack_state.workspace.schema.membership(owner.__entity_type__, self._attribute.name)

    def _set_items(self, items: dict[Entity, None]) -> None:
        self._items, self._sequence = items, None

    def _note_order(self) -> None:
        """Have the order of the items restored when the current unit of work is rolled back."""
        self._owner._ftrack_state.workspace.journal.reordered[id(self)] = self

    def _restore_order(self) -> None:
        """Show the items in the server's order again, followed by those that pending edits add."""
        if not self._is_stale:
            self._items = self._base
            self._derive()

    def _show(self, entity: Entity, *, is_member: bool) -> None:
        """Add an entity to the items or remove it."""
        if (entity in self._items) is not is_member:
            self._note_order()
            self._set_shown(entity, is_member=is_member)

    def _set_shown(self, entity: Entity, *, is_member: bool) -> None:
        if self._items is self._base:
            self._items = dict(self._base)
        if is_member:
            self._items[entity] = None
        else:
            del self._items[entity]
        self._sequence = None

    def _current(self) -> dict[Entity, None]:
        """Return the items, loaded again if they are stale, without entities that were removed or have moved away.

        These are searched for here, so that a commit or a move does not have to search all collections for them.
        """
        if self._is_stale:
            self._load_if_stale()
        workspace = self._owner._ftrack_state.workspace
        if self._moves != workspace.moves:
            self._follow_moves()
        if self._removals != workspace.removals:
            with workspace.lock:
                self._removals = workspace.removals
                if any(item._ftrack_state.lifecycle in _REMOVED for item in self._items):
                    self._base = _without_removed(self._base)
                    self._set_items(_without_removed(self._items))
                    self._drop_void_edits()
        return self._items

    def _follow_moves(self) -> None:
        """Drop the entities whose key has come to lead elsewhere, and show those again whose key no longer does."""
        stored, workspace = self._membership(), self._owner._ftrack_state.workspace
        with workspace.lock:
            moved = workspace.moved_since(self._moves)
            self._moves = workspace.moves
            if not isinstance(stored, Inverse) or self._is_stale:
                return
            if moved is None or len(moved) > len(self._base) + len(self._items):
                moved = [*self._base, *self._items]
            key = self._owner._ftrack_state.key[0]
            for entity in moved:
                leads_here = entity.__dict__.get(stored.attribute, key) == key
                if leads_here and entity in self._base and entity not in self._items:
                    self._derive()
                    return
                if not leads_here and entity in self._items:
                    self._set_shown(entity, is_member=False)

    def _current_sequence(self) -> tuple[Entity, ...]:
        items = self._current()
        sequence = self._sequence
        if sequence is None:
            with self._owner._ftrack_state.workspace.lock:
                sequence = self._sequence = tuple(items)
        return sequence

    # -- tracking ------------------------------------------------------------------------------------------------------

    def _edits(self) -> list[MembershipEdit]:
        workspace = self._owner._ftrack_state.workspace
        return [edit for _, edit in workspace.pending_edits(self._owner, self._attribute.name)]

    def _load_if_stale(self) -> None:
        # Content that an edit replaces as a whole need not be known.
        if self._is_stale and not any(edit.replaces for edit in self._edits()):
            self._owner._ftrack_state.workspace.loader.load_if_stale(self._owner, self._attribute)

    def _content(self) -> tuple[Entity, ...]:
        return tuple(self._items) if self._is_stale else self._current_sequence()

    def _base_content(self) -> dict[Entity, None]:
        return self._base

    def _contained(self, entities: Set[Any]) -> list[Entity]:
        if len(entities) > len(self._base) + len(self._items):
            return [entity for entity in {**self._base, **self._items} if entity in entities]
        return [entity for entity in entities if entity in self._base or entity in self._items]

    def _set_base(self, base: Iterable[Entity]) -> None:
        self._is_stale = False
        self._base = self._items = dict.fromkeys(base)
        self._drop_void_edits()
        self._derive()

    def _drop_void_edits(self) -> None:
        """Drop edits that have become no difference to the base, and entities that are gone from them."""
        workspace, name = self._owner._ftrack_state.workspace, self._attribute.name
        for journal, edit in workspace.pending_edits(self._owner, name):
            edit.added, edit.removed = _without_removed(edit.added), _without_removed(edit.removed)
            edit.drop_void(self._base)
            if not edit:
                journal.discard(self._owner, name)

    def _derive(self) -> None:
        stored, shown = self._membership(), self._items
        items = self._base
        self._moves = self._owner._ftrack_state.workspace.moves
        if isinstance(stored, Inverse):
            items = self._following_members(stored, {**items, **shown} if shown is not items else items)
        elif isinstance(stored, Through):
            items = self._with_new_links(stored, items)
        for edit in self._edits():
            items = edit.apply(items)
        # A commit, which makes the items the base, does not change their order.
        keeps_order = len(items) == len(shown) and items.keys() == shown.keys() and items is not self._base
        self._set_items(shown if keeps_order else items)

    def _mark_saved(self, sent: MembershipEdit, edit: MembershipEdit | None) -> MembershipEdit:
        remaining = MembershipEdit() if edit is None else edit.copy()
        shown = () if self._is_stale and not sent.replaces else self._items
        taken_back = [each for each in sent.added if each not in remaining.added and each not in shown]
        restored = [each for each in sent.removed if each not in remaining.removed and each in shown]
        remaining.subtract(sent)
        remaining.removed.update(dict.fromkeys(taken_back))
        remaining.added.update(dict.fromkeys(restored))
        if not self._is_stale or sent.replaces:
            self._base = sent.apply(self._base)
            self._is_stale = False
        return remaining

    def _note_stored(self, entity: Entity, *, is_member: bool) -> None:
        """Note that the server has an entity among the members or not, which the items show already."""
        if (entity in self._base) is not is_member:
            self._base = {each: None for each in (*self._base, entity) if is_member or each is not entity}

    def _following_members(self, stored: Inverse, items: dict[Entity, None]) -> dict[Entity, None]:
        """Return those of *items* whose key leads to the owner, and the other entities whose edited key leads there."""
        owner, key_name = self._owner, stored.attribute
        workspace, key = owner._ftrack_state.workspace, owner._ftrack_state.key[0]
        workspace.member_keys[key_name] = None
        if any(item.__dict__.get(key_name, key) != key for item in items):
            items = {item: None for item in items if item.__dict__.get(key_name, key) == key}
        target = str(self._attribute.target)
        for entity in workspace.edited_members(key_name, key):
            fits = workspace.schema.related(entity.__entity_type__, target) and has_values(entity, stored)
            if fits and entity not in items and entity._ftrack_state.lifecycle not in _REMOVED:
                items = {**items, entity: None}
        return items

    def _with_new_links(self, stored: Through, items: dict[Entity, None]) -> dict[Entity, None]:
        """Return *items* and the other ends of links that were created or changed and lead to the owner."""
        owner = self._owner
        linked: dict[Entity, None] = {}
        for link in owner._ftrack_state.workspace.edited_members(stored.near, owner._ftrack_state.key[0]):
            if link.__entity_type__ == stored.link and link._ftrack_state.lifecycle not in _REMOVED:
                end = link_end(link, stored.far)
                if end is not None and end not in items and may_contain(owner, self._attribute.name, end):
                    linked[end] = None
        return {**items, **_without_removed(linked)} if linked else items

    def _back_populate(self, entity: Entity, is_member: bool) -> bool:
        # A stale collection will be loaded again, and must not be while the lock is held.
        if self._is_stale or (entity in self._items) is is_member:
            return False
        self._show(entity, is_member=is_member)
        return True

    # -- editing -------------------------------------------------------------------------------------------------------

    def _checked(self, item: Any) -> Entity:
        return check_related(self._owner, self._attribute, item)

    def _add(self, entity: Entity) -> None:
        """Make *entity* a member, as a recorded edit. A stale collection is not loaded for that."""
        if not self._is_stale and entity in self._current():
            return
        stored = self._membership()
        if isinstance(stored, Inverse):
            check_editable(self._owner, self._attribute)
            changes.assign_membership(entity, self._owner, stored, is_missing=not self._is_stale)
            # The key may have led here already, or a deletion may have been recorded for leaving the collection.
            with self._owner._ftrack_state.workspace.lock:
                self._take_back_deletion(entity)
                self._back_populate(entity, is_member=True)
            return
        with changes.editing(self._owner, self._attribute, MembershipEdit) as edit:
            edit.add(entity)
            self._show_edit(edit, entity, is_member=True)

    def _remove(self, entity: Entity) -> None:
        """End the membership of *entity*, which is a member, as a recorded edit."""
        stored = self._membership()
        is_following = isinstance(stored, Inverse)
        if isinstance(stored, Inverse) and not DELETED_ON_REMOVAL.intersection(
            (entity.__entity_type__, *entity.__schema__.bases)
        ):
            check_editable(self._owner, self._attribute)
            was_member = None if self._is_stale else entity in self._base
            changes.end_membership(entity, self._owner, stored, was_member=was_member)
            with self._owner._ftrack_state.workspace.lock:
                self._back_populate(entity, is_member=False)
            return
        with changes.editing(self._owner, self._attribute, MembershipEdit) as edit:
            if is_following:
                changes.record_deletion(entity)
            edit.remove(entity, is_in_base=self._is_stale or entity in self._base)
            self._show_edit(edit, entity, is_member=False)

    def _show_edit(self, edit: MembershipEdit, entity: Entity, *, is_member: bool) -> None:
        if not self._is_stale:
            self._show(entity, is_member=is_member)
        elif edit.replaces:
            self._derive()

    def _revert(self, journal: Journal) -> None:
        """Take the edits back that *journal* has made of the members. The caller holds the lock."""
        stored = self._membership()
        workspace, key = self._owner._ftrack_state.workspace, self._owner._ftrack_state.key[0]
        edit = journal.edits.get(self._owner, {}).get(self._attribute.name)
        for entity in edit.removed if edit is not None and isinstance(stored, Inverse) else ():
            journal.deleted.pop(entity, None)
        if isinstance(stored, Inverse):
            names = [stored.attribute, *([stored.type_attribute] if stored.type_attribute is not None else [])]
            for entity in (*self._base, *workspace.edited_members(stored.attribute, key)):
                together = [each for name in names for each in changes.attributes_set_together(entity.__schema__, name)]
                take_back(entity, journal, together)
        take_back(self._owner, journal, [self._attribute.name])
        self._restore_order()

    def _take_back_deletion(self, entity: Entity) -> None:
        journal = self._owner._ftrack_state.workspace.journal
        edit = journal.edits.get(self._owner, {}).get(self._attribute.name)
        if edit is not None and entity in edit.removed:
            edit.add(entity)
            journal.deleted.pop(entity, None)
            if not edit:
                journal.discard(self._owner, self._attribute.name)

    def _become(self, items: Iterable[Entity]) -> None:
        """Make *items* the content, without repetitions and in that order."""
        wanted = dict.fromkeys(items)
        current = dict(self._current())
        for entity in current:
            if entity not in wanted:
                self._remove(entity)
        for entity in wanted:
            if entity not in current:
                self._add(entity)
        if self._items.keys() == wanted.keys():
            with self._owner._ftrack_state.workspace.lock:
                self._note_order()
                self._set_items(wanted)

    def _replace(self, items: Iterable[Entity]) -> None:
        """Make *items* the content. Where the whole list is sent anyway, the present content is not loaded for that."""
        if not self._is_stale or isinstance(self._membership(), Inverse):
            self._become(items)
            return
        with changes.editing(self._owner, self._attribute, MembershipEdit) as edit:
            edit.absorb(MembershipEdit(dict.fromkeys(items), replaces=True))
            self._derive()

    def insert(self, index: int, value: Entity) -> None:
        """Insert an entity before position *index*, unless it is in the collection already."""
        entity = self._checked(value)
        items = list(self._current())
        if entity not in self._items:
            items.insert(index, entity)
            self._become(items)

    def append(self, value: Entity) -> None:
        """Append an entity, unless it is in the collection already. Does not load the collection."""
        self._add(self._checked(value))

    def extend(self, values: Iterable[Entity]) -> None:
        """Append several entities. Those already in the collection keep their positions."""
        for entity in [self._checked(value) for value in values]:
            self._add(entity)

    def remove(self, value: Entity) -> None:
        """Remove an entity; raises `InvalidValue`, a `ValueError`, when it is not in the collection."""
        if value not in self:
            raise InvalidValue(f"{value!r} is not in {self._owner!r}.{self._attribute.name}.")
        self._remove(value)

    def index(self, value: Entity, start: int = 0, stop: int | None = None) -> int:
        """Return the position of an entity; raises `InvalidValue`, a `ValueError`, when it is not in the collection."""
        try:
            return self._current_sequence().index(value, start, len(self) if stop is None else stop)
        except ValueError:
            raise InvalidValue(f"{value!r} is not in {self._owner!r}.{self._attribute.name}.") from None

    def pop(self, index: int = -1) -> Entity:
        """Remove and return the entity at *index*, the last one by default; `IndexError` for an empty collection."""
        entity = self[index]
        self.remove(entity)
        return entity

    def clear(self) -> None:
        """Remove all entities."""
        self._replace(())

    def reverse(self) -> None:
        """Reverse the order in which the entities are shown. The server keeps no order, so nothing is sent for it."""
        self._become(reversed(self._current_sequence()))

    # -- copies --------------------------------------------------------------------------------------------------------

    # A second collection would record its edits on the same entity, so a copy is a list of the same entities.

    def copy(self) -> list[Entity]:
        """Return a list of the same entities."""
        return list(self)

    def __copy__(self) -> list[Entity]:
        return list(self)

    def __add__(self, other: Iterable[Entity]) -> list[Entity]:
        return [*self, *other]

    def __radd__(self, other: Iterable[Entity]) -> list[Entity]:
        return [*other, *self]

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Entity]:
        return list(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return list, (list(self),)

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
        try:
            return self._current_sequence()[index]
        except TypeError:
            raise InvalidValue(
                f"{self._owner!r}.{self._attribute.name} is indexed by positions, not by {index!r:.200}.",
                entity_type=self._owner.__entity_type__,
                attribute=self._attribute.name,
            ) from None

    @overload
    def __setitem__(self, index: int, value: Entity) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Entity]) -> None: ...
    def __setitem__(self, index: int | slice, value: Any) -> None:
        is_slice = isinstance(index, slice)
        entities = [self._checked(item) for item in (value if is_slice else (value,))]
        items: list[Any] = list(self._current())
        items[index] = entities if is_slice else entities[0]
        # An entity that was in the collection already keeps the first of its two positions.
        self._become(items)

    def __delitem__(self, index: int | slice) -> None:
        items = list(self._current())
        del items[index]
        self._become(items)

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
        if self._is_stale:
            return (
                f"<{self._attribute.name} of {self._owner!r}: not loaded>" if not self._items else repr([*self._items])
            )
        return repr(list(self._current()))

    def _repr_html_(self) -> str | None:
        services = self._owner._ftrack_state.workspace.services
        return (
            None if services is None else str(services().tables.tracked_html(self, self._owner, self._attribute.name))
        )


def assign_collection(owner: Entity, attribute: Attribute, value: Any) -> None:
    """Make the entities in *value* the whole content of a collection.

    Raises `InvalidValue` for a value that is no iterable of suitable entities.
    """
    check_editable(owner, attribute)
    if isinstance(value, (str, Entity)) or not isinstance(value, Iterable):
        raise InvalidValue(
            f"{owner.__entity_type__}.{attribute.name} is set with a list of entities, not {value!r}.",
            entity_type=owner.__entity_type__,
            attribute=attribute.name,
        )
    checked = [check_related(owner, attribute, item) for item in value]
    collection = owner.__dict__.get(attribute.name)
    if collection is None:
        is_new = owner._ftrack_state.lifecycle is Lifecycle.PENDING
        collection = Collection(owner, attribute, is_stale=not is_new)
        collection = owner.__dict__.setdefault(attribute.name, collection)
    collection._replace(checked)


def _without_removed(items: dict[Entity, None]) -> dict[Entity, None]:
    return {item: None for item in items if item._ftrack_state.lifecycle not in _REMOVED}
