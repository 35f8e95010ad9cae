"""State: reading the present values of the entities that operations create, update or delete."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import plain_key
from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.entities.row_queries import QUERIES_PER_REQUEST, in_parts, selects_by_key, send_queries
from ftrack_orm.errors import FtrackError, ProtocolError
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.values import Reference
from ftrack_orm.wire.codec import ENTITY_TYPE, decode
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, ServerCall, UpdateOperation

from .planning import Target, ValuesByTarget

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema


@attrs.frozen
class ServerState:
    """The present values of the targets of some operations; *values* has no item for an entity that does not exist.

    *rows* are the rows of the response, to be merged.
    """

    values: ValuesByTarget
    rows: Sequence[dict[str, Any]]


def read_server_state(schema: Schema, call: ServerCall, operations: Sequence[Operation]) -> ServerState:
    """Read the entities that *operations* create, update and delete, in as few requests as possible.

    Raises the errors of *call*, and `ProtocolError` when a reply has no rows, or rows that cannot be used.
    """
    selects = _selects(schema, operations)
    # Not checked: a value that cannot be used must not hide whether a commit was carried out.
    rows = [
        (select.entity_type, row)
        for part in in_parts(selects, QUERIES_PER_REQUEST)
        for select, rows_of_select in zip(part, send_queries(call, part), strict=True)
        for row in rows_of_select
    ]
    # By family and key: the attributes of an entity are sent at its first occurrence, wherever that is.
    known: dict[Target, dict[str, Any]] = {}
    values: dict[Target, Mapping[str, Any]] = {}
    for kind, row in rows:
        try:
            values[kind, plain_key(schema.type(kind), row)] = collect_values(schema, row, known)
        except (KeyError, TypeError, RecursionError) as error:
            raise ProtocolError(
                f"The server sent a {kind} that cannot be used ({error!r:.200}): {row!r:.200}"
            ) from error
    return ServerState(values, [row for _, row in rows])


def target_of(schema: Schema, operation: CreateOperation | UpdateOperation | DeleteOperation) -> Target:
    """Return the entity type and the primary key of the entity that *operation* writes."""
    if isinstance(operation, CreateOperation):
        return operation.entity_type, plain_key(schema.type(operation.entity_type), operation.data)
    return operation.entity_type, operation.key


def is_same_value(sent: Any, present: Any) -> bool:
    """Whether a value that the server returns is the value that was sent, in any form the server may give it."""
    if isinstance(sent, datetime.datetime) and isinstance(present, datetime.datetime):
        # Servers do not store microseconds.
        return abs(sent - present) < datetime.timedelta(seconds=1)
    if isinstance(sent, datetime.datetime) and isinstance(present, datetime.date):
        return sent.date() == present
    if isinstance(sent, Reference):
        return isinstance(present, Mapping) and all(str(present.get(name)) == value for name, value in sent.key)
    if isinstance(sent, (list, tuple)) and isinstance(present, (list, tuple)):
        if any(isinstance(item, Reference) for item in sent[:1]):
            # The members of a collection; the server decides their order.
            return len(sent) == len(present) and all(
                any(is_same_value(item, other) for other in present) for item in sent
            )
        return len(sent) == len(present) and all(map(is_same_value, sent, present))
    if isinstance(sent, bool) != isinstance(present, bool):
        return False
    return bool(sent == present)


def _selects(schema: Schema, operations: Sequence[Operation]) -> list[Select]:
    """Return the selects for the targets of *operations* with the attributes that the operations set."""
    keys: dict[str, dict[tuple[str, ...], None]] = {}
    names: dict[str, dict[str, None]] = {}
    for operation in operations:
        if not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
            continue
        kind = schema.type(operation.entity_type)
        keys.setdefault(kind.name, {})[target_of(schema, operation)[1]] = None
        selected = names.setdefault(kind.name, dict.fromkeys(kind.primary_key))
        if isinstance(operation, CreateOperation) and len(selected) == len(kind.primary_key):
            # The reply to the creation, which may have been lost, would have had these attributes.
            selected.update(dict.fromkeys(stored_scalars(kind)))
        if not isinstance(operation, DeleteOperation):
            selected.update(dict.fromkeys(name for name in operation.data if not kind.attribute(name).restricted))
    return [
        select
        for kind in map(schema.type, keys)
        for select in selects_by_key(
            kind, tuple(_path(schema, kind, name) for name in names[kind.name]), list(keys[kind.name])
        )
    ]


def _path(schema: Schema, kind: EntityType, name: str) -> Path:
    attribute = kind.attribute(name)
    if attribute.kind is Kind.SCALAR:
        return Path.of(name)
    return Path.of(name, schema.type(str(attribute.target)).primary_key[0])


def collect_values(schema: Schema, row: Mapping[str, Any], known: dict[Target, dict[str, Any]]) -> dict[str, Any]:
    """Add the values in *row*, and in the rows nested in it, to *known*, by the family and key of their entities.

    Return the values of *row* itself. Those that cannot be decoded stay as they are, and nested rows without a known
    type or a key are left out: they are evidence of nothing, and must not hide the other values.
    """
    kind = schema.type(row[ENTITY_TYPE])
    values = known.setdefault((kind.family, plain_key(kind, row)), {})
    for name, value in row.items():
        values.setdefault(name, _decoded(value))
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, Mapping) and ENTITY_TYPE in item:
                with contextlib.suppress(KeyError, TypeError):
                    collect_values(schema, item, known)
    return values


def _decoded(value: Any) -> Any:
    try:
        return decode(value)
    except FtrackError:
        return value
