"""State: the edits of one unit of work, in the order in which they were made, and the state of its commit."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .tracked import BackPopulated, PendingEdit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .entity import Entity

#: How many entities `Journal.summary` names.
_ENTITIES_NAMED = 5

_CONTENT = ("created", "deleted", "edits", "bases", "reordered", "in_flight", "unresolved", "carried_out")


class Journal:
    """The edits that are committed and rolled back together. Their entities are held strongly.

    - *created* and *deleted* are the new entities and those to delete.
    - *edits* holds, by entity and attribute, the value that this unit of work has set: for scalars and references the
      value, for collections and mappings a `PendingEdit`. Other units may have set other values of the same attribute.
      The attributes of new entities are edits too.
    - *bases* belongs to changes that were loaded from a file, and to those of attributes that another unit has
      committed since. By entity and attribute, it holds the values the changes were originally made on top of: for each
      operation that the change becomes, by entity type and primary key, the values in the form in which they are sent.
      A commit that checks for conflicts compares them with the server's.
    - *reordered* are the collections whose items this unit of work has moved, by their `id`: a rollback restores the
      server's order.
    - *commit_lock* is held by the flow that commits or rolls back, and *in_progress* as long as it does.
    - *in_flight* are the new entities that a request under way may have created.
    - *unresolved* are the batches that were sent and whose outcome is not known, *carried_out* those that the server
      has carried out while not all of their changes are marked as saved here. After an interrupt they say where the
      next commit or rollback has to go on.

    *is_block* marks the unit of a `with session.begin()` block, in which another such block is a savepoint.
    """

    def __init__(self, *, is_block: bool = False, commit_lock: AbstractContextManager[Any] | None = None) -> None:
        self.created: dict[Entity, None] = {}
        self.deleted: dict[Entity, None] = {}
        self.edits: dict[Entity, dict[str, Any]] = {}
        self.bases: dict[Entity, dict[str, dict[tuple[str, tuple[str, ...]], dict[str, Any]]]] = {}
        self.reordered: dict[int, BackPopulated] = {}
        self.is_block = is_block
        self.commit_lock = threading.RLock() if commit_lock is None else commit_lock
        # Not waited for, but a lock all the same: whatever is raised, leaving its `with` statement releases it.
        self.in_progress = threading.Lock()
        self.in_flight: frozenset[Entity] = frozenset()
        self.unresolved: list[Any] = []
        self.carried_out: list[Any] = []

    @property
    def modified(self) -> list[Entity]:
        """The entities with edits that exist on the server."""
        return [entity for entity in self.edits if entity not in self.created]

    def edits_of(self, entity: Entity) -> dict[str, Any]:
        """Return the edits of *entity*, to which the caller may add."""
        edits = self.edits.get(entity)
        if edits is None:
            edits = self.edits[entity] = {}
        return edits

    def discard(self, entity: Entity, name: str) -> None:
        """Discard the edit of one attribute; an entity without edits leaves the journal unless it is new."""
        edits = self.edits.get(entity)
        if edits is not None:
            edits.pop(name, None)
            if not edits and entity not in self.created:
                del self.edits[entity]
                self.bases.pop(entity, None)

    def keep_base(self, entity: Entity, name: str, target: tuple[str, tuple[str, ...]], values: dict[str, Any]) -> None:
        """Keep the *values* that a change of an attribute was made on top of, unless such values are kept already.

        *target* is the entity that the operation for the change writes.
        """
        self.bases.setdefault(entity, {}).setdefault(name, {}).setdefault(target, values)

    def discard_bases(self, entity: Entity, names: Iterable[str]) -> None:
        """Discard the bases of *names*: changes of these attributes are on top of the session's own values again."""
        if entity in self.bases:
            for name in names:
                self.bases[entity].pop(name, None)
            if not self.bases[entity]:
                del self.bases[entity]

    def absorb(self, later: Journal) -> None:
        """Take over all edits of the unit *later*, which are made on top of those of this one.

        They are in one of the two at any moment: an interrupt can neither lose nor double them.
        """
        for entity in later.created:
            entity._ftrack_state.journal = self
        edits, bases = dict(self.edits), dict(self.bases)
        for entity, added in later.edits.items():
            edits[entity] = _joined(self.edits.get(entity, {}), added)
        for entity, of_entity in later.bases.items():
            bases[entity] = {**self.bases.get(entity, {}), **of_entity}
        joined = {
            "created": {**self.created, **later.created},
            "deleted": {**self.deleted, **later.deleted},
            "edits": edits,
            "bases": bases,
            "reordered": {**self.reordered, **later.reordered},
            "unresolved": [*self.unresolved, *later.unresolved],
            "carried_out": [*self.carried_out, *later.carried_out],
            "in_flight": self.in_flight | later.in_flight,
        }
        own, emptied = {**self.__dict__, **joined}, {**later.__dict__, **Journal().content}
        self.__dict__, later.__dict__ = own, emptied

    def hand_over(self, entity: Entity, other: Journal) -> None:
        """Move a new entity and its edits to the unit *other*."""
        other.created[entity] = None
        other.edits[entity] = self.edits.get(entity, {})
        entity._ftrack_state.journal = other
        self.edits.pop(entity, None)
        self.created.pop(entity, None)

    @property
    def content(self) -> dict[str, Any]:
        """The attributes that hold edits and the state of their commit, by their names."""
        return {name: self.__dict__[name] for name in _CONTENT}

    def clear(self) -> None:
        """Forget everything."""
        self.__dict__.update(Journal().content)

    def part(self, entities: Sequence[Entity]) -> Journal:
        """Return a journal with the edits of *entities* only. It shares them with this one."""
        part = Journal()
        part.created = {entity: None for entity in entities if entity in self.created}
        part.edits = {entity: self.edits[entity] for entity in entities if entity in self.edits}
        part.deleted = {entity: None for entity in entities if entity in self.deleted}
        return part

    def __bool__(self) -> bool:
        return bool(self.created or self.edits or self.deleted)

    def summary(self) -> str:
        """Return the number of changed entities by kind of change, and the first of them, as one or two sentences."""
        modified = self.modified
        entities = list(map(repr, dict.fromkeys((*self.created, *modified, *self.deleted))))
        unnamed = len(entities) - _ENTITIES_NAMED
        more = f" and {unnamed} more" if unnamed > 0 else ""
        return (
            f"{len(self.created)} created, {len(modified)} modified, {len(self.deleted)} deleted: "
            f"{', '.join(entities[:_ENTITIES_NAMED])}{more}."
        )


def _joined(edits: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Return the edits of one entity with those made *later*. Changes neither."""
    joined = dict(edits)
    for name, edit in later.items():
        own = joined.get(name)
        if isinstance(edit, PendingEdit) and isinstance(own, PendingEdit):
            joined[name] = own.copy()
            joined[name].absorb(edit)
        else:
            joined[name] = edit
    return joined
