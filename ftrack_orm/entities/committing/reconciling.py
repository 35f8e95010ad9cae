"""State: adapting a refused batch to changes that other users have made to the same rows in the meantime.

Entries of mappings and members of collections are rows on the server. Another user may have created the row that a
batch creates, or deleted the row that it updates. The user's edit is then carried out on the present row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, ServerCall, UpdateOperation

from .memberships import existing_links
from .planning import Plan
from .server_state import ServerState, read_server_state, target_of

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .batches import Batch


def reconcile(schema: Schema, call: ServerCall, batch: Batch) -> Batch | None:
    """Return *batch* with operations that fit the present rows, or None if that changes nothing.

    Makes at most two requests, and none if the batch writes no entries of mappings and no link rows.
    """
    rows = [operation for operation in batch.operations if _is_entry(schema, batch, operation)]
    state = read_server_state(schema, call, rows) if rows else ServerState({}, ())
    links = existing_links(schema, call, batch.links.values()) if batch.links else set()
    operations = Plan(
        adapted
        for operation in batch.operations
        for adapted in _adapt(
            schema, batch, operation, state, {target for target in batch.links if batch.links[target] in links}
        )
    )
    return None if list(operations) == list(batch.operations) else attrs.evolve(batch, operations=operations)


def _is_entry(schema: Schema, batch: Batch, operation: Operation) -> bool:
    if not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
        return False
    return target_of(schema, operation) in batch.snapshot.entry_rows


def _adapt(
    schema: Schema, batch: Batch, operation: Operation, state: ServerState, existing: set[object]
) -> Iterator[Operation]:
    """Yield the operation that does to the present row what *operation* was meant to do, if one is needed."""
    if not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
        yield operation
        return
    target = target_of(schema, operation)
    row = batch.snapshot.entry_rows.get(target)
    if target in existing:
        return  # Another user has created the same link.
    if row is None:
        yield operation
        return
    is_present = target in state.values
    if isinstance(operation, CreateOperation) and is_present:
        yield UpdateOperation(*target, {row.value_name: operation.data[row.value_name]})
    elif isinstance(operation, UpdateOperation) and not is_present and row.creation is not None:
        yield CreateOperation(operation.entity_type, {**row.creation, **operation.data})
    elif not isinstance(operation, DeleteOperation) or is_present:
        yield operation
