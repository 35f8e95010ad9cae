"""Pure: turns the operations that a user gives to `session.call` into raw ones, whose replies are plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ftrack_orm.errors import UsageError

from .operations import Operation, RawOperation


def raw_operations(operations: Iterable[Operation | Mapping[str, Any]]) -> list[RawOperation]:
    """Return *operations*, JSON objects or `Operation` values, as raw operations.

    Raises `UsageError` for a single operation that is not in a list, and for an element that is not an operation.
    """
    if isinstance(operations, (str, Mapping, Operation)) or not isinstance(operations, Iterable):
        raise UsageError(f"session.call takes a list of operations, not {operations!r:.200}.")
    return [_raw_operation(operation) for operation in operations]


def _raw_operation(operation: Any) -> RawOperation:
    if isinstance(operation, Mapping):
        return RawOperation(operation)
    if isinstance(operation, Operation):
        return RawOperation(operation.to_json())
    raise UsageError(
        f"An operation is a mapping with an 'action', or a value of ftrack_orm.wire.operations, not {operation!r:.200}."
    )
