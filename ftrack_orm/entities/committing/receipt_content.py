"""Pure: puts the content of a receipt together from the operations of a commit, their replies and earlier values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import plain_key
from ftrack_orm.errors import FtrackError
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.codec import decode
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, UpdateOperation

from .committed_operations import CREATE, DELETE, UPDATE, CommittedOperation, ReceiptContent, SentBatch
from .restorable import restorable_scalars

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

    from .earlier_values import EarlierValues
    from .planning import Target, ValuesByTarget


def describe_commit(schema: Schema, sent: Sequence[SentBatch], values: EarlierValues | None) -> ReceiptContent:
    """Return the content of the receipt for the batches *sent*; *values* are those read from before the commit."""
    operations = [operation for batch in sent for operation in _operations(schema, batch, values)]
    if values is None:
        return ReceiptContent(tuple(operations))
    return ReceiptContent(tuple(operations), tuple(values.side_effects()), tuple(values.gaps))


def _operations(schema: Schema, batch: SentBatch, values: EarlierValues | None) -> Iterator[CommittedOperation]:
    writes = [each for each in batch.operations if isinstance(each, (CreateOperation, UpdateOperation))]
    # Merging has taken the types out of the rows. The rows that were read after a lost response are in another order.
    rows = iter(batch.rows if len(batch.rows) == len(writes) else ())
    for operation in batch.operations:
        row = None if isinstance(operation, DeleteOperation) else next(rows, None)
        if isinstance(operation, CreateOperation):
            kind = schema.type(operation.entity_type)
            key = plain_key(kind, operation.data)
            # Servers leave out what is null.
            stored = (
                {name: _decoded(row.get(name)) for name in restorable_scalars(kind)}
                if row is not None and _is_of(row, kind, key)
                else {}
            )
            yield CommittedOperation(CREATE, kind.name, key, None, {**stored, **operation.data})
        elif isinstance(operation, UpdateOperation):
            before = _before(batch.replaced, (operation.entity_type, operation.key), operation.data, values)
            yield CommittedOperation(UPDATE, operation.entity_type, operation.key, before, dict(operation.data))
        elif isinstance(operation, DeleteOperation):
            whole = values.whole(operation.entity_type, operation.key) if values is not None else None
            if whole is None and (operation.entity_type, operation.key) in batch.replaced:
                whole = dict(batch.replaced[operation.entity_type, operation.key])
            yield CommittedOperation(DELETE, operation.entity_type, operation.key, whole)


def _before(
    replaced: ValuesByTarget, target: Target, data: Mapping[str, Any], values: EarlierValues | None
) -> dict[str, Any]:
    known = replaced.get(target, {})
    before = {name: known.get(name, NOT_LOADED) for name in data}
    if values is not None and NOT_LOADED in before.values():
        read = values.of(*target)
        before = {name: read.get(name, value) if value is NOT_LOADED else value for name, value in before.items()}
    return before


def _is_of(row: Any, kind: EntityType, key: tuple[str, ...]) -> bool:
    """Whether a row is that of the entity with *key*."""
    return isinstance(row, Mapping) and tuple(str(row.get(name)) for name in kind.primary_key) == key


def _decoded(value: Any) -> Any:
    try:
        return decode(value)
    except FtrackError:
        return value
