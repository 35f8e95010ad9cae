"""State: reading rows by any number of selects, in requests and id lists of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_orm.errors import ProtocolError
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Operator, Or, Path, Select
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import QueryOperation, ServerCall
from ftrack_orm.wire.replies import QueryReply, Reply

from .row_checks import check_rows

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema

#: Ids in one expression. Five hundred ids are about 20 kB of text. Servers fail to parse very long lists (PROTOCOL
#: 1.6); the exact limit is unknown.
IDS_PER_QUERY = 500

#: Queries in one request.
QUERIES_PER_REQUEST = 20

Key = tuple[str, ...]
Row = dict[str, Any]

T = TypeVar("T")


def query_rows(call: ServerCall, selects: Sequence[Select], schema: Schema) -> list[Row]:
    """Return the rows of all *selects* in their order; raises the same errors as `query_each`."""
    return [row for rows in query_each(call, selects, schema) for row in rows]


def query_each(call: ServerCall, selects: Sequence[Select], schema: Schema) -> Iterator[list[Row]]:
    """Yield the rows of each of *selects* in their order, sending `QUERIES_PER_REQUEST` of them in one request.

    Raises the errors of *call*, and `ProtocolError` when a reply has no rows or one that does not fit *schema*.
    """
    for part in in_parts(selects, QUERIES_PER_REQUEST):
        yield from checked_queries(call, part, schema)


def checked_queries(call: ServerCall, selects: Sequence[Select], schema: Schema) -> list[list[Row]]:
    """Send *selects* in one request and return the rows of each, checked; raises the same errors as `query_each`."""
    results = send_queries(call, selects)
    for select, rows in zip(selects, results, strict=True):
        check_rows(schema, rows)
        for row in rows:
            if not schema.related(row[ENTITY_TYPE], select.entity_type):
                raise ProtocolError(
                    f"The server sent a row of type {row[ENTITY_TYPE]} in reply to a query for {select.entity_type}.",
                    entity_type=select.entity_type,
                )
    return results


def value_in(row: Row, name: str) -> Any:
    """Return a value that was selected; raises `ProtocolError` when the row lacks it."""
    try:
        return row[name]
    except KeyError:
        entity_type = row[ENTITY_TYPE]
        message = f"The server sent a row of type {entity_type} without {name}, which was selected."
        raise ProtocolError(message, entity_type=entity_type, attribute=name) from None


def send_queries(call: ServerCall, selects: Sequence[Select]) -> list[list[Row]]:
    """Send *selects* in one request and return the rows of each, not checked yet; raises the errors of *call*."""
    return [query_reply(reply).data for reply in call([QueryOperation(compile_select(select)) for select in selects])]


def query_reply(reply: Reply) -> QueryReply:
    """Return *reply* if it is the reply to a query, and raise `ProtocolError` otherwise."""
    if not isinstance(reply, QueryReply):
        raise ProtocolError("The server's reply to a query has no rows.")
    return reply


def selects_by_key(entity_type: EntityType, paths: tuple[Path, ...], keys: Sequence[Key]) -> list[Select]:
    """Return selects of *paths* for the entities with these primary keys, `IDS_PER_QUERY` of them in each."""
    return [Select(entity_type.name, paths, key_criterion(entity_type, part)) for part in in_parts(keys, IDS_PER_QUERY)]


def key_criterion(entity_type: EntityType, keys: Sequence[Key]) -> Criterion:
    """Return the criterion that selects the entities with these primary keys."""
    if len(entity_type.primary_key) == 1:
        return Membership(Path.of(entity_type.primary_key[0]), tuple(key[0] for key in keys))
    alternatives: list[Criterion] = [
        And(
            tuple(
                Comparison(Path.of(name), Operator.IS, value)
                for name, value in zip(entity_type.primary_key, key, strict=True)
            )
        )
        for key in keys
    ]
    return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))


def in_parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield *items* in parts of at most *size*."""
    return (items[start : start + size] for start in range(0, len(items), size))
