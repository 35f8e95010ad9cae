"""State: creating, deleting, committing and rolling back: from recorded changes to one request, and from its answer."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import (
    CommitOutcomeUnknown,
    EntityDeleted,
    InvalidValue,
    LineError,
    ProtocolError,
    ReadOnlyAttribute,
    UsageError,
)
from ..schema.model import EntityType
from ..values import NOT_LOADED
from ..wire.operations import Operation
from ..wire.replies import Reply, Written
from . import changes, planning
from .entity import Entity, new_entity
from .mappings import MappedCollection
from .merging import Merger
from .recorded import plain
from .snapshot import Snapshot, take_snapshot
from .state import Lifecycle, State
from .workspace import Workspace

Call = Callable[[Sequence[Operation]], Sequence[Reply]]


class UnitOfWork:
    """Collects changes of a workspace and carries them out in one request; *call* sends operations."""

    def __init__(self, workspace: Workspace, call: Call) -> None:
        self._workspace = workspace
        self._call = call
        self._committing = threading.RLock()
        self._in_flight: frozenset[Entity] = frozenset()

    # -- recording -----------------------------------------------------------------------------------------------------

    def create(self, entity_type: str, data: Mapping[str, Any]) -> Entity:
        """Return a new entity, to be sent by the next commit.

        Its id is made here, so that other new entities can refer to it at once; other defaults are the schema's. Raises
        `UnknownEntityType`, `UnknownAttribute`, `InvalidValue` or `ReadOnlyAttribute` before anything is recorded.
        """
        self._workspace.check_open(f"{entity_type} cannot be created")
        cls = self._workspace.classes[entity_type]
        schema = cls.__schema__
        for name in data:
            schema.attribute(name)
        values = {**_defaults(schema, data), **data}
        key = self._key_of_new(schema, values)
        entity = new_entity(cls, State(self._workspace, key, Lifecycle.PENDING))
        for name, value in values.items():
            # Nothing of a refused creation stays: the entity is not known to anything yet.
            cls.__attributes__[name].set(entity, value)
        with self._workspace.lock:
            if self._workspace.identities.get(schema.family, key) is not None:
                raise UsageError(f"The session has a {schema.family} with the key {'/'.join(key)} already.")
            self._workspace.identities.add(schema.family, key, entity)
            self._workspace.journal.created[entity] = None
        return entity

    def _key_of_new(self, schema: EntityType, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the primary key a new entity will have, from its values or those of the references that hold it."""
        key = []
        for name in schema.primary_key:
            value = values.get(name)
            if value is None:
                for reference in schema.keyed_references.get(name, ()):
                    if isinstance(related := values.get(reference), Entity):
                        value = related._ftrack_state.key[0]
            if value is None and len(schema.primary_key) == 1:
                raise ReadOnlyAttribute(
                    f"{schema.name} entities cannot be created: the server makes their {name} itself.",
                    entity_type=schema.name,
                    attribute=name,
                )
            if value is None:
                raise InvalidValue(
                    f"A new {schema.name} needs {name}, which is part of its key.",
                    entity_type=schema.name,
                    attribute=name,
                )
            key.append(str(value))
        return tuple(key)

    def delete(self, entity: Entity) -> None:
        """Record that *entity* is to be deleted; a new one that was not sent yet is simply forgotten."""
        state = entity._ftrack_state
        self._workspace.check_open(f"{entity!r} cannot be deleted")
        if state.workspace is not self._workspace:
            raise UsageError(f"{entity!r} belongs to another session.")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{entity!r} is deleted already.")
        with self._workspace.lock:
            if state.lifecycle is Lifecycle.PENDING and entity not in self._in_flight:
                self._forget_new(entity)
            elif state.lifecycle is not Lifecycle.TRANSIENT:
                self._workspace.journal.deleted[entity] = None

    def _forget_new(self, entity: Entity) -> None:
        state = entity._ftrack_state
        state.lifecycle = Lifecycle.TRANSIENT
        self._workspace.journal.created.pop(entity, None)
        self._workspace.identities.remove(entity.__schema__.family, state.key)

    # -- carrying out --------------------------------------------------------------------------------------------------

    def plan(self) -> list[Operation]:
        """Return the operations the next commit would send, without sending anything."""
        with self._workspace.lock:
            return planning.plan(take_snapshot(self._workspace.journal).changes)

    def commit(self) -> int:
        """Send every recorded change in one request and return the number of operations it took.

        The server carries them out all or not at all. Afterwards the entities hold what the server made of them:
        defaults, computed values, version numbers. When the server refuses, its `ServerError` is raised and everything
        is as before: mend and commit again, or roll back. Edits made by other threads meanwhile stay recorded for the
        next commit. Raises `CommitOutcomeUnknown` when it was sent and no proper answer came.
        """
        self._workspace.check_open("Nothing can be committed")
        with self._committing:
            with self._workspace.lock:
                snapshot = take_snapshot(self._workspace.journal)
                operations = planning.plan(snapshot.changes)
                self._in_flight = frozenset(snapshot.created)
            try:
                if not operations:
                    return 0
                replies = self._call(operations)
                with self._workspace.lock:
                    self._accept(snapshot)
                    # What came back is the server's word on the entities it wrote; edits made meanwhile stay.
                    Merger(self._workspace).rows([reply.data for reply in replies if isinstance(reply, Written)])
                return len(operations)
            except (LineError, ProtocolError) as error:
                if isinstance(error, LineError) and error.safe_to_retry:
                    raise
                raise CommitOutcomeUnknown(
                    f"No proper answer came to the commit of {len(operations)} operations, so it is not known whether "
                    "the server carried them out. The changes are kept; look before you commit again. "
                    f"({error})"
                ) from error
            finally:
                self._in_flight = frozenset()

    def rollback(self) -> None:
        """Take back every recorded change: values and collections are restored, new entities become transient."""
        with self._committing, self._workspace.lock:
            journal = self._workspace.journal
            for entity in journal.modified:
                changes.restore(entity)
            for entity in list(journal.created):
                self._forget_new(entity)
            journal.modified.clear()
            journal.deleted.clear()

    def _accept(self, snapshot: Snapshot) -> None:
        """Take what was sent as what the server has now; what differs from it by now was edited meanwhile."""
        journal = self._workspace.journal
        for entity in snapshot.created:
            entity._ftrack_state.lifecycle = Lifecycle.PERSISTENT
            journal.created.pop(entity, None)
        for entity, sent in snapshot.sent.items():
            state = entity._ftrack_state
            originals = state.originals = state.originals if state.originals is not None else {}
            for name, value in sent.items():
                current = entity.__dict__.get(name, NOT_LOADED)
                if isinstance(current, MappedCollection):
                    value = current._committed(value)
                if current is NOT_LOADED or plain(current) == value:
                    originals.pop(name, None)
                else:
                    originals[name] = value
            if originals:
                journal.modified[entity] = None
            changes.forget_if_unchanged(entity)
            if not originals:
                _drop_untouched_collections(entity, sent)
        self._workspace.deletions += bool(snapshot.deleted)
        for entity in snapshot.deleted:
            entity._ftrack_state.lifecycle = Lifecycle.DELETED
            entity._ftrack_state.originals = None
            for pending in (journal.deleted, journal.modified, journal.created):
                pending.pop(entity, None)
            self._workspace.identities.remove(entity.__schema__.family, entity._ftrack_state.key)


def _defaults(schema: EntityType, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema's defaults for what was not given, except where a given reference decides (PROTOCOL 2.3)."""
    defaults: dict[str, Any] = {}
    for attribute in schema.attributes.values():
        if attribute.default is None or attribute.name in given or attribute.computed:
            continue
        if any(reference in given for reference in schema.keyed_references.get(attribute.name, ())):
            continue
        defaults[attribute.name] = str(uuid.uuid4()) if attribute.has_generated_default else attribute.default
    return defaults


def _drop_untouched_collections(entity: Entity, sent: Mapping[str, Any]) -> None:
    """Let collections nobody edited on a new entity be loaded when read: the server may have put something in them."""
    for name in [n for n, value in entity.__dict__.items() if n not in sent and plain(value) in ((), {})]:
        if entity.__schema__.attributes[name].is_plural:
            del entity.__dict__[name]
