"""Pure: operations that a user wrote, checked as far as they must be to be sent as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from ftrack_orm.errors import UsageError

from .operations import Operation, RawOperation, to_json


def raw_operations(operations: Iterable[Operation | Mapping[str, Any]]) -> list[RawOperation]:
    """Return *operations*, JSON objects or values, as plain ones, whose answers come back as they are.

    Raises `UsageError` for what is no operation, and for one that is not in a list.
    """
    if isinstance(operations, (str, Mapping, *get_args(Operation))) or not isinstance(operations, Iterable):
        raise UsageError(f"session.call takes a list of operations, not {operations!r:.200}.")
    return [_raw(operation) for operation in operations]


def _raw(operation: Any) -> RawOperation:
    if isinstance(operation, Mapping):
        return RawOperation(operation)
    if isinstance(operation, get_args(Operation)):
        return RawOperation(to_json(operation))
    raise UsageError(
        f"An operation is a mapping with an 'action', or a value of ftrack_orm.wire.operations, not {operation!r:.200}."
    )
