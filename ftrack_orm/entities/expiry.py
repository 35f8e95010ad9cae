"""State: marking what the server said has changed, so that the next read fetches it; no value is changed here.

A scalar or a reference is marked by taking it out of the entity's memory. A collection or mapping stays there, since
somebody may hold it, and catches up when it is looked at. What was edited stays as it is; that the value it replaces is
not the server's any more is remembered, for rolling back and for setting back.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES
from ftrack_orm.values import ChangeNotice

from .editing import changes
from .editing.mappings import MappedCollection
from .entity import Lifecycle
from .tracked import Tracked

if TYPE_CHECKING:
    from .entity import Entity
    from .workspace import Workspace

#: Notices kept for answers that are still on their way. An answer older than all of them makes everything suspect.
_KEPT = 10_000

#: Entities marked at a time when all are: others want the lock in between.
_SLICE = 1_000

#: Stands for all attributes of an entity.
_ALL = "*"


class ExpiryLog:
    """The news a workspace was told, each with a number: `Workspace.revision` counts them together with own commits."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._recent: deque[tuple[int, ChangeNotice]] = deque()
        self._latest = 0
        self._forgotten = 0
        #: By entity and attribute, the number of the news that marked it last.
        self._marks: weakref.WeakKeyDictionary[Entity, dict[str, int]] = weakref.WeakKeyDictionary()
        #: The same for what was told of all entities at once, whatever their family.
        self._marks_of_all: dict[str, int] = {}
        #: By entity and edited attribute, the original that the server does not have any more.
        self._gone: weakref.WeakValueDictionary[tuple[str, tuple[str, ...]], Entity] = weakref.WeakValueDictionary()
        self._superseded: weakref.WeakKeyDictionary[Entity, dict[str, Any]] = weakref.WeakKeyDictionary()

    def apply(self, news: Iterable[ChangeNotice]) -> None:
        """Mark what *news* name on the entities the session has; those that are deleted become so. Asks nothing."""
        with self._workspace.lock:
            for item in news:
                self._apply(item, self._remember(item))

    def expire_all(self) -> None:
        """Mark all there is: something happened, and nobody knows what."""
        everything = ChangeNotice(family=None, key=(), names=None)
        with self._workspace.lock:
            number = self._remember(everything)
            self._suspect_mappings()
            self._marks_of_all[_ALL] = number
        known = iter(list(self._workspace.identities))
        while part := list(islice(known, _SLICE)):
            with self._workspace.lock:
                for entity in part:
                    self._mark_named(entity, everything, number)

    def _remember(self, item: ChangeNotice) -> int:
        """Keep *item* for answers that are on their way, and return its number."""
        self._workspace.revision += 1
        self._latest = self._workspace.revision
        self._recent.append((self._latest, item))
        if len(self._recent) > _KEPT:
            self._forgotten, _ = self._recent.popleft()
        return self._latest

    def reapply_since(self, asked_at: int) -> None:
        """Mark what was told after a question was sent, once its answer is merged: it may bring what was before.

        *asked_at* is what `Workspace.revision` was when the question was sent. The caller holds the lock.
        """
        if asked_at >= self._latest:
            return
        if asked_at < self._forgotten:
            self.expire_all()
            return
        for number, item in self._recent:
            if number > asked_at:
                self._apply(item, number)

    def expired_since(self, entity: Entity, name: str, asked_at: int) -> bool:
        """Whether an attribute was marked after a question that was sent when `Workspace.revision` was *asked_at*."""
        if asked_at >= self._latest:
            return False
        with self._workspace.lock:
            each = (self._marks.get(entity, {}), self._marks_of_all)
            return max(max(marks.get(name, 0), marks.get(_ALL, 0)) for marks in each) > asked_at

    def was_expired(self, entity: Entity, name: str) -> bool:
        """Whether an attribute was ever marked, which is why it may have no value now."""
        return self.expired_since(entity, name, 0)

    def is_superseded(self, entity: Entity, name: str, original: Any) -> bool:
        """Whether *original*, which an edit replaced, is not what the server has any more."""
        if not self._superseded:
            return False
        replaced = self._superseded.get(entity)
        return replaced is not None and name in replaced and replaced[name] is original

    def find_deleted(self, family: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity that news said is deleted, if somebody still has it."""
        return self._gone.get((family, key))

    # -- marking -------------------------------------------------------------------------------------------------------

    def _apply(self, news: ChangeNotice, number: int) -> None:
        if news.names is None or CUSTOM_ATTRIBUTES in news.names or CUSTOM_ATTRIBUTES in news.derived:
            self._suspect_mappings()
        for entity in self._known(news):
            if news.is_deleted and entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT and self._may_go(entity):
                changes.mark_deleted(entity)
                self._gone[entity.__schema__.family, news.key] = entity
            else:
                self._mark_named(entity, news, number)

    def _suspect_mappings(self) -> None:
        """Have what custom attributes inherit be read again: it may be set anywhere above."""
        self._workspace.configurations.writes += 1

    def _may_go(self, entity: Entity) -> bool:
        # Edits of what somebody else deleted stay, so that a commit tells whoever made them.
        return not entity._ftrack_state.originals or entity in self._workspace.journal.deleted

    def _known(self, news: ChangeNotice) -> Iterator[Entity]:
        identities = self._workspace.identities
        if not news.key:
            yield from identities if news.family is None else identities.family(news.family)
            return
        for family in identities.families() if news.family is None else (news.family,):
            entity = identities.get(family, news.key)
            if entity is not None:
                yield entity

    def _mark_named(self, entity: Entity, news: ChangeNotice, number: int) -> None:
        if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
            return
        marks = self._marks.setdefault(entity, {}) if news.key else self._marks_of_all
        if news.names is None:
            marks[_ALL] = number
            names: Iterable[str] = [*entity.__dict__, *(entity._ftrack_state.originals or ())]
        else:
            names = [*news.names, *news.derived]
            for name in names:
                marks[name] = number
        for name in names:
            self._mark(entity, name)
        customs = entity.__dict__.get(CUSTOM_ATTRIBUTES)
        if isinstance(customs, MappedCollection) and not news.entries.isdisjoint(customs._entries):
            marks[CUSTOM_ATTRIBUTES] = number
            self._mark(entity, CUSTOM_ATTRIBUTES)

    def _mark(self, entity: Entity, name: str) -> None:
        originals = entity._ftrack_state.originals
        if originals is not None and name in originals:
            self._superseded.setdefault(entity, {})[name] = originals[name]
        elif name not in entity.__schema__.primary_key:
            value = entity.__dict__.get(name)
            if isinstance(value, Tracked):
                value._is_stale = True
            else:
                entity.__dict__.pop(name, None)
