"""State: updating or deleting all entities that a query finds, in batches, without creating objects for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.checks import check_editable, check_related
from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import Entity, EntityState, new_entity, plain_key
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.reading.query_runner import KEYS_PER_PAGE
from ftrack_orm.entities.row_queries import IDS_PER_QUERY
from ftrack_orm.errors import (
    CommitOutcomeUnknown,
    FtrackError,
    InvalidValue,
    ProtocolError,
    QueryError,
    RequestCancelled,
    ServerError,
    TransportError,
    UsageError,
)
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import LINK
from ftrack_orm.values import Reference, native_integer
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import DeleteOperation, Operation, ServerCall, UpdateOperation
from ftrack_orm.wire.replies import Reply, WriteReply

from . import planning
from .bulk_entries import BulkEntries, split_entries
from .expiring import CommitExpiry

if TYPE_CHECKING:
    from ftrack_orm.entities.reading.refreshing import Refresher
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.schema.model import EntityType


#: Returns operations that fit the rows on the server.
_Adapt = Callable[[Sequence[Operation]], list[Operation]]


class BulkOperations:
    """Updates and deletes all entities of a query; *call* sends operations.

    All keys are read before the first change: changing entities while paging over them would move them between pages.
    The server carries out each batch completely or not at all, and the batches one after the other.
    """

    def __init__(self, workspace: Workspace, call: ServerCall, refresher: Refresher) -> None:
        self._workspace = workspace
        self._call = call
        self._refresher = refresher

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Set the values in *data* on all entities of *query* and return the number of entities.

        *data* may have mappings of keys to values for metadata and custom attributes, whose other keys stay as they
        are. The values are checked before anything is sent. Loaded entities have the new values afterwards, except for
        attributes with edits of their own.
        """
        schema = self._check(query, batch_size)
        plain_data, entry_data = split_entries(schema, data)
        values = self._values(schema, plain_data)
        entries = BulkEntries(self._workspace, self._call, self._any_entity(schema), entry_data)
        if not values and not entries:
            return 0
        names = tuple(dict.fromkeys(each for name in values for each in changes.attributes_set_together(schema, name)))
        rows = self._rows(query, schema, entries.paths, page_size=IDS_PER_QUERY if entries.paths else None)
        targets = [(str(row[ENTITY_TYPE]), plain_key(schema, row)) for row in rows]
        groups: list[list[Operation]] = [
            [UpdateOperation(*target, values), *others] if values else others
            for target, others in zip(targets, entries.operations(rows), strict=True)
        ]
        sent: list[Operation] = []
        done = 0
        try:
            for batch in self._send(groups, batch_size, on_progress, sent, entries.adapt if entries else None):
                self._show_written(batch, targets[done : done + batch_size], names, entries.names)
                done += batch_size
        except (CommitOutcomeUnknown, RequestCancelled):
            for target in targets:
                self._expire(target, (*names, *entries.names))
            raise
        finally:
            if entries:
                self._workspace.configurations.expire_values()
            self._expire_affected(CommitExpiry(self._workspace, sent, {}))
        return len(groups)

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete all entities of *query*, each before those it refers to, and return the number of entities.

        Loaded entities are in the deleted state afterwards, and their edits are discarded.
        """
        schema = self._check(query, batch_size)
        names = self._ancestor_attributes(schema)
        deletions = tuple(
            planning.Deletion(_reference(schema, row), _ancestor_ids(row, names))
            for row in self._rows(query, schema, tuple(map(Path.of, names)))
        )
        groups = [(operation,) for operation in planning.plan(planning.Changes(deletions=deletions))]
        for batch in self._send(groups, batch_size, on_progress, []):
            with self._workspace.lock:
                expiry = CommitExpiry(self._workspace, [operation for operation, _ in batch], {})
                for operation, _ in batch:
                    assert isinstance(operation, DeleteOperation)
                    entity = self._workspace.lookup(operation.entity_type, operation.key)
                    if entity is not None:
                        self._workspace.mark_deleted(entity)
            self._expire_affected(expiry)
        return len(deletions)

    # -- before anything is sent ---------------------------------------------------------------------------------------

    def _check(self, query: Query[Any], batch_size: int) -> EntityType:
        """Return the entity type of *query*, or raise the reason why it cannot be updated or deleted in bulk."""
        self._workspace.check_open("Nothing can be changed")
        if query.node.group_by:
            raise QueryError(f"A query with groups finds no entities that could be changed: {query}")
        if query.node.criterion is None and query.node.limit is None:
            key = self._workspace.schema.type(query.node.entity_type).primary_key[0]
            raise UsageError(
                f"This would change every {query.node.entity_type} there is. If that is meant, say so: "
                f'query.where("{key} is_not none").'
            )
        if (native_integer(batch_size) or 0) < 1:
            raise InvalidValue(f"batch_size is a number of entities from 1 up, not {batch_size!r}.")
        return self._workspace.schema.type(query.node.entity_type)

    def _any_entity(self, schema: EntityType) -> Entity:
        """Return an entity that stands for all of the type, for the checks that setting its attributes makes."""
        state = EntityState(self._workspace, (), Lifecycle.PERSISTENT)
        return new_entity(self._workspace.classes[schema.name], state)

    def _values(self, schema: EntityType, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return *data* in the form in which it is sent, with the checks that setting the attributes would make."""
        any_entity = self._any_entity(schema)
        values: dict[str, Any] = {}
        for name, value in data.items():
            attribute = schema.attribute(name)
            check_editable(any_entity, attribute)
            if attribute.kind is Kind.SCALAR:
                values[name] = coerce(schema.name, attribute, value)
            elif attribute.is_plural:
                raise InvalidValue(
                    f"{schema.name}.{name} is different on each entity; change it entity by entity and commit.",
                    entity_type=schema.name,
                    attribute=name,
                )
            else:
                related = None if value is None else _reference_to(check_related(any_entity, attribute, value))
                key_name = schema.reference_keys.get(name)
                if key_name is not None:
                    values[key_name] = related and related.id
                else:
                    values[name] = related
        return values

    def _ancestor_attributes(self, schema: EntityType) -> tuple[str, ...]:
        """Return the attributes with ids of entities of the same family: `parent_id` of a `Task`, and `link`."""
        known = self._workspace.schema
        keys = tuple(
            key_name
            for key_name, references in schema.keyed_references.items()
            if any(known.type(str(schema.attributes[name].target)).family == schema.family for name in references)
        )
        return (*keys, LINK) if keys and LINK in schema.attributes else keys

    def _rows(
        self, query: Query[Any], schema: EntityType, paths: Sequence[Path] = (), page_size: int | None = None
    ) -> list[dict[str, Any]]:
        """Return type, key and the values at *paths* of all entities of *query*, each entity once."""
        keys = tuple(map(Path.of, schema.primary_key))
        node = attrs.evolve(query.node, projections=tuple(dict.fromkeys((*keys, *paths))))
        keys_only = attrs.evolve(query, node=node, page_size=page_size or KEYS_PER_PAGE)
        # An entity may be on two pages if other users change the order in the meantime.
        return list({tuple(row[name] for name in schema.primary_key): row for row in keys_only.dicts()}.values())

    def _show_written(
        self,
        batch: Sequence[tuple[Operation, Reply]],
        targets: Sequence[planning.Target],
        names: Sequence[str],
        entry_names: Sequence[str],
    ) -> None:
        """Expire the values of the loaded entities that a batch has written, and merge those in its replies."""
        for target in targets:
            self._expire(target, (*names, *entry_names))
        owners = set(targets)
        rows = []
        for operation, reply in batch:
            if isinstance(operation, UpdateOperation) and isinstance(reply, WriteReply):
                entity = self._workspace.lookup(operation.entity_type, operation.key)
                if entity is not None:
                    if (operation.entity_type, operation.key) not in owners:
                        self._refresher.expire(entity, tuple(operation.data))
                    rows.append(reply.data)
        Merger(self._workspace).rows(rows)

    def _expire(self, target: planning.Target, names: Sequence[str]) -> None:
        entity = self._workspace.lookup(*target)
        if entity is not None:
            self._refresher.expire(entity, names)

    def _expire_affected(self, expiry: CommitExpiry) -> None:
        """Expire the values that the changes affect on entities besides those that were changed."""
        with self._workspace.lock:
            self._workspace.revision += 1
            notices = expiry.apply()
        expiry.finish(notices)

    # -- sending -------------------------------------------------------------------------------------------------------

    def _send(
        self,
        groups: Sequence[Sequence[Operation]],
        batch_size: int,
        on_progress: Progress | None,
        sent: list[Operation],
        adapt: _Adapt | None = None,
    ) -> Iterator[list[tuple[Operation, Reply]]]:
        """Send the operations of each entity in batches of entities, and yield those of each batch with their replies.

        *adapt* makes operations fit the rows on the server before they are sent, and adapted when the server refuses
        them. All that is sent is added to *sent*.
        """
        total = len(groups)
        for start in range(0, total, batch_size):
            part = groups[start : start + batch_size]
            operations = [operation for group in part for operation in group]
            try:
                exchanged = self._exchange(operations, sent, adapt)
            except FtrackError as error:
                if isinstance(error, ServerError):
                    from .refused import explain_refusal

                    explain_refusal(self._workspace, error)
                raise _with_progress(error, start, len(part), total) from error
            yield exchanged
            if on_progress is not None:
                on_progress(start + len(part), total)

    def _exchange(
        self, planned: Sequence[Operation], sent: list[Operation], adapt: _Adapt | None
    ) -> list[tuple[Operation, Reply]]:
        """Send the operations of one batch and return them with their replies."""
        operations = list(planned) if adapt is None else adapt(planned)
        sent += operations
        try:
            replies = self._call(operations)
        except ServerError:
            # Another user may have created or deleted a row since it was looked for.
            adapted = operations if adapt is None else adapt(planned)
            if adapted == operations:
                raise
            sent += adapted
            operations, replies = adapted, self._call(adapted)
        return list(zip(operations, replies, strict=True))


