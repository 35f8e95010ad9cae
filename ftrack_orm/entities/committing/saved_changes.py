"""Edge: recorded changes as a value, as a file on disk, and recorded again in another session."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

import attrs

from ftrack_orm.entities.entity import Entity, plain_key
from ftrack_orm.entities.inspection import Change, inspect
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import EntityDeleted, FtrackError, InvalidValue, StorageError
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.codec import ENTITY_TYPE, decode, encode

from .unit_of_work import UnitOfWork

_FORMAT = "ftrack_orm changes"
_VERSION = 1


class SessionChanges(Mapping[Entity, Mapping[str, Change]]):
    """What a session had recorded at one moment: each new and each modified entity with its changed attributes.

    *created* and *deleted* are the entities the next commit would have created and deleted. Entities that are to be
    deleted have no changes to tell.
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
        """Write the changes to a JSON file that `session.load_changes` of another process can record again.

        The file is there whole or not at all. Raises `StorageError` when it cannot be written.
        """
        created = set(self.created)
        document = {
            "format": _FORMAT,
            "version": _VERSION,
            "created": [
                {**_named(entity), "values": {name: _written(change.new) for name, change in self._own(entity)}}
                for entity in self.created
            ],
            "updated": [
                {**_named(entity), "changes": {name: _both(change) for name, change in self._own(entity)}}
                for entity in self
                if entity not in created
            ],
            "deleted": [_named(entity) for entity in self.deleted],
        }
        _write(FilePath(path), json.dumps(document, indent=2, ensure_ascii=False))

    def _own(self, entity: Entity) -> Iterator[tuple[str, Change]]:
        """Yield the changes of an entity but those of references, which follow from their keys."""
        for name, change in self._changes[entity].items():
            if name not in entity.__schema__.reference_keys:
                yield name, change


def load_changes(path: str | os.PathLike[str], workspace: Workspace, work: UnitOfWork) -> SessionChanges:
    """Record the changes a file holds, to be committed by this session, and return what is recorded then.

    Entities to be updated are read from the server, one request for each type, so that what it has already is not sent
    again; nothing else is asked. What the file says they were changed from is what a commit with `on_conflict="raise"`
    compares with, so that it notices what happened since the changes were saved. New entities keep the ids they were
    given, so that a file committed twice is refused and not created twice.

    Raises `StorageError` for a file that cannot be read, `InvalidValue` for one that holds something else,
    `UnknownEntityType` and `UnknownAttribute` when this server does not know what it speaks of, `EntityDeleted` when
    an entity to be updated is gone. What raises these is checked before anything is recorded.
    """
    saved = _understood(FilePath(path), _read(FilePath(path)), workspace.schema)
    entities = _present(workspace, saved.updated)
    made = [
        work.create(kind.name, {n: v for n, v in values.items() if kind.attribute(n).kind is Kind.SCALAR})
        for kind, values in saved.created
    ]
    # Only now can everything that is referred to be found.
    for entity, (_, values) in zip(made, saved.created, strict=True):
        for name, value in values.items():
            if entity.__schema__.attribute(name).kind is not Kind.SCALAR:
                _set(workspace, entity, name, NOT_LOADED, value)
    for entity, (_, _, told) in zip(entities, saved.updated, strict=True):
        for name, change in told.items():
            old = decode(change.get("old", NOT_LOADED))
            _set(workspace, entity, name, old, decode(change["new"]))
            _remember_base(workspace, entity, name, old)
    for entity in Merger(workspace).rows(saved.deleted):
        work.delete(entity)
    return SessionChanges(workspace)


@attrs.frozen
class _Saved:
    """What a file holds: entity types with values, types with keys and changes, and references to what is to go."""

    created: Sequence[tuple[EntityType, Mapping[str, Any]]]
    updated: Sequence[tuple[EntityType, tuple[str, ...], Mapping[str, Any]]]
    deleted: Sequence[dict[str, Any]]


