"""State: expiring the values that an own commit has changed on the server besides those that it has sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.cascading import change_of_deleted, follow_deletions
from ftrack_orm.entities.containment import above
from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.entity import Entity, plain_key, server_value
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.derived_attributes import Action
from ftrack_orm.schema.entity_changes import EntityChange
from ftrack_orm.schema.facts import CONTEXT, LINK_TYPES, PARENT_ID
from ftrack_orm.schema.relations import Inverse
from ftrack_orm.values import NOT_LOADED, ChangeNotice, Member, Reference
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, UpdateOperation

if TYPE_CHECKING:
    from ftrack_orm.entities.identity_map import EntityRef, MapKey
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType
    from ftrack_orm.schema.type_rules import TypeRules

    from .planning import ValuesByTarget

_Key = tuple[str, ...]


class CommitExpiry:
    """Expires the values that the operations of one request affect. It is made before the commit is accepted.

    The values that the operations set are current. *replaced* are the values that updates replace, as far as they are
    known.
    """

    def __init__(self, workspace: Workspace, operations: Sequence[Operation], replaced: ValuesByTarget) -> None:
        self._workspace = workspace
        self._operations = operations
        self._replaced = replaced
        self._shown: _Shown | None = None
        self._deleted: list[Entity] = []
        self._has_deletions = False
        self._changes: list[EntityChange] = []
        #: The creations of entities of one type with the same keys: the change of the first, the keys of the others.
        self._created: dict[tuple[Any, ...], tuple[EntityChange, list[_Key]]] = {}
        # The keys of deleted entities, before their edits are dropped.
        for operation in operations:
            if isinstance(operation, DeleteOperation):
                self._has_deletions = True
                self._changes.append(self._deletion(operation))

    def apply(self) -> list[ChangeNotice]:
        """Expire values of entities that are affected themselves; the caller holds the lock and has merged the reply.

        It passes the returned notices to `finish` after it has released the lock.
        """
        rules, identities = self._workspace.invalidation, self._workspace.identities
        previous: tuple[str, list[str]] | None = None
        created = ""
        for operation in self._operations:
            if type(operation) is UpdateOperation:
                # Most updates of a large commit set the same attributes.
                if (current := (operation.entity_type, [*operation.data])) != previous:
                    previous = current
                    family, local = rules.local_effect(operation.entity_type, tuple(operation.data))
                    refs = identities.family(family).refs
                if local is None:
                    self._changes.append(self._update(operation))
                elif local and operation.key[0] in refs:
                    entity = refs[operation.key[0]]()
                    if entity is not None:
                        for name in local:
                            if name in entity.__dict__:
                                _expire_own(entity, name)
            elif type(operation) is CreateOperation:
                if operation.entity_type != created:
                    created = operation.entity_type
                    type_rules, own_effect = rules.rules_of(created), rules.own_effect(created, None)
                    created_refs = identities.family(type_rules.family).refs
                self._add_creation(operation, type_rules, own_effect, created_refs)
        self._changes += [attrs.evolve(first, alike=tuple(keys)) for first, keys in self._created.values()]
        if not self._changes:
            return []
        notices = rules.notices(self._changes)
        self._shown = _Shown(self._workspace, self._operations)
        self._workspace.expiry.apply_to_named(notices, self._shown)
        return notices

    def finish(self, notices: Sequence[ChangeNotice]) -> None:
        """Expire values of all entities of a family, and follow deletions. The caller does not hold the lock."""
        self._workspace.expiry.expire_families(notices, self._shown)
        if self._has_deletions:
            follow_deletions(self._workspace, notices, self._deleted)

    # -- changes -------------------------------------------------------------------------------------------------------

    def _deletion(self, operation: DeleteOperation) -> EntityChange:
        entity = self._workspace.lookup(operation.entity_type, operation.key)
        if entity is None:
            return self._change(operation.entity_type, operation.key, Action.DELETED, frozenset(), {}, frozenset())
        self._deleted.append(entity)
        return change_of_deleted(entity)

    def _add_creation(
        self,
        operation: CreateOperation,
        rules: TypeRules,
        own_effect: frozenset[str],
        refs: Mapping[MapKey, EntityRef[Entity]],
    ) -> None:
        data = operation.data
        key = tuple([str(data[name]) for name in rules.entity_type.primary_key])
        map_key = key if key[1:] else key[0]
        entity = refs[map_key]() if map_key in refs else None
        loaded = entity.__dict__ if entity is not None else data
        ids: dict[str, tuple[str, ...]] = {}
        for name in rules.keys:
            # The server leaves out what is null, and sends its defaults.
            value = data[name] if name in data else loaded[name] if name in loaded else None  # noqa: SIM401 - calls nothing
            ids[name] = (value,) if type(value) is str else ()
        members = {name: _ids(value) for name, value in data.items() if type(value) in (list, tuple)}
        for name in own_effect:
            if entity is not None and name in loaded:
                _expire_own(entity, name)
        group = (operation.entity_type, *ids.values()) if not members and len(key) == 1 else (key,)
        if group in self._created:
            self._created[group][1].append(key)
        else:
            change = self._change(operation.entity_type, key, Action.CREATED, frozenset(), ids, frozenset(), members)
            self._created[group] = change, []

    def _update(self, operation: UpdateOperation) -> EntityChange:
        workspace, names = self._workspace, set(operation.data)
        rules = workspace.invalidation.rules_of(operation.entity_type)
        replaced = self._replaced.get((operation.entity_type, operation.key), {})
        entity = workspace.lookup(operation.entity_type, operation.key)
        ids: dict[str, tuple[str, ...]] = {}
        unknown: set[str] = set()
        for name in rules.keys:
            if name in operation.data:
                before = replaced.get(name, NOT_LOADED)
                ids[name] = tuple(dict.fromkeys(id_ for id_ in (operation.data[name], before) if isinstance(id_, str)))
                if before is NOT_LOADED:
                    unknown.add(name)
            elif entity is not None and (value := server_value(entity, name)) is not NOT_LOADED:
                ids[name] = (value,) if isinstance(value, str) else ()
        members = {
            name: _difference(value, replaced.get(name, NOT_LOADED))
            for name, value in operation.data.items()
            if isinstance(value, (list, tuple)) and rules.entity_type.attributes[name].is_relation
        }
        if entity is not None:
            for name in workspace.invalidation.own_effect(operation.entity_type, frozenset(names)):
                if name in entity.__dict__:
                    _expire_own(entity, name)
        if PARENT_ID in names and rules.entity_type.family == CONTEXT and self._may_leave_project(ids, unknown):
            names.add("project_id")
        return self._change(
            operation.entity_type, operation.key, Action.UPDATED, frozenset(names), ids, frozenset(unknown), members
        )

    def _may_leave_project(self, ids: Mapping[str, Iterable[str]], unknown: set[str]) -> bool:
        """Whether a context has moved to another project, as far as its former and its new parent show."""
        projects: set[Any] = set()
        for id_ in ids[PARENT_ID]:
            parent = self._workspace.identities.family(CONTEXT).get(id_)
            value = NOT_LOADED if parent is None else server_value(parent, "project_id")
            projects.add(id_ if parent is not None and parent.__entity_type__ == "Project" else value)
        return PARENT_ID in unknown or NOT_LOADED in projects or len(projects) > 1

    def _change(
        self,
        entity_type: str,
        key: _Key,
        action: Action,
        names: frozenset[str],
        ids: Mapping[str, tuple[str, ...]],
        unknown: frozenset[str],
        members: Mapping[str, frozenset[str] | None] | None = None,
    ) -> EntityChange:
        described = self._workspace.schema.type(entity_type)
        containing, is_complete = above(self._workspace, described, key, ids)
        return EntityChange(
            entity_type=entity_type,
            key=key,
            action=action,
            names=names,
            ids=ids,
            unknown=unknown,
            members=members or {},
            is_own=action is not Action.DELETED,
            above=containing,
            is_above_complete=is_complete and unknown.isdisjoint(("context_id", PARENT_ID)),
        )


class _Shown:
    """Whether a collection or mapping shows already that an entity has joined or left it."""

    def __init__(self, workspace: Workspace, operations: Sequence[Operation]) -> None:
        self._workspace = workspace
        self._rows: dict[_Key, Mapping[str, Any] | None] = {}
        self._links: set[frozenset[str]] = set()
        #: Whether link rows were changed, which is not followed any further.
        self._has_changed_links = False
        schema = workspace.schema
        for operation in operations:
            if isinstance(operation, DeleteOperation):
                self._rows[operation.key] = None
            elif isinstance(operation, (CreateOperation, UpdateOperation)):
                entity_type = schema.type(operation.entity_type)
                self._rows[_key_of(entity_type, operation)] = operation.data
                if operation.entity_type in LINK_TYPES:
                    self._links.add(frozenset(value for name, value in operation.data.items() if name.endswith("_id")))
                    self._has_changed_links |= isinstance(operation, UpdateOperation)

    def __call__(self, owner: Entity, name: str, member: Member) -> bool:
        attribute = owner.__schema__.attributes.get(name)
        content = owner.__dict__.get(name)
        if attribute is None or not isinstance(content, Tracked) or content._is_stale:
            return False
        if attribute.kind is Kind.MAPPING:
            return self._shows_entry(content, str(attribute.value_name), member)
        stored = self._workspace.schema.membership(owner.__entity_type__, name)
        entity = self._workspace.identities.get(*member) if member[0] else None
        owner_id = owner._ftrack_state.key[0]
        if not isinstance(content, Collection):
            return False
        if isinstance(stored, Inverse):
            if entity is None:
                # Collections drop deleted entities by themselves.
                return self._rows.get(member[1], ()) is None
            is_member = entity.__dict__.get(stored.attribute) == owner_id and all(
                entity.__dict__.get(only) == value for only, value in stored.only
            )
            if is_member is not (entity in content._content()):
                return False
            content._note_stored(entity, is_member=is_member)
            return True
        is_linked = frozenset((owner_id, *member[1])) in self._links
        shown = next((item for item in content._content() if item._ftrack_state.key == member[1]), None)
        if self._has_changed_links or is_linked is not (shown is not None):
            return False
        if shown is not None:
            content._note_stored(shown, is_member=True)
        return True

    def _shows_entry(self, content: Any, value_name: str, member: Member) -> bool:
        data = self._rows.get(member[1], {})
        entries = [entry for entry in content._entries.values() if entry.holder and _values(entry.holder) == member[1]]
        if data is None:
            return not entries
        return bool(entries) and value_name in data and entries[0].value == data[value_name]


def _expire_own(entity: Entity, name: str) -> None:
    value = entity.__dict__[name]
    if isinstance(value, Tracked):
        value._is_stale = True
    elif name not in (entity._ftrack_state.originals or ()):
        del entity.__dict__[name]


def _key_of(entity_type: EntityType, operation: CreateOperation | UpdateOperation) -> _Key:
    return operation.key if isinstance(operation, UpdateOperation) else plain_key(entity_type, operation.data)


def _values(reference: Reference) -> _Key:
    return tuple(value for _, value in reference.key)


def _ids(value: Iterable[Any]) -> frozenset[str]:
    return frozenset(
        each.id if isinstance(each, Reference) else str(each.get("id", "")) if isinstance(each, Mapping) else str(each)
        for each in value
    )


def _difference(now: Iterable[Any], before: Any) -> frozenset[str] | None:
    """Return the ids of the members that were added or removed, None if the former members are not known."""
    return None if before is NOT_LOADED else _ids(now) ^ _ids(before or ())
