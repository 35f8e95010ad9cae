"""State: recorded changes as a value that can be saved to a file, and loaded from it in another session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import Entity, plain_key
from ftrack_orm.entities.inspection import Change, inspect
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.errors import EntityDeleted, FtrackError, InvalidValue
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.codec import ENTITY_TYPE, decode, encode

from .changes_file import read_changes, write_changes

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.workspace import Workspace

    from .unit_of_work import UnitOfWork


class SessionChanges(Mapping[Entity, Mapping[str, Change]]):
    """The recorded changes of a session at one moment: new and modified entities with their changed attributes.

    *created* and *deleted* are the entities that the next commit would have created and deleted. Deleted entities are
    not among the keys.
    """

    def __init__(self, workspace: Workspace) -> None:
        with workspace.lock:
            journal = workspace.journal
            self.deleted = tuple(journal.deleted)
            self.created = tuple(entity for entity in journal.created if entity not in journal.deleted)
            self._changes = {
                entity: inspect(entity).changes
                for entity in (*journal.created, *journal.modified)
                if entity not in journal.deleted
            }

    def __getitem__(self, entity: Entity) -> Mapping[str, Change]:
        return self._changes[entity]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def __bool__(self) -> bool:
        return bool(self._changes or self.deleted)

    def __repr__(self) -> str:
        modified = len(self) - len(self.created)
        return f"<SessionChanges: {len(self.created)} created, {modified} modified, {len(self.deleted)} deleted>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the changes to a JSON file, which `session.load_changes` of another process can record again.

        The file is written atomically. Raises `StorageError` when it cannot be written.
        """
        created = set(self.created)
        content = {
            "created": [
                {**_json_reference(entity), "values": {name: _to_json(each.new) for name, each in self._own(entity)}}
                for entity in self.created
            ],
            "updated": [
                {**_json_reference(entity), "changes": {name: _both(each) for name, each in self._own(entity)}}
                for entity in self
                if entity not in created
            ],
            "deleted": [_json_reference(entity) for entity in self.deleted],
        }
        write_changes(FilePath(path), content)

    def _own(self, entity: Entity) -> Iterator[tuple[str, Change]]:
        """Yield the changes of an entity except for references that are determined by their keys."""
        for name, change in self._changes[entity].items():
            if name not in entity.__schema__.reference_keys:
                yield name, change


def load_changes(path: str | os.PathLike[str], workspace: Workspace, work: UnitOfWork) -> SessionChanges:
    """Record the changes in a file, to be committed by this session, and return all changes recorded then.

    The entities to update are read from the server, in one request for each type, so that values that it has already
    are not sent again; there are no other requests. A commit with `on_conflict="raise"` compares the present values
    with those in the file from before the changes, and so detects changes by others since the file was saved. New
    entities keep their ids, so that committing a file twice is refused by the server and creates nothing twice.

    Raises `StorageError` for a file that cannot be read, `InvalidValue` for a file with other content,
    `UnknownEntityType` and `UnknownAttribute` for names that this server's schema does not have, and `EntityDeleted`
    when an entity to update no longer exists. All of this is checked before anything is recorded.
    """
    saved = _parse(FilePath(path), read_changes(FilePath(path)), workspace.schema)
    updated = _read_updated(workspace, saved.updated)
    created = [
        work.create(kind.name, {n: v for n, v in values.items() if kind.attribute(n).kind is Kind.SCALAR})
        for kind, values in saved.created
    ]
    # References are set in a second step, in which the entities they refer to exist.
    for entity, (_, values) in zip(created, saved.created, strict=True):
        for name, value in values.items():
            if entity.__schema__.attribute(name).kind is not Kind.SCALAR:
                _set(workspace, entity, name, NOT_LOADED, value)
    for entity, (_, _, changes) in zip(updated, saved.updated, strict=True):
        for name, change in changes.items():
            old = decode(change.get("old", NOT_LOADED))
            _set(workspace, entity, name, old, decode(change["new"]))
            _keep_base(workspace, entity, name, old)
    for entity in Merger(workspace).rows(saved.deleted):
        work.delete(entity)
    return SessionChanges(workspace)


@attrs.frozen
class _SavedChanges:
    """The content of a file: entity types with values, types with keys and changes, and references to delete."""

    created: Sequence[tuple[EntityType, Mapping[str, Any]]]
    updated: Sequence[tuple[EntityType, tuple[str, ...], Mapping[str, Any]]]
    deleted: Sequence[dict[str, Any]]


def _parse(path: FilePath, document: Mapping[str, Any], schema: Schema) -> _SavedChanges:
    """Return the content of a document after checking its form and all names in it."""
    try:
        saved = _SavedChanges(
            [(schema.type(each[ENTITY_TYPE]), decode(each["values"])) for each in document["created"]],
            [
                (kind, plain_key(kind, each), each["changes"])
                for each in document["updated"]
                for kind in [schema.type(each[ENTITY_TYPE])]
            ],
            document["deleted"],
        )
        for each in saved.deleted:
            plain_key(schema.type(each[ENTITY_TYPE]), each)
        for kind, values in [*saved.created, *((kind, changes) for kind, _, changes in saved.updated)]:
            for name in values:
                kind.attribute(name)
        for _, _, changes in saved.updated:
            for change in changes.values():
                decode(change["new"])
    except FtrackError:
        raise
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(f"{path} does not hold changes as this version writes them ({error!r}).") from None
    return saved