def _with_progress(error: FtrackError, done: int, batch_size: int, total: int) -> FtrackError:
    """Return *error* with the number of entities done; `CommitOutcomeUnknown` if the last batch may be done as well.

    A cancellation stays one, because the caller waits for it.
    """
    progress = f"{done} of {total} entities were done before"
    if isinstance(error, ProtocolError) or (isinstance(error, TransportError) and not error.safe_to_retry):
        kind = RequestCancelled if isinstance(error, RequestCancelled) else CommitOutcomeUnknown
        message = f"{progress}, and it is not known whether the {batch_size} after them were. ({error})"
        return kind(message, safe_to_retry=False, done=done, total=total)
    return type(error)(f"{error} ({progress}, the others were not.)", **{**error.details, "done": done, "total": total})


def _reference_to(entity: Entity) -> Reference:
    """Return a reference to *entity*; raises `InvalidValue` if the server does not have it."""
    if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
        raise InvalidValue(f"{entity!r} is not on the server yet; commit it first.")
    return entity.__reference__()


def _ancestor_ids(row: Mapping[str, Any], names: Sequence[str]) -> frozenset[str]:
    """Return the ids of the entities that *row* must be deleted before, since their deletion includes it."""
    linked = [step["id"] for step in row.get(LINK) or ()]
    return frozenset([*linked, *(row[name] for name in names if name != LINK and row.get(name))])


def _reference(schema: EntityType, row: Mapping[str, Any]) -> Reference:
    return Reference(str(row[ENTITY_TYPE]), tuple((name, str(row[name])) for name in schema.primary_key))
