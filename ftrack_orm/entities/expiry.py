"""State: the log of changes that the server reported, and the expiry of the attributes they name. Sets no value.

An expired scalar or reference is removed from the entity's `__dict__`, so that the next read loads it. A collection or
mapping stays there, since user code may hold it: it becomes stale and is loaded again when it is next looked at. An
edited attribute keeps the user's value. That the server does not have the value it replaced any more is remembered,
for rolling back and for setting the attribute back.
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES, CUSTOM_CONFIGURATION_BASE, PARENT_ID, PROJECT
from ftrack_orm.values import NOT_LOADED, ChangeNotice, Member

from .entity import Entity, server_value
from .lifecycle import Lifecycle
from .tracked import Tracked

if TYPE_CHECKING:
    from .identity_map import Family
    from .workspace import Workspace

#: Notices kept for responses that are still on their way. A response older than all of them expires everything.
_NOTICES_KEPT = 10_000

#: Entities expired per acquisition of the lock when all are, so that other threads get it in between.
_ENTITIES_PER_LOCK = 250

#: Stands for all attributes of an entity.
_ALL = "*"

#: A change that is not known in detail.
_EVERYTHING: Final = ChangeNotice(family=None, key=(), names=None)

#: Called with an entity, one of its collections and an entity that may have joined or left it: whether it shows that.
IsCurrent = Callable[[Entity, str, Member], bool]

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
    - `_noting`: the attributes that are being loaded, each with the values that expired as soon as they were merged.
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
        self._noting: list[tuple[int, Entity, str, list[Any]]] = []

    def apply(self, notices: Sequence[ChangeNotice], is_current: IsCurrent | None = None) -> None:
        """Expire the attributes that *notices* name and mark deleted entities as deleted. Makes no request.

        Collections for which *is_current* is true of all entities that may have joined or left them are left as they
        are. The caller does not hold the lock: notices about all entities of a family take it for one part of them at
        a time.
        """
        with self._workspace.lock:
            self.apply_to_named(notices, is_current)
        self.expire_families(notices)

    def apply_to_named(self, notices: Iterable[ChangeNotice], is_current: IsCurrent | None = None) -> None:
        """Apply the notices that name an entity, and log all of them. The caller holds the lock.

        It calls `expire_families` with the same notices once it has released the lock.
        """
        for notice in notices:
            revision = self._append(notice)
            self._expire_configured(notice)
            if notice.key:
                self._apply(notice, revision, is_current)
            else:
                for name in notice.names or ():
                    self._expired_everywhere_at[name] = revision
                for name in notice.derived:
                    self._expired_everywhere_at[name] = revision

    def expire_families(self, notices: Iterable[ChangeNotice], is_current: IsCurrent | None = None) -> None:
        """Expire the attributes that *notices* name on all entities of a family.

        Only entities that have such a value loaded are visited, unless the attribute is not indexed. Collections that
        have lost a member stay as they are if *is_current* is true of it.
        """
        for notice in notices:
            if not notice.key:
                families = self._workspace.identities.families() if notice.family is None else [notice.family]
                for family in families:
                    self._expire_family(family, notice, is_current)

    def expire_all(self) -> None:
        """Expire every attribute of every entity, after a change that is not known in detail. Makes no request."""
        with self._workspace.lock:
            revision = self._append(_EVERYTHING)
            self._workspace.configurations.expire_configurations()
            self._expired_everywhere_at[_ALL] = revision
        entities = iter(list(self._workspace.identities))
        while part := list(islice(entities, _ENTITIES_PER_LOCK)):
            _let_others_run()
            with self._workspace.lock:
                for entity in part:
                    self._expire_named(entity, _EVERYTHING)

    def reapply_since(self, revision: int, merged: Sequence[Entity]) -> None:
        """Apply the notices after *revision* again to the entities *merged* from a response that may predate them.

        *revision* is `Workspace.revision` at the time the request was sent. The caller holds the lock.
        """
        if revision >= self._latest:
            return
        for noted_from, entity, name, values in self._noting:
            if revision >= noted_from and name in entity.__dict__ and entity in merged:
                values.append(entity.__dict__[name])
        if revision < self._dropped:
            for entity in merged:
                self._expire_named(entity, _EVERYTHING)
            return
        names_by_family: dict[str | None, set[str]] = {}
        for noticed_at, notice in reversed(self._recent):
            if noticed_at <= revision:
                break
            if notice.key:
                self._apply(notice, noticed_at)
            elif notice.names is None:
                names_by_family.setdefault(notice.family, set()).add(_ALL)
            else:
                names_by_family.setdefault(notice.family, set()).update(notice.names | notice.derived)
        if names_by_family:
            for entity in merged:
                for family in (None, entity.__schema__.family):
                    for name in names_by_family.get(family, ()):
                        if name == _ALL:
                            self._expire_named(entity, _EVERYTHING)
                        elif name in entity.__dict__:
                            self._expire(entity, name)

    @contextmanager
    def noting_values(self, entity: Entity, name: str, values: list[Any]) -> Iterator[None]:
        """Append to *values* those of an attribute that responses bring while the block runs, and that expire at once.

        They expire because of notices that came after their request was sent. Responses to requests that were sent
        before the block are left out: their values may be older.
        """
        noted = self._workspace.revision, entity, name, values
        with self._workspace.lock:
            self._noting.append(noted)
        try:
            yield
        finally:
            with self._workspace.lock:
                self._noting = [each for each in self._noting if each is not noted]

    def expired_since(self, entity: Entity, name: str, revision: int) -> bool:
        """Whether an attribute expired after a request that was sent at *revision*."""
        return entity._ftrack_state.written_at > revision or self.was_noticed_since(entity, name, revision)

    def was_noticed_since(self, entity: Entity, name: str, revision: int) -> bool:
        """Whether a notice after *revision* named an attribute, which may be a commit of this session that wrote it."""
        if revision >= self._latest:
            return False
        with self._workspace.lock:
            each = (self._expired_at.get(entity, {}), self._expired_everywhere_at)
            return max(max(expired.get(name, 0), expired.get(_ALL, 0)) for expired in each) > revision

    def was_expired(self, entity: Entity, name: str) -> bool:
        """Whether an attribute has ever expired, which may be the reason why it is not loaded."""
        with self._workspace.lock:
            each = (self._expired_at.get(entity, {}), self._expired_everywhere_at)
            return any(name in expired or _ALL in expired for expired in each)

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

    def _expire_configured(self, notice: ChangeNotice) -> None:
        """Have the data of custom attributes read again that the change of an entity affects."""
        if notice.family == CUSTOM_CONFIGURATION_BASE and notice.key:
            self._workspace.configurations.expire_configurations()
        elif notice.names is None or CUSTOM_ATTRIBUTES in notice.names or CUSTOM_ATTRIBUTES in notice.derived:
            # Entities anywhere below may inherit the value.
            self._workspace.configurations.expire_values()

    def _apply(self, notice: ChangeNotice, revision: int, is_current: IsCurrent | None = None) -> None:
        for entity in self._entities_of(notice):
            if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
                continue
            if notice.is_deleted and self._may_go(entity):
                self.mark_deleted(entity)
                continue
            # A deletion names those values only that the entity had. With unsaved edits it stays, without any of them.
            expired = _EVERYTHING if notice.is_deleted else notice
            expired_at = self._expired_at.setdefault(entity, {})
            for name in (_ALL,) if expired.names is None else (*expired.names, *expired.derived):
                expired_at[name] = revision
            self._expire_named(entity, expired, is_current)

    def mark_deleted(self, entity: Entity) -> None:
        """Mark an entity as deleted that the server does not have any more. The caller holds the lock."""
        self._workspace.mark_deleted(entity)
        self._deleted[entity.__schema__.family, entity._ftrack_state.key] = entity

    def mark_gone(self, entities: Iterable[Entity]) -> None:
        """Mark entities as deleted that are known to be gone; of those with unsaved edits, expire the other values.

        After a rollback these are asked for again, and then marked as deleted.
        """
        with self._workspace.lock:
            for entity in entities:
                if self._may_go(entity):
                    self.mark_deleted(entity)
                else:
                    self._expire_named(entity, _EVERYTHING)

    def _may_go(self, entity: Entity) -> bool:
        # Edits of an entity that another user deleted stay recorded, so that the commit reports the conflict.
        return not self._workspace.is_edited(entity) or self._workspace.is_being_deleted(entity)

    def _entities_of(self, notice: ChangeNotice) -> Iterator[Entity]:
        identities = self._workspace.identities
        for family in identities.families() if notice.family is None else (notice.family,):
            entity = identities.get(family, notice.key)
            if entity is not None:
                yield entity

    def _expire_named(self, entity: Entity, notice: ChangeNotice, is_current: IsCurrent | None = None) -> None:
        if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
            return
        if notice.names is None:
            names: Iterable[str] = [*entity.__dict__, *(entity._ftrack_state.originals or ())]
        else:
            names = [*notice.names, *notice.derived]
        for name in names:
            if (
                is_current is not None
                and name in entity.__dict__
                and name in notice.members
                and all(is_current(entity, name, member) for member in notice.members[name])
            ):
                continue
            self._expire(entity, name)
        mapping = entity.__dict__.get(CUSTOM_ATTRIBUTES)
        if notice.entries and isinstance(mapping, Tracked) and mapping._has_any_key(notice.entries):
            self._expired_at.setdefault(entity, {})[CUSTOM_ATTRIBUTES] = self._latest
            self._expire(entity, CUSTOM_ATTRIBUTES)

    # -- all entities of a family --------------------------------------------------------------------------------------

    def _expire_family(self, name: str, notice: ChangeNotice, is_current: IsCurrent | None = None) -> None:
        family = self._workspace.identities.family(name)
        if not len(family):
            return
        concerns = _NoticeFilter(self._workspace, notice)
        left = _MembersLeft(self._workspace, notice, is_current) if notice.has_left else None
        names = (*(notice.names or ()), *notice.derived)
        for attribute in names:
            if attribute in family.holders:
                self._expire_holders(family, attribute, concerns)
        others = [each for each in names if each not in family.holders]
        if others or notice.names is None:
            entities = iter(family)
            while part := list(islice(entities, _ENTITIES_PER_LOCK)):
                _let_others_run()
                with self._workspace.lock:
                    for entity in part:
                        self._expire_others(entity, others, notice, concerns, left)

    def _expire_others(
        self,
        entity: Entity,
        names: Sequence[str],
        notice: ChangeNotice,
        concerns: Callable[[Entity], bool],
        left: _MembersLeft | None,
    ) -> None:
        if notice.names is None:
            self._expire_named(entity, notice)
        elif any(name in entity.__dict__ for name in names) and concerns(entity):
            for name in names:
                if name in entity.__dict__ and (left is None or left.concerns(entity, name)):
                    self._expire(entity, name)

    def _expire_holders(self, family: Family[Entity], attribute: str, concerns: Callable[[Entity], bool]) -> None:
        """Expire one attribute on the entities that have it loaded; those that keep a value stay in the index."""
        with self._workspace.lock:
            remaining = list(family.holders[attribute])
        while remaining:
            _let_others_run()
            with self._workspace.lock:
                part, remaining = remaining[-_ENTITIES_PER_LOCK:], remaining[:-_ENTITIES_PER_LOCK]
                holders = family.holders[attribute]
                for key in part:
                    entity = family.get(key)
                    if entity is not None and attribute in entity.__dict__ and concerns(entity):
                        self._expire(entity, attribute)
                    if entity is None or attribute not in entity.__dict__:
                        holders.pop(key, None)

    def _expire(self, entity: Entity, name: str) -> None:
        originals = entity._ftrack_state.originals
        if isinstance(value := entity.__dict__.get(name), Tracked):
            # Its edits are differences, which are made again on top of the new content.
            value._is_stale = True
        elif originals is not None and name in originals:
            self._superseded.setdefault(entity, {})[name] = originals[name]
        elif name not in entity.__schema__.primary_key:
            entity.__dict__.pop(name, None)


def _let_others_run() -> None:
    """Let a thread that waits for the lock have it, which the thread that releases it would take again at once."""
    time.sleep(1e-6)


class _MembersLeft:
    """The members that have left a collection of an owner that a notice does not name."""

    def __init__(self, workspace: Workspace, notice: ChangeNotice, is_current: IsCurrent | None) -> None:
        self._is_current = is_current
        # Of views, each is an entity of its own with the same key. A collection holds its members strongly, so that
        # none contains an entity that the session does not have.
        families = workspace.identities.families()
        self._members: dict[str, dict[Entity, Member]] = {
            name: {
                entity: (family, key)
                for _, key in members
                for family in families
                if (entity := workspace.identities.get(family, key)) is not None
            }
            for name, members in notice.members.items()
        }

    def concerns(self, entity: Entity, name: str) -> bool:
        """Whether a loaded collection of *entity* may still show one of the members, or have it in its base."""
        content = entity.__dict__[name]
        if name not in self._members or not isinstance(content, Tracked):
            return True
        is_current, members = self._is_current, self._members[name]
        return not content._is_stale and any(
            is_current is None or not is_current(entity, name, members[each])
            for each in content._contained(members.keys())
        )


class _NoticeFilter:
    """Whether a notice about the entities of a family is about one of them, as far as loaded values show."""

    def __init__(self, workspace: Workspace, notice: ChangeNotice) -> None:
        self._identities = workspace.identities
        self._below = notice.below
        self._holding = notice.holding
        #: By id, whether an entity may be inside the one that the notice names.
        self._is_inside: dict[str, bool] = {}

    def __call__(self, entity: Entity) -> bool:
        if self._holding is not None:
            name, ids = self._holding
            value = server_value(entity, name)
            return value is NOT_LOADED or value in ids
        return not self._below or self._may_be_inside(entity)

    def _may_be_inside(self, entity: Entity | None) -> bool:
        """Follow the parents upwards. Where one of them is not known, the entity may be inside."""
        path: list[str] = []
        found: bool | None = None
        while found is None:
            if entity is None:
                found = True
                break
            id_ = entity._ftrack_state.key[0]
            found = True if id_ in self._below else self._is_inside.get(id_)
            if found is not None:
                break
            path.append(id_)
            parent_id = server_value(entity, PARENT_ID)
            if parent_id is None or entity.__entity_type__ == PROJECT:
                found = False
            elif parent_id is NOT_LOADED:
                found = True
            else:
                entity = self._identities.family(entity.__schema__.family).get(parent_id)
                found = True if parent_id in self._below else None
        self._is_inside.update(dict.fromkeys(path, found))
        return found
