"""State: the log of changes that the server reported, and the expiry of the attributes they name. Sets no value.

An expired scalar or reference is removed from the entity's `__dict__`, so that the next read loads it. A collection or
mapping stays there, since user code may hold it: it becomes stale and is loaded again when it is next looked at. An
edited attribute keeps the user's value. That the server does not have the value it replaced any more is remembered,
for rolling back and for setting the attribute back.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES
from ftrack_orm.values import ChangeNotice

from .entity import Entity, Lifecycle
from .tracked import Tracked

if TYPE_CHECKING:
    from .workspace import Workspace

#: Notices kept for responses that are still on their way. A response older than all of them expires everything.
_NOTICES_KEPT = 10_000

#: Entities expired per acquisition of the lock when all are, so that other threads get it in between.
_ENTITIES_PER_LOCK = 1_000

#: Stands for all attributes of an entity.
_ALL = "*"

_Identity = tuple[str, tuple[str, ...]]


class ExpiryLog:
    """Expires the attributes that change notices name, now and in responses that were sent before the change.

    Every notice gets a number of its own from `Workspace.revision`. A request records the revision at which it is
    sent; its response may be older than every notice with a higher number.

    All writes happen under the workspace's lock. The log consists of:

    - `_recent`: the latest notices with their revisions, oldest first. `_append` adds to it and drops the oldest
      beyond `_NOTICES_KEPT`. `reapply_since` reads it when a response arrives.
    - `_latest`: the revision of the newest notice. It only grows. It lets the usual case, a response without any
      notice since its request, end with one comparison.
    - `_dropped`: the revision of the newest notice that was dropped from `_recent`. It only grows. A response to a
      request from before that revision expires everything, since the dropped notices cannot be applied to it.
    - `_expired_at`: by entity and attribute (`_ALL` for all of them), the revision at which the attribute last
      expired because of a notice that named the entity. Entries leave with their entity.
    - `_expired_everywhere_at`: the same by attribute only, for notices about all entities. At most one entry for each
      attribute name of the schema.
    - `_superseded`: by entity and edited attribute, the original value that the server does not have any more. An
      entry counts only as long as that very object is the attribute's original: it needs no removal when the edit is
      committed or taken back, and leaves with its entity.
    - `_deleted`: by family and key, the entities that a notice deleted. They have left the identity map; entries
      leave with their entity.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._recent: deque[tuple[int, ChangeNotice]] = deque()
        self._latest = 0
        self._dropped = 0
        self._expired_at: weakref.WeakKeyDictionary[Entity, dict[str, int]] = weakref.WeakKeyDictionary()
        self._expired_everywhere_at: dict[str, int] = {}
        self._superseded: weakref.WeakKeyDictionary[Entity, dict[str, Any]] = weakref.WeakKeyDictionary()
        self._deleted: weakref.WeakValueDictionary[_Identity, Entity] = weakref.WeakValueDictionary()

    def apply(self, notices: Iterable[ChangeNotice]) -> None:
        """Expire the attributes that *notices* name and mark deleted entities as deleted. Makes no request."""
        with self._workspace.lock:
            for notice in notices:
                self._apply(notice, self._append(notice))

    def expire_all(self) -> None:
        """Expire every attribute of every entity, after a change that is not known in detail. Makes no request."""
        everything = ChangeNotice(family=None, key=(), names=None)
        with self._workspace.lock:
            revision = self._append(everything)
            self._workspace.configurations.expire_values()
            self._expired_everywhere_at[_ALL] = revision
        entities = iter(list(self._workspace.identities))
        while part := list(islice(entities, _ENTITIES_PER_LOCK)):
            with self._workspace.lock:
                for entity in part:
                    self._expire_named(entity, everything, revision)

    def reapply_since(self, revision: int) -> None:
        """Apply the notices after *revision* again, once a response has been merged: it may predate them.

        *revision* is `Workspace.revision` at the time the request was sent. The caller holds the lock.
        """
        if revision >= self._latest:
            return
        if revision < self._dropped:
            self.expire_all()
            return
        for noticed_at, notice in self._recent:
            if noticed_at > revision:
                self._apply(notice, noticed_at)

    def expired_since(self, entity: Entity, name: str, revision: int) -> bool:
        """Whether an attribute expired after a request that was sent at *revision*."""
        if revision >= self._latest:
            return False
        with self._workspace.lock:
            each = (self._expired_at.get(entity, {}), self._expired_everywhere_at)
            return max(max(expired.get(name, 0), expired.get(_ALL, 0)) for expired in each) > revision

    def was_expired(self, entity: Entity, name: str) -> bool:
        """Whether an attribute has ever expired, which may be the reason why it is not loaded."""
        return self.expired_since(entity, name, 0)

    def is_superseded(self, entity: Entity, name: str, original: Any) -> bool:
        """Whether the server does not have *original*, the value that an edit replaced, any more."""
        if not self._superseded:
            return False
        superseded = self._superseded.get(entity)
        return superseded is not None and name in superseded and superseded[name] is original

    def find_deleted(self, family: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity that a notice deleted, None if it does not exist any more."""
        return self._deleted.get((family, key))

    def _append(self, notice: ChangeNotice) -> int:
        """Append *notice* to the log and return its revision."""
        self._workspace.revision += 1
        self._latest = self._workspace.revision
        self._recent.append((self._latest, notice))
        if len(self._recent) > _NOTICES_KEPT:
            self._dropped, _ = self._recent.popleft()
        return self._latest

    def _apply(self, notice: ChangeNotice, revision: int) -> None:
        if notice.names is None or CUSTOM_ATTRIBUTES in notice.names or CUSTOM_ATTRIBUTES in notice.derived:
            # Entities anywhere below may inherit the value.
            self._workspace.configurations.expire_values()
        for entity in self._entities_of(notice):
            if notice.is_deleted and entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT and self._may_go(entity):
                self._workspace.mark_deleted(entity)
                self._deleted[entity.__schema__.family, notice.key] = entity
            else:
                self._expire_named(entity, notice, revision)

    def _may_go(self, entity: Entity) -> bool:
        # Edits of an entity that another user deleted stay recorded, so that the commit reports the conflict.
        return not self._workspace.is_edited(entity) or self._workspace.is_being_deleted(entity)

    def _entities_of(self, notice: ChangeNotice) -> Iterator[Entity]:
        identities = self._workspace.identities
        if not notice.key:
            yield from identities if notice.family is None else identities.family(notice.family)
            return
        for family in identities.families() if notice.family is None else (notice.family,):
            entity = identities.get(family, notice.key)
            if entity is not None:
                yield entity

    def _expire_named(self, entity: Entity, notice: ChangeNotice, revision: int) -> None:
        if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
            return
        expired_at = self._expired_at.setdefault(entity, {}) if notice.key else self._expired_everywhere_at
        if notice.names is None:
            expired_at[_ALL] = revision
            names: Iterable[str] = [*entity.__dict__, *(entity._ftrack_state.originals or ())]
        else:
            names = [*notice.names, *notice.derived]
            for name in names:
                expired_at[name] = revision
        for name in names:
            self._expire(entity, name)
        mapping = entity.__dict__.get(CUSTOM_ATTRIBUTES)
        if notice.entries and isinstance(mapping, Tracked) and mapping._has_any_key(notice.entries):
            expired_at[CUSTOM_ATTRIBUTES] = revision
            self._expire(entity, CUSTOM_ATTRIBUTES)

    def _expire(self, entity: Entity, name: str) -> None:
        originals = entity._ftrack_state.originals
        if isinstance(value := entity.__dict__.get(name), Tracked):
            # Its edits are differences, which are made again on top of the new content.
            value._is_stale = True
        elif originals is not None and name in originals:
            self._superseded.setdefault(entity, {})[name] = originals[name]
        elif name not in entity.__schema__.primary_key:
            entity.__dict__.pop(name, None)
