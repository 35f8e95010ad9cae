"""State: running queries page by page, the next page requested while the current one is used, merged into entities."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from ftrack_orm.entities.editing.reverting import revert
from ftrack_orm.entities.identity_map import ResultWindow
from ftrack_orm.entities.row_checks import check_rows
from ftrack_orm.entities.row_queries import query_reply
from ftrack_orm.errors import ProtocolError, QueryError, ServerError, UnknownEntityType, UsageError, quoted
from ftrack_orm.query.language.nodes import Path, Select
from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTE_VALUE, CUSTOM_ATTRIBUTES
from ftrack_orm.values import FetchMode
from ftrack_orm.wire.codec import decode

from .merging import Merger
from .page_calls import DeferredCall
from .paging import KeyPaging, NextPage, at_next_offset, page_operation, walk_start
from .plain_rows import PlainRows, plain_value
from .projections import add_compared_values, complete_projections
from .unlisted import check_listed, decoded_rows, is_listed, is_of_unlisted_type, key_names, with_projections

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.columns import Column
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.query.tables import TableMaker
    from ftrack_orm.request_options import RequestOptions
    from ftrack_orm.wire.operations import Operation
    from ftrack_orm.wire.replies import Reply

    from .learning import Lesson, ProjectionLearner
    from .memory_answers import MemoryAnswers
    from .page_calls import BulkWriter, PageCall, PageSubmit, PendingCall

logger = logging.getLogger("ftrack_orm.entities")

#: Rows on a page of keys: keys are short, so a few large pages are faster than many small ones.
KEYS_PER_PAGE = 10_000


class _RowPage(NamedTuple):
    """The rows of one page, the operation that requested them, and `Workspace.revision` when that was sent."""

    rows: list[dict[str, Any]]
    operation: Operation
    sent_at: int


class _FirstPage(NamedTuple):
    """The first page of a query that was requested together with others."""

    operation: Operation
    reply: Reply
    sent_at: int


class QueryRunner:
    """Runs the queries of a session.

    *call* sends operations and returns their replies, *submit* does so in the background; both accept
    `denormalize=True`. Only the pages after the first are requested in the background, since the caller waits for the
    first one anyway. *bulk* returns what updates and deletes all entities of a query, *memory* what answers queries
    from memory. *using* returns the block in which requests have options. *learner* completes queries by the attributes
    that were read of earlier results.
    """

    def __init__(
        self,
        workspace: Workspace,
        call: PageCall,
        submit: PageSubmit,
        bulk: Callable[[], BulkWriter],
        memory: Callable[[], MemoryAnswers],
        using: Callable[[RequestOptions | None], AbstractContextManager[None]],
        learner: ProjectionLearner | None = None,
    ) -> None:
        self._workspace = workspace
        self._call = call
        self._submit = submit
        self._bulk = bulk
        self._memory = memory
        self._using = using
        self._learner = learner
        #: The entity types that the server has refused to group.
        self._uncountable: set[str] = set()

    def without_background(self) -> QueryRunner:
        """Return a runner that requests every page when it is needed, on the thread that needs it."""

        def wait(operations: Sequence[Operation], *, denormalize: bool = False) -> PendingCall:
            return DeferredCall(self._call, operations, denormalize)

        return QueryRunner(self._workspace, self._call, wait, self._bulk, self._memory, self._using)

    def pages(self, query: Query[Entity]) -> Iterator[list[Entity]]:
        """Yield the entities of *query* in pages, requesting each next page before the current one is yielded."""
        self._workspace.check_open("The query cannot be run")
        if query.prefers_memory:
            yield self._memory().answer(query)
            return
        window = ResultWindow()
        select = self._entity_select(query)
        lesson = None
        if self._learner is not None and query.schema is not None:
            lesson = self._learner.lesson(select, self._workspace.schema)
        pages = self._row_pages(query, select) if lesson is None else self._learned_pages(query, select, lesson)
        for page in pages:
            yield self._results(query, page, window, lesson)

    def _learned_pages(self, query: Query[Entity], select: Select, lesson: Lesson) -> Iterator[_RowPage]:
        """Yield the pages of *select* completed by learned paths, or without these if the server refuses them."""
        pages = self._row_pages(query, lesson.select)
        try:
            first = next(pages)
        except ServerError:
            if not lesson.is_completed:
                raise
            pages = self._row_pages(query, select)
            first = next(pages)
            lesson.drop_paths()
        else:
            if lesson.is_completed:
                lesson.note_selected()
        yield first
        yield from pages

    def together(self, queries: Sequence[Query[Entity]]) -> list[list[Entity]]:
        """Return the entities of each of *queries*, whose first pages are requested together.

        The server sends an entity in full once in a response. Later queries get its values from the earlier ones, whose
        rows are merged first. Queries that prefer memory are answered each by itself.
        """
        self._workspace.check_open("The queries cannot be run")
        if any(query.prefers_memory for query in queries):
            asked = iter(self.together([query for query in queries if not query.prefers_memory]))
            return [self._memory().answer(query) if query.prefers_memory else next(asked) for query in queries]
        selects = [self._entity_select(query) for query in queries]
        sent_at = self._workspace.revision
        operations = [
            page_operation(query, select, select.limit) for query, select in zip(queries, selects, strict=True)
        ]
        with self._using(queries[0].request_options):
            replies = self._first_pages(queries, selects, operations)
        results: list[list[Entity]] = []
        for query, select, operation, reply in zip(queries, selects, operations, replies, strict=True):
            window = ResultWindow()
            pages = self._row_pages(query, select, first=_FirstPage(operation, reply, sent_at))
            results.append([result for page in pages for result in self._results(query, page, window)])
        return results

    def walk(self, query: Query[Entity], after: Any = None) -> Iterator[Entity]:
        """Return an iterator over the entities of *query* by their keys, each page starting after the last key.

        The first page starts after the key *after*, or after that of the entity *after*. Raises `QueryError` for a type
        with a composite primary key, since the query language cannot compare several attributes together.
        """
        self._workspace.check_open("The query cannot be run")
        schema = self._workspace.schema.type(query.node.entity_type)
        if len(schema.primary_key) != 1:
            raise QueryError(
                f"walk needs a type with one id, but the key of {schema.name} is {', '.join(schema.primary_key)}. "
                f"Iterate over the query ordered by {schema.primary_key[0]} instead."
            )
        (name,) = schema.primary_key
        paging = KeyPaging(self._entity_select(query), name)
        first = paging.first(None if after is None else walk_start(self._workspace.schema, schema, after))
        window = ResultWindow()
        return (
            entity
            for page in self._row_pages(query, first, next_page=paging.next_page)
            for entity in self._entities(query, page, window)
        )

    def dicts(self, query: Query[Any]) -> Iterator[dict[str, Any]]:
        """Yield the results of *query* as plain data, page by page, without creating or changing entities."""
        self._workspace.check_open("The query cannot be run")
        if query.node.group_by:
            yield from map(plain_value, self.rows(query))
            return
        schema = self._workspace.schema
        if query.schema is None and not is_listed(query.node, schema):
            for page in self._row_pages(query, with_projections(query.node), denormalize=True):
                yield from map(plain_value, decoded_rows(page.rows, query.node))
            return
        plain = PlainRows(query.node, schema)
        for page in self._row_pages(query, complete_projections(query.node, schema), denormalize=True):
            yield from plain.rows(page.rows)

    def flat_rows(self, query: Query[Any], columns: Sequence[Column]) -> list[tuple[Any, ...]]:
        """Return a tuple for each result of *query*, which selects *columns*, with the value of each of them.

        Raises the errors of `flat_pages`.
        """
        return [row for page in self.flat_pages(query, columns) for row in page]

    def flat_pages(
        self, query: Query[Any], columns: Sequence[Column], *, key: str | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of *query*, which selects *columns*, page by page: a tuple of values for each result.

        With *key*, the name of the primary key, each page begins after the last key of the previous one, as in `walk`.

        Raises `QueryError` for a column that ends on entities, and, after the last page, `UnknownAttribute` for the key
        of a custom attribute that is not configured for the type that the column leads to.
        """
        from .flat_rows import FlatRows

        self._workspace.check_open("The query cannot be run")
        schema = self._workspace.schema
        listed = query.schema is not None or is_listed(query.node, schema)
        flat = FlatRows(columns, query.node, schema, is_listed=listed)
        select = complete_projections(query.node, schema) if listed else with_projections(query.node)
        next_page: NextPage = at_next_offset
        if key is not None:
            paging = KeyPaging(select, key)
            select, next_page = paging.first(None), paging.next_page
        has_results = False
        for page in self._row_pages(query, select, next_page=next_page, denormalize=True):
            if listed:
                check_rows(schema, page.rows, allow_unknown_types=True)
            has_results = has_results or bool(page.rows)
            yield flat.rows(page.rows if listed else decoded_rows(page.rows, query.node))
        for owner, item in flat.missing_keys.values() if has_results else ():
            self._workspace.configurations.check_key(owner, item.key, is_id=item.key_name == CONFIGURATION_ID)

    def tables(self) -> TableMaker:
        """Return the part that makes tables of the session's queries."""
        services = self._workspace.services
        if services is None:
            raise UsageError("Tables are made by the session of a query, and this query has none.")
        tables: TableMaker = services().tables
        return tables

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        """Return the plain rows of a query with groups; those of a type that the server cannot group are made here."""
        self._workspace.check_open("The query cannot be run")
        if query.groups is None and self._is_groupable(query):
            return [decode(row) for page in self._grouped_pages(query, query.node) for row in page.rows]
        from .grouped_rows import columns_to_group, group_rows, plan_groups

        plan = plan_groups(query.node, query.groups)
        if self._is_groupable(query):
            rows = [decode(row) for page in self._grouped_pages(query, plan.select) for row in page.rows]
        else:
            columns = columns_to_group(plan.select, self._workspace.schema)
            paths = tuple(dict.fromkeys(column.content for column in columns))
            node = Select(plan.select.entity_type, paths, plan.select.criterion)
            ungrouped = attrs.evolve(query, node=node, groups=None, page_size=max(query.page_size, KEYS_PER_PAGE))
            rows = group_rows(self.flat_rows(ungrouped, columns), plan.select, self._workspace.schema)
        return plan.finish(rows)

    def count(self, query: Query[Any]) -> int:
        """Return the number of entities *query* selects. The server counts them, or else only their keys are requested.

        A server that refuses to group the entities of a type is not asked for groups of that type again.
        """
        self._workspace.check_open("The query cannot be run")
        if query.prefers_memory:
            return len(self._memory().answer(query))
        # Imported here: most sessions count nothing.
        from .counting import counted, counting_select

        is_entity_query = query.schema is not None and query.free_text is None
        is_asked = is_entity_query and query.node.entity_type not in self._uncountable
        select = counting_select(query.node, self._workspace.schema) if is_asked else None
        if select is None:
            return self._count_keys(query)
        try:
            return counted(
                query.node, select, [row for page in self._grouped_pages(query, select) for row in page.rows]
            )
        except ServerError as error:
            count = self._count_keys(query)
            logger.debug("The server cannot count %s, whose keys are requested instead: %s", select.entity_type, error)
            self._uncountable.add(select.entity_type)
            return count

    def _count_keys(self, query: Query[Any]) -> int:
        name = query.node.entity_type
        keys_only = Select(
            name,
            tuple(map(Path.of, key_names(query.node, self._workspace.schema))),
            query.node.criterion,
            offset=query.node.offset,
            limit=query.node.limit,
        )
        query = query.with_page_size(max(query.page_size, KEYS_PER_PAGE))
        return sum(len(page.rows) for page in self._row_pages(query, keys_only))

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Set the values in *data* on all entities of *query* and return their number."""
        with self._using(query.request_options):
            return self._bulk().update(query, data, batch_size, on_progress)

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete all entities of *query* and return their number."""
        with self._using(query.request_options):
            return self._bulk().delete(query, batch_size, on_progress)

    def _entity_select(self, query: Query[Entity]) -> Select:
        """Return the select that is sufficient to build the entities of *query* with current values.

        A type that the schema does not list, which an unchecked query may have, is left as it is.
        """
        schema = self._workspace.schema
        if query.schema is None:
            if is_of_unlisted_type(query.node, schema):
                return with_projections(query.node)
            check_listed(query.node, schema)
        return add_compared_values(complete_projections(query.node, schema), schema)

    def _results(
        self, query: Query[Any], page: _RowPage, window: ResultWindow, lesson: Lesson | None = None
    ) -> list[Any]:
        """Return the results on one page: entities, or plain rows of a type that the schema does not list."""
        if query.schema is None and is_of_unlisted_type(query.node, self._workspace.schema):
            return decoded_rows(page.rows, query.node)
        return self._entities(query, page, window, lesson)

    def _entities(
        self, query: Query[Entity], page: _RowPage, window: ResultWindow, lesson: Lesson | None = None
    ) -> list[Entity]:
        """Merge one page and return its entities; if the query replaces edits, revert the attributes in its rows."""
        # Each page is its own group of peers: iterating over a million entities must not load values for all of them.
        mode = None if query.fetch_mode is None else FetchMode(query.fetch_mode)
        origin = None if lesson is None else lesson.origin()
        try:
            entities = Merger(self._workspace, mode, page.sent_at, window, origin).rows(page.rows)
        except UnknownEntityType:
            # A type that was added after the session began. Merging consumes rows, so they are requested again.
            with self._using(query.request_options):
                self._workspace.renew_schema()
                page = self._request(page.operation)
            entities = Merger(self._workspace, mode, page.sent_at, window, origin).rows(page.rows)
        if origin is not None:
            origin.begin(entities)
        if query.replaces_edits:
            for entity, row in zip(entities, page.rows, strict=True):
                # Merging has made the values of the row the originals, to which the attributes are reverted.
                edited = [name for name in row if name in (entity._ftrack_state.originals or ())]
                if edited:
                    revert(entity, edited)
        return entities

    def _request(self, operation: Operation) -> _RowPage:
        sent_at = self._workspace.revision
        (reply,) = self._call([operation])
        return _RowPage(query_reply(reply).data, operation, sent_at)

    def _is_groupable(self, query: Query[Any]) -> bool:
        """Whether the server can group the type of *query*; for a query that is not checked, the server is asked."""
        types = self._workspace.schema.types
        # A server on which no type is marked as groupable is older than that mark, so the query is sent to it.
        groupable = {each.name for each in types.values() if each.supports_group_by}
        return not groupable or query.node.entity_type in groupable or query.schema is None

    def _grouped_pages(self, query: Query[Any], select: Select) -> Iterator[_RowPage]:
        """Yield the rows of the grouped *select*, which is that of *query* or stands in its place."""
        name = query.node.entity_type
        for page in self._row_pages(query, select):
            for row in page.rows:
                if type(row) is not dict:
                    raise ProtocolError(f"The server sent {quoted(row)} as a row of {name}.", entity_type=name)
            yield page

    def _first_pages(
        self,
        queries: Sequence[Query[Any]],
        selects: Sequence[Select],
        operations: Sequence[Operation],
        *,
        denormalize: bool = False,
    ) -> Sequence[Reply]:
        """Send *operations*, which request the first pages of *selects*; check the custom attributes they ask for."""
        options: dict[str, Any] = {"denormalize": denormalize} if denormalize else {}
        for operation in operations:
            # A search in the text is much cheaper than one in the nodes, and most queries ask for none.
            if CUSTOM_ATTRIBUTES in operation.summary or CUSTOM_ATTRIBUTE_VALUE in operation.summary:
                break
        else:
            return self._call(operations, **options)
        # A query without a schema is sent unchecked.
        checked = [select for query, select in zip(queries, selects, strict=True) if query.schema is not None]
        return self._workspace.configurations.call_checked(partial(self._call, **options), checked, operations)

    def _row_pages(
        self,
        query: Query[Any],
        select: Select,
        *,
        next_page: NextPage | None = None,
        denormalize: bool = False,
        first: _FirstPage | None = None,
    ) -> Iterator[_RowPage]:
        """Yield the rows of *select*, the completed select of *query*, in pages of the query's size."""
        next_page = next_page or at_next_offset
        remaining = select.limit
        current_select = select
        if first is None:
            sent_at = self._workspace.revision
            operation = page_operation(query, select, remaining)
            with self._using(query.request_options):
                (reply,) = self._first_pages([query], [select], [operation], denormalize=denormalize)
        else:
            operation, reply, sent_at = first
        while True:
            page = query_reply(reply)
            if remaining is not None:
                remaining -= len(page.data)
            # At the limit no further page is requested, whether or not the server has more rows.
            if page.next_offset is None or not page.data or (remaining is not None and remaining <= 0):
                yield _RowPage(page.data, operation, sent_at)
                return
            current = _RowPage(page.data, operation, sent_at)
            sent_at = self._workspace.revision
            current_select = next_page(current_select, page)
            operation = page_operation(query, current_select, remaining)
            # The block ends before the page is yielded: the caller's own requests have no options of the query.
            with self._using(query.request_options):
                pending = self._submit([operation], denormalize=denormalize)
            try:
                yield current
            except GeneratorExit:
                # The iteration has ended early: the next page is not needed.
                pending.cancel()
                raise
            with self._using(query.request_options):
                (reply,) = pending.result()