def _set(workspace: Workspace, entity: Entity, name: str, old: Any, new: Any) -> None:
    """Make one change again; in a mapping only the changed keys, so that the keys of others stay."""
    kind = entity.__schema__.attribute(name).kind
    if kind is Kind.MAPPING:
        before = old if isinstance(old, Mapping) else {}
        mapping = entity[name]
        for key in [key for key in before if key not in new and key in mapping]:
            del mapping[key]
        mapping.update({key: value for key, value in new.items() if key not in before or before[key] != value})
    elif kind is Kind.COLLECTION:
        members = Merger(workspace).rows(new)
        if old is NOT_LOADED:
            entity[name] = members
            return
        collection = entity[name]
        collection.extend(members)
        # Merging consumes rows, and the old ones are compared with later.
        for member in Merger(workspace).rows([dict(each) for each in old]):
            if member not in members and member in collection:
                collection.remove(member)
    elif kind is Kind.REFERENCE:
        entity[name] = None if new is None else Merger(workspace).rows([new])[0]
    else:
        entity[name] = new


def _keep_base(workspace: Workspace, entity: Entity, name: str, old: Any) -> None:
    """Keep the value from before a change in the journal's bases, if it is known and the change has an effect."""
    if old is NOT_LOADED or name not in workspace.journal.edits.get(entity, {}):
        return
    kind = entity.__schema__.attribute(name).kind
    if kind is Kind.MAPPING:
        value_name = str(entity.__schema__.attribute(name).value_name)
        base = {
            (entry.holder.entity_type, tuple(value for _, value in entry.holder.key)): {value_name: old.get(key)}
            for key, entry in entity[name]._content().items()
            if entry.holder is not None
        }
    else:
        value = _as_sent(workspace, old) if kind is not Kind.SCALAR else old
        base = {(entity.__entity_type__, entity._ftrack_state.key): {name: value}}
    with workspace.lock:
        workspace.journal.bases.setdefault(entity, {})[name] = base


def _as_sent(workspace: Workspace, value: Any) -> Any:
    """Return an entity of the file, or a list of them, in the form in which references are sent."""
    if isinstance(value, Mapping):
        kind = workspace.schema.type(value[ENTITY_TYPE])
        return Reference(kind.name, tuple(zip(kind.primary_key, plain_key(kind, value), strict=True)))
    return [_as_sent(workspace, item) for item in value] if isinstance(value, list) else value


def _read_updated(
    workspace: Workspace, updated: Sequence[tuple[EntityType, tuple[str, ...], Mapping[str, Any]]]
) -> list[Entity]:
    """Return the entities to update, with the changed attributes loaded."""
    keys: dict[str, list[tuple[str, ...]]] = {}
    paths: dict[str, dict[Path, None]] = {}
    for kind, key, changes in updated:
        keys.setdefault(kind.name, []).append(key)
        paths_of_kind = paths.setdefault(kind.name, {Path.of(name): None for name in kind.primary_key})
        paths_of_kind.update(dict.fromkeys(path for name in changes for path in _paths(workspace, kind, name)))
    entities = {
        (name, entity._ftrack_state.key): entity
        for name in keys
        for entity in workspace.loader.fetch(name, keys[name], tuple(paths[name]))
    }
    deleted = [f"{kind.name} {'/'.join(key)}" for kind, key, _ in updated if (kind.name, key) not in entities]
    if deleted:
        raise EntityDeleted(f"The file changes {', '.join(deleted[:5])}, which the server does not have any more.")
    return [entities[kind.name, key] for kind, key, _ in updated]


def _paths(workspace: Workspace, kind: EntityType, name: str) -> Iterable[Path]:
    attribute = kind.attribute(name)
    if attribute.kind is Kind.SCALAR:
        return [Path.of(name)]
    if attribute.kind is Kind.MAPPING:
        return [Path.of(name, str(attribute.key_name)), Path.of(name, str(attribute.value_name))]
    return [Path.of(name, part) for part in workspace.schema.type(str(attribute.target)).primary_key]


def _json_reference(entity: Entity) -> dict[str, Any]:
    reference: dict[str, Any] = encode(entity.__reference__())
    return reference


def _both(change: Change) -> dict[str, Any]:
    new = {"new": _to_json(change.new)}
    return new if change.old is NOT_LOADED else {"old": _to_json(change.old), **new}


def _to_json(value: Any) -> Any:
    """Return a value in the form of ftrack's own JSON, entities as references."""
    if isinstance(value, Entity):
        return _json_reference(value)
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    return encode(value)
