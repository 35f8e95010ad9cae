"""State: changing or deleting everything a query finds, without making objects of it, in requests of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import Entity, EntityState, Lifecycle, new_entity, plain_key
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.reading.refreshing import Refresher
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import (
    CommitOutcomeUnknown,
    FtrackError,
    InvalidValue,
    ProtocolError,
    QueryError,
    TransportError,
    UsageError,
)
from ftrack_orm.query.builder import Progress, Query
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import LINK
from ftrack_orm.schema.model import EntityType
from ftrack_orm.values import Reference
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import DeleteOperation, Operation, ServerCall, UpdateOperation
from ftrack_orm.wire.replies import Reply, WriteReply

from . import planning

#: Keys are short, so they come in few large pages.
KEYS_IN_A_PAGE = 10_000


class BulkOperations:
    """Changes and deletes what queries find; *call* sends operations.

    All keys are read before anything is changed: changing entities while paging over them would move them between
    pages. A batch is carried out whole or not at all, and the batches one after the other.
    """

    def __init__(self, workspace: Workspace, call: ServerCall, refresher: Refresher) -> None:
        self._workspace = workspace
        self._call = call
        self._refresher = refresher

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Give every entity of *query* the values in *data*; return how many there were.

        The values are checked before anything is sent. Entities that the session has show the new values afterwards,
        except where they have edits of their own.
        """
        schema = self._checked(query, batch_size)
        values = self._values(schema, data)
        if not values:
            return 0
        shown = tuple(dict.fromkeys(each for name in values for each in changes.attributes_set_together(schema, name)))
        updates = tuple(
            UpdateOperation(str(row[ENTITY_TYPE]), plain_key(schema, row), values) for row in self._rows(query, schema)
        )
        try:
            for batch in self._carried_out(planning.Changes(modifications=updates), batch_size, on_progress):
                known = []
                for operation, reply in batch:
                    assert isinstance(operation, UpdateOperation)
                    assert isinstance(reply, WriteReply)
                    entity = self._workspace.lookup(operation.entity_type, operation.key)
                    if entity is not None:
                        self._refresher.expire(entity, shown)
                        known.append(reply.data)
                Merger(self._workspace).rows(known)
        except CommitOutcomeUnknown:
            for update in updates:
                entity = self._workspace.lookup(update.entity_type, update.key)
                if entity is not None:
                    self._refresher.expire(entity, shown)
            raise
        finally:
            self._forget_collections(schema, values)
        return len(updates)

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete every entity of *query*, what refers to another one before that; return how many there were.

        Entities that the session has are deleted ones afterwards, and their unsaved edits are gone.
        """
        schema = self._checked(query, batch_size)
        names = self._keys_within(schema)
        deletions = tuple(
            planning.Deletion(_reference(schema, row), _keys_above(row, names))
            for row in self._rows(query, schema, names)
        )
        for batch in self._carried_out(planning.Changes(deletions=deletions), batch_size, on_progress):
            with self._workspace.lock:
                for operation, _ in batch:
                    assert isinstance(operation, DeleteOperation)
                    entity = self._workspace.lookup(operation.entity_type, operation.key)
                    if entity is not None:
                        changes.mark_deleted(entity)
        return len(deletions)

    # -- before anything is sent ---------------------------------------------------------------------------------------

    def _checked(self, query: Query[Any], batch_size: int) -> EntityType:
        self._workspace.check_open("Nothing can be changed")
        if query.node.criterion is None and query.node.limit is None:
            raise UsageError(
                f"This would change every {query.node.entity_type} there is. If that is meant, say so: "
                '.where("id is_not none").'
            )
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise InvalidValue(f"batch_size is a number of entities from 1 up, not {batch_size!r}.")
        if query.node.group_by:
            raise QueryError(f"A query with groups finds no entities that could be changed: {query}")
        return self._workspace.schema.type(query.node.entity_type)

    def _values(self, schema: EntityType, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return *data* as operations carry it, checked as setting each attribute of such an entity would."""
        any_entity = new_entity(
            self._workspace.classes[schema.name], EntityState(self._workspace, (), Lifecycle.PERSISTENT)
        )
        values: dict[str, Any] = {}
        for name, value in data.items():
            attribute = schema.attribute(name)
            changes.check_editable(any_entity, attribute)
            if attribute.kind is Kind.SCALAR:
                values[name] = coerce(schema.name, attribute, value)
            elif attribute.is_plural:
                raise InvalidValue(
                    f"{schema.name}.{name} is different on each entity; change it entity by entity and commit.",
                    entity_type=schema.name,
                    attribute=name,
                )
            else:
                related = None if value is None else self._saved(changes.check_related(any_entity, attribute, value))
                key_name = schema.reference_keys.get(name)
                if key_name is not None:
                    values[key_name] = related and related.id
                else:
                    values[name] = related
        return values

    def _saved(self, related: Entity) -> Reference:
        if related._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
            raise InvalidValue(f"{related!r} is not on the server yet; commit it first.")
        return related.__reference__()

    def _keys_within(self, schema: EntityType) -> tuple[str, ...]:
        """Return the attributes that hold keys of entities of the same family: `parent_id` of a `Task`, and `link`."""
        known = self._workspace.schema
        keys = tuple(
            key_name
            for key_name, references in schema.keyed_references.items()
            if any(known.type(str(schema.attributes[name].target)).family == schema.family for name in references)
        )
        return (*keys, LINK) if keys and LINK in schema.attributes else keys

    def _rows(self, query: Query[Any], schema: EntityType, names: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return type, key and *names* of everything the query finds, each entity once."""
        paths = tuple(Path.of(name) for name in dict.fromkeys((*schema.primary_key, *names)))
        keys_only = attrs.evolve(query, node=attrs.evolve(query.node, projections=paths), page_size=KEYS_IN_A_PAGE)
        # Between two pages an entity may have moved onto the second.
        return list({tuple(row[name] for name in schema.primary_key): row for row in keys_only.dicts()}.values())

    def _forget_collections(self, schema: EntityType, names: Iterable[str]) -> None:
        """Have loaded collections loaded again that lead back over a key in *names*: what is in them has changed.

        Where the session does not know an entity that has come or gone, nothing else could tell.
        """
        known = self._workspace.schema
        for key_name in names:
            for reference in schema.keyed_references.get(key_name, ()):
                family = self._workspace.identities.family(known.type(str(schema.attributes[reference].target)).family)
                for owner in family:
                    inverses = known.inverses(owner.__entity_type__, schema.name, key_name)
                    if any(name in owner.__dict__ for name in inverses):
                        self._refresher.expire(owner, inverses)

    # -- sending -------------------------------------------------------------------------------------------------------

    def _carried_out(
        self, planned: planning.Changes, batch_size: int, on_progress: Progress | None
    ) -> Iterator[list[tuple[Operation, Reply]]]:
        """Yield operations and replies of each batch as soon as it is carried out."""
        operations = planning.plan(planned)
        total = len(operations)
        for start in range(0, total, batch_size):
            batch = operations[start : start + batch_size]
            try:
                replies = self._call(batch)
            except FtrackError as error:
                raise _with_progress(error, start, len(batch), total) from error
            yield list(zip(batch, replies, strict=True))
            if on_progress is not None:
                on_progress(start + len(batch), total)


def _with_progress(error: FtrackError, done: int, tried: int, total: int) -> FtrackError:
    """Return *error* saying how far the work had come; `CommitOutcomeUnknown` if the last batch may have been done."""
    account = f"{done} of {total} entities were done before"
    if isinstance(error, ProtocolError) or (isinstance(error, TransportError) and not error.safe_to_retry):
        return CommitOutcomeUnknown(
            f"{account}, and it is not known whether the {tried} after them were. ({error})", done=done, total=total
        )
    return type(error)(f"{error} ({account}, the others were not.)", **{**error.details, "done": done, "total": total})


def _keys_above(row: Mapping[str, Any], names: Sequence[str]) -> frozenset[str]:
    """Return the keys of what an entity must be deleted before: whatever takes it along when it is deleted itself."""
    linked = [step["id"] for step in row.get(LINK) or ()]
    return frozenset([*linked, *(row[name] for name in names if name != LINK and row.get(name))])


def _reference(schema: EntityType, row: Mapping[str, Any]) -> Reference:
    return Reference(str(row[ENTITY_TYPE]), tuple((name, str(row[name])) for name in schema.primary_key))
