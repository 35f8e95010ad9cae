"""State: finding out what became of a commit whose answer was lost, by asking for what it should have left behind."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.entities.entity import plain_key
from ftrack_orm.entities.reading.projections import stored_scalars
from ftrack_orm.entities.row_queries import query_each, selects_by_key
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.codec import ENTITY_TYPE, decode
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, ServerCall, UpdateOperation

#: What the session believed the server to have, by entity and attribute, in the form in which values are sent.
Replaced = Mapping[tuple[str, tuple[str, ...]], Mapping[str, Any]]


class Outcome(enum.Enum):
    """What became of a commit."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"  # what the server has now fits neither, so somebody else changed the same entities


@attrs.frozen
class ServerState:
    """What the server has now of the entities some operations are about.

    *values* holds the attributes of every entity that exists, by type and key as the operations name it. *rows* are the
    answer as it came, to be merged.
    """

    values: Mapping[tuple[str, tuple[str, ...]], Mapping[str, Any]]
    rows: Sequence[dict[str, Any]]


def read_present(schema: Schema, call: ServerCall, operations: Sequence[Operation]) -> ServerState:
    """Ask what the server has of the entities *operations* create, update and delete, in as few requests as possible.

    Raises what *call* raises, and `ProtocolError` for an answer that is none to a query.
    """
    keys, names = _wanted(schema, operations)
    selects = [
        select
        for kind in map(schema.type, keys)
        for select in selects_by_key(
            kind, tuple(_path(schema, kind, name) for name in names[kind.name]), keys[kind.name]
        )
    ]
    top = [
        (select.entity_type, row)
        for select, rows in zip(selects, query_each(call, selects), strict=True)
        for row in rows
    ]
    told: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for _, row in top:
        _gather(schema, row, told)
    values = {
        (kind, key): told[schema.type(row[ENTITY_TYPE]).family, key]
        for kind, row in top
        for key in [plain_key(schema.type(kind), row)]
    }
    return ServerState(values, [row for _, row in top])


def judge(schema: Schema, operations: Sequence[Operation], replaced: Replaced, found: ServerState) -> Outcome:
    """Return what became of *operations*, sent as one batch, given what they *replaced* and what was *found* now.

    The server carries out a batch whole or not at all, so one created entity that exists says that everything was done,
    and none that nothing was: their ids were made here and cannot come from anybody else. Without creates, what was
    updated and deleted is evidence, which somebody else's changes can spoil.
    """
    made = [
        o for o in operations if isinstance(o, CreateOperation) and len(schema.type(o.entity_type).primary_key) == 1
    ]
    if made:
        exists = any((create.entity_type, _key_of(schema, create)) in found.values for create in made)
        return Outcome.DONE if exists else Outcome.NOT_DONE
    evidence = {fact for operation in operations for fact in _evidence(schema, operation, replaced, found)}
    if "strange" in evidence or {"done", "not done"} <= evidence:
        return Outcome.UNKNOWN
    return Outcome.NOT_DONE if "not done" in evidence else Outcome.DONE


def same(sent: Any, present: Any) -> bool:
    """Whether a value the server tells is the value that was sent, allowing for the forms a server may give it."""
    if isinstance(sent, datetime.datetime) and isinstance(present, datetime.datetime):
        # Servers keep no microseconds.
        return abs(sent - present) < datetime.timedelta(seconds=1)
    if isinstance(sent, datetime.datetime) and isinstance(present, datetime.date):
        return sent.date() == present
    if isinstance(sent, Reference):
        return isinstance(present, Mapping) and all(str(present.get(name)) == value for name, value in sent.key)
    if isinstance(sent, (list, tuple)) and isinstance(present, (list, tuple)):
        if any(isinstance(item, Reference) for item in sent[:1]):
            # The members of a collection; their order is the server's.
            return len(sent) == len(present) and all(any(same(item, other) for other in present) for item in sent)
        return len(sent) == len(present) and all(map(same, sent, present))
    if isinstance(sent, bool) != isinstance(present, bool):
        return False
    return bool(sent == present)


def _evidence(schema: Schema, operation: Operation, replaced: Replaced, found: ServerState) -> Iterable[str]:
    """Yield what the present state says of one operation: done, not done, strange, or nothing."""
    if not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
        return
    key = _key_of(schema, operation)
    present = found.values.get((operation.entity_type, key))
    if isinstance(operation, DeleteOperation):
        yield "done" if present is None else "not done"
    elif present is None:
        # A custom attribute that nobody has set may have no row, and setting it makes one (PROTOCOL 6).
        is_unset = CONFIGURATION_ID in schema.type(operation.entity_type).primary_key
        yield "not done" if isinstance(operation, CreateOperation) or is_unset else "strange"
    else:
        before = replaced.get((operation.entity_type, key), {})
        for name, sent in operation.data.items():
            earlier = before.get(name, NOT_LOADED)
            if same(sent, present.get(name)):
                # It tells nothing where the same, or nobody knows what, was there before.
                if earlier is not NOT_LOADED and not _equal(earlier, sent):
                    yield "done"
            elif isinstance(operation, CreateOperation) or (
                earlier is not NOT_LOADED and not same(earlier, present.get(name))
            ):
                yield "strange"
            else:
                yield "not done"


def _equal(earlier: Any, sent: Any) -> bool:
    if isinstance(earlier, list) and isinstance(sent, list):
        return len(earlier) == len(sent) and all(item in sent for item in earlier)
    return bool(earlier == sent)


def _wanted(
    schema: Schema, operations: Sequence[Operation]
) -> tuple[dict[str, list[tuple[str, ...]]], dict[str, list[str]]]:
    """Return by entity type which keys to ask for and which attributes of them."""
    keys: dict[str, dict[tuple[str, ...], None]] = {}
    names: dict[str, dict[str, None]] = {}
    for operation in operations:
        if not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
            continue
        kind = schema.type(operation.entity_type)
        keys.setdefault(kind.name, {})[_key_of(schema, operation)] = None
        asked = names.setdefault(kind.name, dict.fromkeys(kind.primary_key))
        if isinstance(operation, CreateOperation) and len(asked) == len(kind.primary_key):
            # What the answer to the creation would have told.
            asked.update(dict.fromkeys(stored_scalars(kind)))
        if not isinstance(operation, DeleteOperation):
            asked.update(dict.fromkeys(name for name in operation.data if not kind.attribute(name).restricted))
    return {kind: list(found) for kind, found in keys.items()}, {kind: list(found) for kind, found in names.items()}


def _path(schema: Schema, kind: EntityType, name: str) -> Path:
    attribute = kind.attribute(name)
    if attribute.kind is Kind.SCALAR:
        return Path.of(name)
    return Path.of(name, schema.type(str(attribute.target)).primary_key[0])


def _key_of(schema: Schema, operation: CreateOperation | UpdateOperation | DeleteOperation) -> tuple[str, ...]:
    if isinstance(operation, CreateOperation):
        return plain_key(schema.type(operation.entity_type), operation.data)
    return operation.key


def _gather(schema: Schema, row: Mapping[str, Any], told: dict[tuple[str, tuple[str, ...]], dict[str, Any]]) -> None:
    """Collect what an answer tells of each entity: its attributes are where it is first mentioned, not where asked."""
    kind = schema.type(row[ENTITY_TYPE])
    known = told.setdefault((kind.family, plain_key(kind, row)), {})
    for name, value in row.items():
        known.setdefault(name, decode(value))
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, Mapping) and ENTITY_TYPE in item:
                _gather(schema, item, told)
