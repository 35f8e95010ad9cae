"""State: known entities that a deletion has taken along, or whose keys it has set to null. Makes no request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.schema.cascades import DependentFamily, Effect, dependents
from ftrack_orm.schema.derived_attributes import Action
from ftrack_orm.schema.entity_changes import EntityChange
from ftrack_orm.schema.facts import CONTEXT, LEAF_TYPES, LINK, PARENT_ID, PROJECT
from ftrack_orm.schema.foreign_keys import is_key
from ftrack_orm.values import NOT_LOADED, ChangeNotice

from .containment import above
from .entity import Entity, server_value
from .lifecycle import Lifecycle
from .tracked import Tracked

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .workspace import Workspace


@attrs.frozen
class _Deleted:
    """A deleted entity, which the session may not have; its project, `NOT_LOADED` where that is not known."""

    family: str
    id: str
    entity_type: str
    project_id: Any = NOT_LOADED

    @classmethod
    def of(cls, entity: Entity) -> _Deleted:
        id_ = entity._ftrack_state.key[0]
        project_id = id_ if entity.__entity_type__ == PROJECT else server_value(entity, "project_id")
        return cls(entity.__schema__.family, id_, entity.__entity_type__, project_id)


class _Holders:
    """The known entities that have a key: by the id in it, and those whose key is not loaded by their project."""

    def __init__(self) -> None:
        self._by_id: dict[Any, list[Entity]] = {}
        self._unknown: dict[Any, list[Entity]] = {}

    def add(self, entity: Entity, key: str) -> None:
        """Add an entity. What contains a context is known by its `link` as well as by its key."""
        id_ = _id_in(entity, key)
        is_parent = _is_parent_key(entity.__schema__.family, key)
        link = entity.__dict__.get(LINK) if id_ is NOT_LOADED and is_parent else None
        if isinstance(link, Sequence) and not isinstance(link, str):
            for step in link[:-1]:
                self._by_id.setdefault(step.get("id"), []).append(entity)
        elif id_ is NOT_LOADED:
            self._unknown.setdefault(server_value(entity, "project_id"), []).append(entity)
        else:
            self._by_id.setdefault(id_, []).append(entity)

    def with_id(self, id_: str) -> Sequence[Entity]:
        """Return the entities whose key is known to have an id."""
        return self._by_id.get(id_, ())

    def pop_unknown(self, project_id: Any) -> list[Entity]:
        """Remove and return the entities whose key is not loaded and that may be in a project, if that is known."""
        projects = list(self._unknown) if project_id is NOT_LOADED else [project_id, NOT_LOADED]
        return [entity for project in projects for entity in self._unknown.pop(project, ())]


def apply_with_cascades(workspace: Workspace, notices: Sequence[ChangeNotice]) -> None:
    """Apply notices, and those of the entities that deletions among them have taken along. Makes no request.

    The caller does not hold the lock.
    """
    workspace.expiry.apply(notices)
    follow_deletions(workspace, notices)


def follow_deletions(workspace: Workspace, notices: Iterable[ChangeNotice], entities: Iterable[Entity] = ()) -> None:
    """Apply what the deletions among *notices* have taken along; *entities* are the deleted ones that were known.

    Known entities that have certainly gone with them are marked as deleted. Those of which it is not certain are
    expired as a whole, so that the next read finds out, and so are the collections that contain them. The caller does
    not hold the lock. The time grows with the number of entities known in the families that can refer to the deleted
    ones.
    """
    known = {(each.__schema__.family, each._ftrack_state.key): each for each in entities}
    deleted = []
    for notice in notices:
        if notice.is_deleted and notice.family is not None and notice.entity_type is not None and len(notice.key) == 1:
            entity = known.get((notice.family, notice.key))
            if entity is None:
                entity = workspace.expiry.find_deleted(notice.family, notice.key)
            deleted.append(
                _Deleted(notice.family, notice.key[0], notice.entity_type) if entity is None else _Deleted.of(entity)
            )
    if deleted:
        cascade = _Cascade(workspace)
        cascade.run(deleted)
        if cascade.changes:
            workspace.expiry.apply(workspace.invalidation.notices(cascade.changes))


class _Cascade:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._schema: Schema = workspace.schema
        self._dependents = dependents(self._schema)
        #: By family and key.
        self._holders: dict[tuple[str, str], _Holders] = {}
        self._uncertain: dict[Entity, None] = {}
        #: Those that are gone. Some are not marked as deleted, because they have unsaved edits.
        self._gone: set[Entity] = set()
        self.changes: list[EntityChange] = []

    def run(self, deleted: Iterable[_Deleted]) -> None:
        """Collect the changes that follow from deletions, and mark entities as deleted."""
        pending = [(each, True) for each in deleted]
        while pending:
            each, is_certain = pending.pop()
            for dependent in self._dependents.get(each.family, ()):
                for entity, is_gone in self._follow(each, dependent, is_certain=is_certain):
                    if len(entity._ftrack_state.key) == 1:
                        pending.append((_Deleted.of(entity), is_gone))
        if self._uncertain:
            self._expire_uncertain()

    def _follow(self, deleted: _Deleted, dependent: DependentFamily, *, is_certain: bool) -> list[tuple[Entity, bool]]:
        """Apply the effect of a deletion on those whose key refers to it.

        Return the entities that are deleted too, or may be, and whether that is certain.
        """
        if deleted.entity_type not in dependent.types:
            return []
        holders = self._holders_of(dependent)
        found: list[tuple[Entity, bool]] = []
        for holder in holders.with_id(deleted.id):
            if holder._ftrack_state.lifecycle is not Lifecycle.PERSISTENT or holder in self._gone:
                continue
            if dependent.effect is Effect.KEY_NULLED:
                self._note_nulled(holder, dependent.key, deleted.id)
            elif dependent.effect is Effect.DELETED and is_certain:
                self._uncertain.pop(holder, None)
                self._gone.add(holder)
                self.changes.append(change_of_deleted(holder))
                self._workspace.expiry.mark_gone([holder])
                found.append((holder, True))
            elif holder not in self._uncertain:
                self._uncertain[holder] = None
                found.append((holder, False))
        is_leaf = deleted.entity_type in LEAF_TYPES and _is_parent_key(dependent.family, dependent.key)
        if dependent.effect is not Effect.KEY_NULLED and not is_leaf:
            for holder in holders.pop_unknown(deleted.project_id):
                if holder not in self._uncertain and holder._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                    self._uncertain[holder] = None
                    found.append((holder, False))
        return found

    def _note_nulled(self, holder: Entity, key: str, deleted_id: str) -> None:
        self.changes.append(
            EntityChange(
                entity_type=holder.__entity_type__,
                key=holder._ftrack_state.key,
                action=Action.UPDATED,
                names=frozenset({key}),
                ids={key: (deleted_id,)},
            )
        )

    def _holders_of(self, dependent: DependentFamily) -> _Holders:
        query = dependent.family, dependent.key
        holders = self._holders.get(query)
        if holders is None:
            holders = self._holders[query] = _Holders()
            for entity in self._workspace.identities.family(dependent.family):
                if dependent.key in entity.__attributes__:
                    holders.add(entity, dependent.key)
        return holders

    def _expire_uncertain(self) -> None:
        """Expire the entities that may be deleted, and the collections that contain one of them."""
        families = {entity.__schema__.family for entity in self._uncertain}
        for entity in self._uncertain:
            self.changes.append(
                EntityChange(
                    entity_type=entity.__entity_type__,
                    key=entity._ftrack_state.key,
                    action=Action.UPDATED,
                    names=None,
                    ids=_ids_of(entity),
                )
            )
        for family in self._workspace.identities.families():
            for owner in self._workspace.identities.family(family):
                for content in _collections(owner, families, self._schema):
                    if not self._uncertain.keys().isdisjoint(content._content()):
                        content._is_stale = True


def change_of_deleted(entity: Entity) -> EntityChange:
    """Return the change that the deletion of a known entity is, with the ids in its loaded keys."""
    ids = _ids_of(entity)
    containing, is_complete = above(entity._ftrack_state.workspace, entity.__schema__, entity._ftrack_state.key, ids)
    return EntityChange(
        entity_type=entity.__entity_type__,
        key=entity._ftrack_state.key,
        action=Action.DELETED,
        ids=ids,
        unknown=frozenset(
            each.name
            for each in entity.__schema__.attributes.values()
            if is_key(entity.__schema__, each) and each.name not in ids
        ),
        above=containing,
        is_above_complete=is_complete,
    )


def _ids_of(entity: Entity) -> dict[str, tuple[str, ...]]:
    """Return the ids in the loaded keys of an entity."""
    ids: dict[str, tuple[str, ...]] = {}
    for attribute in entity.__schema__.attributes.values():
        if is_key(entity.__schema__, attribute):
            value = _id_in(entity, attribute.name)
            if value is not NOT_LOADED:
                ids[attribute.name] = () if value is None else (str(value),)
    return ids


def _id_in(entity: Entity, key: str) -> Any:
    """Return the id in a key of *entity*, from a loaded reference if need be; `NOT_LOADED` if it is not known."""
    schema = entity.__schema__
    if key in schema.primary_key:
        return entity._ftrack_state.key[schema.primary_key.index(key)]
    value = server_value(entity, key)
    if value is NOT_LOADED:
        for reference in schema.keyed_references.get(key, ()):
            related = server_value(entity, reference)
            if related is not NOT_LOADED:
                return related._ftrack_state.key[0] if isinstance(related, Entity) else None
    return value


def _is_parent_key(family: str, key: str) -> bool:
    return family == CONTEXT and key == PARENT_ID


def _collections(owner: Entity, families: set[str], schema: Schema) -> Iterator[Tracked]:
    for name, value in list(owner.__dict__.items()):
        if isinstance(value, Tracked) and not value._is_stale:
            target = schema.types.get(str(owner.__schema__.attributes[name].target))
            if target is not None and target.family in families:
                yield value
