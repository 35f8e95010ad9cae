"""State: recorded changes as a value that can be saved to a file, and loaded from it in another session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity, plain_key
from ftrack_orm.entities.inspection import Change, inspect
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.errors import EntityDeleted, InvalidValue, UsageError
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import NOT_LOADED, Reference, SessionBound
from ftrack_orm.wire.codec import ENTITY_TYPE, encode

from .changes_document import SavedEntities, SavedEntity, located, parse_document
from .changes_file import read_changes, write_changes

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType

    from .unit_of_work import UnitOfWork


class SessionChanges(Mapping[Entity, Mapping[str, Change]], SessionBound):
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

    def _repr_html_(self) -> str | None:
        entity = next(iter((*self, *self.deleted)), None)
        services = None if entity is None else entity._ftrack_state.workspace.services
        return None if services is None else str(services().tables.changes_html(self))

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

    Raises `StorageError` for a file that cannot be read, `InvalidValue` for a damaged file or one with other content,
    `UnknownEntityType` and `UnknownAttribute` for names that this server's schema does not have, `EntityDeleted` when
    an entity to update no longer exists, and the errors of setting attributes. They state the position in the file, and
    nothing is recorded then.
    """
    file = FilePath(path)
    document = read_changes(file)
    with _naming(file):
        saved = parse_document(document, workspace.schema)
    updated = _read_updated(file, workspace, saved.updated)
    # In a unit of work of its own, so that an error takes all of it back.
    with work.apart(commit=False), _naming(file):
        _record(workspace, work, saved, updated)
    return SessionChanges(workspace)


@contextmanager
def _naming(file: FilePath) -> Iterator[None]:
    """Name the file in the errors about its content."""
    try:
        yield
    except UsageError as error:
        raise type(error)(f"The changes in {file} cannot be loaded: {error.message}", **error.details) from None


def _record(workspace: Workspace, work: UnitOfWork, saved: SavedEntities, updated: Sequence[Entity]) -> None:
    created = []
    for each in saved.created:
        attributes = each.entity_type.attributes
        values = {name: change.new for name, change in each.changes.items() if attributes[name].kind is Kind.SCALAR}
        with located(each.position):
            created.append(work.create(each.entity_type.name, values))
    # References are set in a second step, in which the entities they refer to exist.
    for entity, each in zip(created, saved.created, strict=True):
        for name, change in each.changes.items():
            if each.entity_type.attributes[name].kind is not Kind.SCALAR:
                with located((*each.position, "values", name)):
                    _set(workspace, entity, name, NOT_LOADED, change.new)
    for entity, each in zip(updated, saved.updated, strict=True):
        for name, change in each.changes.items():
            with located((*each.position, "changes", name)):
                _set(workspace, entity, name, change.old, change.new)
            _keep_base(workspace, entity, name, change.old)
    for each in saved.deleted:
        with located(each.position):
            work.delete(*_entities(workspace, [each.reference]))


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
        members = _entities(workspace, new)
        if old is NOT_LOADED:
            entity[name] = members
            return
        collection = entity[name]
        collection.extend(members)
        for member in _entities(workspace, old):
            if member not in members and member in collection:
                collection.remove(member)
    elif kind is Kind.REFERENCE:
        entity[name] = None if new is None else _entities(workspace, [new])[0]
    else:
        entity[name] = new


def _entities(workspace: Workspace, references: Sequence[dict[str, Any]]) -> list[Entity]:
    """Return the entities that *references* in the file stand for, as new objects if the session has none.

    Those of the session stay as they are. Raises `InvalidValue` for one that has another type.
    """
    found: list[Entity | None] = []
    for reference in references:
        kind = workspace.schema.type(reference[ENTITY_TYPE])
        key = plain_key(kind, reference)
        found.append(workspace.lookup(kind.name, key))
        if found[-1] is None and (other := workspace.identities.get(kind.family, key)) is not None:
            raise InvalidValue(f"{other!r} is no {kind.name}.", entity_type=kind.name)
    # Merging consumes rows.
    missing = [dict(each) for each, entity in zip(references, found, strict=True) if entity is None]
    merged = iter(Merger(workspace).rows(missing))
    return [next(merged) if entity is None else entity for entity in found]


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


def _read_updated(file: FilePath, workspace: Workspace, updated: Sequence[SavedEntity]) -> list[Entity]:
    """Return the entities to update, with the changed attributes loaded."""
    keys: dict[str, list[tuple[str, ...]]] = {}
    paths: dict[str, dict[Path, None]] = {}
    for each in updated:
        kind = each.entity_type
        keys.setdefault(kind.name, []).append(each.key)
        paths_of_kind = paths.setdefault(kind.name, {Path.of(name): None for name in kind.primary_key})
        paths_of_kind.update(dict.fromkeys(path for name in each.changes for path in _paths(workspace, kind, name)))
    entities = {
        (name, entity._ftrack_state.key): entity
        for name in keys
        for entity in workspace.loader.fetch(name, keys[name], tuple(paths[name]))
    }
    identities = [(each.entity_type.name, each.key) for each in updated]
    deleted = [f"{name} {'/'.join(key)}" for name, key in identities if (name, key) not in entities]
    if deleted:
        raise EntityDeleted(f"{file} changes {', '.join(deleted[:5])}, which the server does not have any more.")
    return [entities[identity] for identity in identities]


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
