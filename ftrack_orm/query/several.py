"""Pure: several queries whose results are requested together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import QueryError, UsageError

if TYPE_CHECKING:
    from .builder import Query
    from .executable import Runner
    from .language.schema_protocol import SchemaInfo


def results_of(queries: Sequence[Query[Any]], schema: SchemaInfo, runner: Runner) -> list[list[Any]]:
    """Return the results of each of *queries*, run by *runner* with as few requests as possible.

    Queries that belong to no session are checked with *schema*. A query that cannot have results is not sent. Raises
    `QueryError` for a query with groups and for different request options, and `UsageError` for a query of another
    session.
    """
    prepared = [_prepare(query, schema, runner) for query in queries]
    sent = [query for query in prepared if query is not None]
    if any(query.request_options != sent[0].request_options for query in sent):
        raise QueryError(
            "The queries travel in one request and have different request options. Give them the same ones, or call "
            "session.all inside of `with session.request_options(...)`."
        )
    results = iter(runner.together(sent) if sent else ())
    return [[] if query is None else next(results) for query in prepared]


def _prepare(query: Query[Any], schema: SchemaInfo, runner: Runner) -> Query[Any] | None:
    bound = query.bind(schema, runner) if query.runner is None else query
    if bound.runner is not runner:
        raise UsageError(f"The query belongs to another session: {bound._excerpt()}")
    if bound.node.group_by:
        raise QueryError(f"A query with groups has no entities as results; run it by itself: {bound._excerpt()}")
    return bound._prepare()
