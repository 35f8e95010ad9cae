"""State: running queries: page after page, the next one on its way while this one is used, merged into entities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import attrs

from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.identity_map import ResultWindow
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import ProtocolError, QueryError, UnknownEntityType
from ftrack_orm.query.builder import Progress, Query
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Comparison, Operator, Ordering, Path, Select, conjunction
from ftrack_orm.values import FetchMode
from ftrack_orm.wire import operations
from ftrack_orm.wire.codec import decode
from ftrack_orm.wire.replies import QueryReply, Reply

from .merging import Merger
from .plain_rows import PlainRows, plain_value
from .projections import complete

Call = Callable[..., Sequence[Reply]]
Submit = Callable[..., "PendingCall"]

#: What is asked for after a page: the query of the next one, from the reply that was the last.
_Following = Callable[[Select, QueryReply], Select]


class _Answer(NamedTuple):
    """The rows of one page, the question they answer, and what `Workspace.revision` was when it was asked."""

    rows: list[dict[str, Any]]
    question: operations.Operation
    asked_at: int


class PendingCall(Protocol):
    """Replies that are on their way."""

    def result(self) -> list[Reply]:
        """Return the replies, waiting for them, or raise why there are none."""

    def cancel(self) -> None:
        """Do not ask, if that has not begun."""


class BulkWriter(Protocol):
    """What changes or deletes everything a query finds."""

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Give everything *query* finds the values in *data*; return how many it were."""

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete everything *query* finds; return how many it were."""


class QueryRunner:
    """Runs the queries of a session.

    *call* sends operations and returns their replies, *submit* does so in the background and returns what gives them;
    both take `denormalize=True`. Only further pages are fetched in the background: whoever waits for the first one can
    as well ask for it. *bulk* does what is to be done to everything a query finds.
    """

    def __init__(self, workspace: Workspace, call: Call, submit: Submit, bulk: BulkWriter) -> None:
        self._workspace = workspace
        self._call = call
        self._submit = submit
        self._bulk = bulk

    def pages(self, query: Query[Entity]) -> Iterator[list[Entity]]:
        """Yield the entities of *query* in pages, asking for each next page before this one is handed out."""
        self._workspace.check_open("The query cannot be run")
        walk = ResultWindow()
        for page in self._row_pages(query, complete(query.node, self._workspace.schema)):
            yield self._entities(query, page, walk)

    def walk(self, query: Query[Entity]) -> Iterator[Entity]:
        """Return an iterator over the entities of *query* by their keys, each page beginning behind the last key.

        Raises `QueryError` for a type whose key has several parts: the language cannot compare them together.
        """
        self._workspace.check_open("The query cannot be run")
        schema = self._workspace.schema.type(query.node.entity_type)
        if len(schema.primary_key) != 1:
            raise QueryError(
                f"walk goes by an id, and the key of {schema.name} is {', '.join(schema.primary_key)}. Iterate over "
                f"the query ordered by {schema.primary_key[0]} instead."
            )
        (name,) = schema.primary_key
        key = Path.of(name)
        select = attrs.evolve(complete(query.node, self._workspace.schema), order_by=(Ordering(key),))

        def following(_: Select, reply: QueryReply) -> Select:
            behind = Comparison(key, Operator.GREATER, reply.data[-1][name])
            return attrs.evolve(select, criterion=conjunction(select.criterion, behind))

        walk = ResultWindow()
        return (
            entity
            for page in self._row_pages(query, select, following=following)
            for entity in self._entities(query, page, walk)
        )

    def dicts(self, query: Query[Any]) -> Iterator[dict[str, Any]]:
        """Yield the results of *query* as plain data, page after page, touching no entity."""
        self._workspace.check_open("The query cannot be run")
        if query.node.group_by:
            for page in self._grouped_pages(query):
                yield from map(plain_value, page.rows)
            return
        schema = self._workspace.schema
        plain = PlainRows(query.node, schema)
        for page in self._row_pages(query, complete(query.node, schema), denormalize=True):
            yield from map(plain.row, page.rows)

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        """Return the plain rows of a query with aggregates; raises `QueryError` when the type cannot be grouped."""
        self._workspace.check_open("The query cannot be run")
        return [decode(row) for page in self._grouped_pages(query) for row in page.rows]

    def count(self, query: Query[Any]) -> int:
        """Return the number of entities *query* selects, fetching nothing of them but their keys."""
        self._workspace.check_open("The query cannot be run")
        schema = self._workspace.schema.type(query.node.entity_type)
        keys_only = Select(
            schema.name,
            tuple(Path.of(name) for name in schema.primary_key),
            query.node.criterion,
            offset=query.node.offset,
            limit=query.node.limit,
        )
        # Keys are short, so they come in few large pages.
        query = query.with_page_size(max(query.page_size, 10_000))
        return sum(len(page.rows) for page in self._row_pages(query, keys_only))

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Give everything *query* finds the values in *data*."""
        return self._bulk.update(query, data, batch_size, on_progress)

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete everything *query* finds."""
        return self._bulk.delete(query, batch_size, on_progress)

    def _entities(self, query: Query[Entity], page: _Answer, walk: ResultWindow) -> list[Entity]:
        # Each page is its own group of peers: a walk over a million entities must not load for all of them.
        mode = None if query.fetch_mode is None else FetchMode(query.fetch_mode)
        try:
            entities = Merger(self._workspace, mode, page.asked_at, walk).rows(page.rows)
        except UnknownEntityType:
            # A type that came after the session began. QueryReply are used up by merging, so they are asked for again.
            self._workspace.renew_schema()
            page = self._ask(page.question)
            entities = Merger(self._workspace, mode, page.asked_at, walk).rows(page.rows)
        if query.replaces_edits:
            for entity, row in zip(entities, page.rows, strict=True):
                # What the row brought is what is reverted to.
                edited = [name for name in row if name in (entity._ftrack_state.originals or ())]
                if edited:
                    changes.revert(entity, edited)
        return entities

    def _ask(self, question: operations.Operation) -> _Answer:
        asked_at = self._workspace.revision
        (reply,) = self._call([question])
        return _Answer(_rows(reply).data, question, asked_at)

    def _grouped_pages(self, query: Query[Any]) -> Iterator[_Answer]:
        types = self._workspace.schema.types
        name = query.node.entity_type
        # Servers that say of no type that it can be grouped are older than the word; they are left to answer.
        groupable = {each.name for each in types.values() if each.supports_group_by}
        if groupable and name not in groupable:
            raise QueryError(f"The server cannot group {name}; it can group {', '.join(sorted(groupable))}.")
        return self._row_pages(query, query.node)

    def _row_pages(
        self, query: Query[Any], select: Select, *, following: _Following | None = None, denormalize: bool = False
    ) -> Iterator[_Answer]:
        """Yield the rows of *select*, which is *query* as it is to be sent, in pages of the query's size."""
        options = {"denormalize": True} if denormalize else {}
        following = following or _behind_offset
        remaining = select.limit
        asked_at = self._workspace.revision
        question = _page(query, select, remaining)
        (answer,) = self._call([question], **options)
        while True:
            reply = _rows(answer)
            if remaining is not None:
                remaining -= len(reply.data)
            # Where nothing may be left over, the server need not be asked whether there is more.
            if reply.next_offset is None or not reply.data or (remaining is not None and remaining <= 0):
                yield _Answer(reply.data, question, asked_at)
                return
            page = _Answer(reply.data, question, asked_at)
            asked_at = self._workspace.revision
            question = _page(query, following(select, reply), remaining)
            coming = self._submit([question], **options)
            try:
                yield page
            except GeneratorExit:
                # The walk is given up, so nobody waits for the next page any more.
                coming.cancel()
                raise
            (answer,) = coming.result()


def _rows(reply: Reply) -> QueryReply:
    if not isinstance(reply, QueryReply):
        raise ProtocolError("The server answered a query with something else than rows.")
    return reply


def _behind_offset(select: Select, reply: QueryReply) -> Select:
    return attrs.evolve(select, offset=reply.next_offset)


def _page(query: Query[Any], select: Select, remaining: int | None) -> operations.Operation:
    """Return the operation that asks for one page of *select*, of at most *remaining* rows."""
    limit = query.page_size if remaining is None else min(query.page_size, remaining)
    expression = compile_select(attrs.evolve(select, offset=select.offset or None, limit=limit))
    text = query.free_text
    if text is None:
        return operations.QueryOperation(expression)
    return operations.SearchOperation(expression, select.entity_type, text.terms, text.context_id, text.object_type_ids)