def _understood(path: FilePath, document: Mapping[str, Any], schema: Schema) -> _Saved:
    """Return what a document holds, having checked its form and every name in it."""
    try:
        saved = _Saved(
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
        for kind, values in [*saved.created, *((kind, told) for kind, _, told in saved.updated)]:
            for name in values:
                kind.attribute(name)
        for _, _, told in saved.updated:
            for change in told.values():
                decode(change["new"])
    except FtrackError:
        raise
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(f"{path} does not hold changes as this version writes them ({error!r}).") from None
    return saved


def _set(workspace: Workspace, entity: Entity, name: str, old: Any, new: Any) -> None:
    """Make one change again; of a mapping only what was changed in it, so that others' keys stay."""
    kind = entity.__schema__.attribute(name).kind
    if kind is Kind.MAPPING:
        before = old if isinstance(old, Mapping) else {}
        mapping = entity[name]
        for key in [key for key in before if key not in new and key in mapping]:
            del mapping[key]
        mapping.update({key: value for key, value in new.items() if key not in before or before[key] != value})
    elif kind is Kind.COLLECTION:
        entity[name] = Merger(workspace).rows(new)
    elif kind is Kind.REFERENCE:
        entity[name] = None if new is None else Merger(workspace).rows([new])[0]
    else:
        entity[name] = new


def _remember_base(workspace: Workspace, entity: Entity, name: str, old: Any) -> None:
    """Note what a change that was just made again was made from; nothing where it came to nothing or nobody knows."""
    if old is NOT_LOADED or name not in (entity._ftrack_state.originals or {}):
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
    """Return the entities a file names, one or a list of them, in the form in which they are sent."""
    if isinstance(value, Mapping):
        kind = workspace.schema.type(value[ENTITY_TYPE])
        return Reference(kind.name, tuple(zip(kind.primary_key, plain_key(kind, value), strict=True)))
    return [_as_sent(workspace, item) for item in value] if isinstance(value, list) else value


def _present(
    workspace: Workspace, updated: Sequence[tuple[EntityType, tuple[str, ...], Mapping[str, Any]]]
) -> list[Entity]:
    """Return the entities to be updated, with what is to be changed of them loaded."""
    keys: dict[str, list[tuple[str, ...]]] = {}
    paths: dict[str, dict[Path, None]] = {}
    for kind, key, told in updated:
        keys.setdefault(kind.name, []).append(key)
        wanted = paths.setdefault(kind.name, {Path.of(name): None for name in kind.primary_key})
        wanted.update(dict.fromkeys(path for name in told for path in _paths(workspace, kind, name)))
    found = {
        (name, entity._ftrack_state.key): entity
        for name in keys
        for entity in workspace.loader.fetch(name, keys[name], tuple(paths[name]))
    }
    gone = [f"{kind.name} {'/'.join(key)}" for kind, key, _ in updated if (kind.name, key) not in found]
    if gone:
        raise EntityDeleted(f"The server does not have {', '.join(gone[:5])} any more, which the file would change.")
    return [found[kind.name, key] for kind, key, _ in updated]


def _paths(workspace: Workspace, kind: EntityType, name: str) -> Iterable[Path]:
    attribute = kind.attribute(name)
    if attribute.kind is Kind.SCALAR:
        return [Path.of(name)]
    if attribute.kind is Kind.MAPPING:
        return [Path.of(name, str(attribute.key_name)), Path.of(name, str(attribute.value_name))]
    return [Path.of(name, part) for part in workspace.schema.type(str(attribute.target)).primary_key]


def _named(entity: Entity) -> dict[str, Any]:
    named: dict[str, Any] = encode(entity.__reference__())
    return named


def _both(change: Change) -> dict[str, Any]:
    new = {"new": _written(change.new)}
    return new if change.old is NOT_LOADED else {"old": _written(change.old), **new}


def _written(value: Any) -> Any:
    """Return a value in the form in which ftrack's own JSON has it, entities as references."""
    if isinstance(value, Entity):
        return _named(value)
    if isinstance(value, (list, tuple)):
        return [_written(item) for item in value]
    return encode(value)


def _write(path: FilePath, text: str) -> None:
    """Write a file next to its place and move it there, so that nobody ever finds half of it."""
    temporary = None
    try:
        # Here, since it takes longer to import than all else that is needed for not saving.
        import tempfile

        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.write(text + "\n")
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise StorageError(f"The changes could not be written to {path}: {error.strerror or error}.") from error


def _read(path: FilePath) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(f"The changes could not be read from {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise InvalidValue(f"{path} is no file of changes: it is not JSON ({error}).") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise InvalidValue(f"{path} is no file of changes; session.changes().save(path) writes such files.")
    if document.get("version") != _VERSION:
        raise InvalidValue(f"{path} is of version {document.get('version')!r}; this library reads version {_VERSION}.")
    return document
