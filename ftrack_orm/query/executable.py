"""Pure: the methods of a query that run it, and the protocol of the runner that they call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Protocol, SupportsIndex, TypeVar, cast, overload

from ftrack_orm.errors import MultipleResults, NoResult, QueryError, UsageError
from ftrack_orm.values import DEFAULT_BATCH_SIZE, native_integer

from .language.checks import check_grouping
from .language.simplification import simplify
from .tables import TableMethods

if TYPE_CHECKING:
    import uuid

    from .builder import Query
    from .columns import Column
    from .expressions.free_text import FreeText
    from .expressions.items import ColumnContent
    from .language.nodes import Groups, Select
    from .language.schema_protocol import Referable, SchemaInfo
    from .tables import TableMaker

T = TypeVar("T")

#: Called after each batch with the number of entities done and the number in total.
Progress = Callable[[int, int], object]

#: Number of entities per page of `Query.walk`, unless the call sets another.
WALK_PAGE_SIZE: Final = 1000


class Runner(Protocol):
    """Runs queries; each session has one."""

    def pages(self, query: Query[Any]) -> Iterator[list[Any]]:
        """Yield the results of *query* in pages of at most its page size, within its offset and limit."""

    def together(self, queries: Sequence[Query[Any]]) -> list[list[Any]]:
        """Return all results of each of *queries*, whose first pages are requested together."""

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        """Return the plain rows of a query with `group_by`."""

    def count(self, query: Query[Any]) -> int:
        """Return the number of results of *query*, within its offset and limit."""

    def dicts(self, query: Query[Any]) -> Iterator[dict[str, Any]]:
        """Yield the results of *query* as plain data."""

    def flat_rows(self, query: Query[Any], columns: Sequence[Column]) -> list[tuple[Any, ...]]:
        """Return a tuple for each result of *query*, which selects *columns*, with the value of each of them."""

    def flat_pages(
        self, query: Query[Any], columns: Sequence[Column], *, key: str | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of `flat_rows` page by page, by the primary key *key* as in `walk` if that is given."""

    def tables(self) -> TableMaker:
        """Return the part that makes tables of queries and shows them in notebooks."""

    def walk(self, query: Query[Any], after: Any = None) -> Iterator[Any]:
        """Yield the results of *query* by primary key; each page begins after the last key of the previous one.

        The first page begins after the key *after*, or after that of the entity *after*.
        """

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Set the values in *data* on every result of *query*; return the number of entities changed."""

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete every result of *query*; return the number of entities deleted."""


class Executable(TableMethods, Generic[T]):
    """Base class of queries: runs the query that a subclass builds."""

    __slots__ = ()

    node: Select
    runner: Runner | None
    free_text: FreeText | None
    groups: Groups | None
    replaces_edits: bool
    schema: SchemaInfo | None
    prefers_memory: bool

    def with_page_size(self, count: int) -> Query[T]:
        """Return the query with pages of *count* results."""
        raise NotImplementedError

    def _with_clauses(self, **clauses: Any) -> Query[T]:
        raise NotImplementedError

    def _excerpt(self) -> str:
        raise NotImplementedError

    # -- all results -----------------------------------------------------------------------------------------------

    def pages(self) -> Iterator[list[T]]:
        """Yield the results in lists of at most `page_size`. Each page is requested as the previous one is used."""
        runner, query = self._require_runner(), self._prepare()
        if query is None:
            return
        if query.node.group_by:
            yield cast("list[T]", runner.rows(query))
        else:
            yield from runner.pages(query)

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page

    def all(self) -> list[T]:
        """Return all results as a list."""
        return [result for page in self.pages() for result in page]

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the results as plain data that `json.dumps` accepts, page after page, without creating entities.

        A row has the entity's type, its primary key and the selected attributes only: related entities as dicts, in
        full at every occurrence, collections as lists, a mapped collection selected as a whole as a dict of its keys
        and values, datetimes as ISO 8601 text in UTC. Uncommitted changes are not included.
        """
        self._refuse_memory("dicts")
        runner, query = self._require_runner(), self._prepare()
        return iter(()) if query is None else runner.dicts(query)

    @overload
    def rows(
        self, *columns: ColumnContent, as_: Literal["tuple"] = "tuple", **renamed: ColumnContent
    ) -> list[tuple[Any, ...]]: ...
    @overload
    def rows(self, *columns: ColumnContent, as_: Literal["dict"], **renamed: ColumnContent) -> list[dict[str, Any]]: ...
    def rows(self, *columns: ColumnContent, as_: str = "tuple", **renamed: ColumnContent) -> list[Any]:
        """Return a flat row for each result, without creating entities: a tuple, or with `as_="dict"` a dict.

            session.query(Task).rows("name", "status.name", shot="parent.name", as_="dict")

        *columns* are attributes over any number of relations, items of mapped collections such as
        `Shot.custom_attributes["fstart"]`, and texts such as `"name, status.name"`; *renamed* are columns with names of
        their own. Without columns these are the attributes that the query selects. A value is that which the entity
        shows: a datetime, a list, None over a missing entity. A column that leads through a collection has a tuple of
        values, and a mapped collection is a dict. The rows of a query with groups have its keys and aggregates.
        Uncommitted changes are not included.

        Raises `QueryError` for a column that ends on entities, and `UnknownAttribute`.
        """
        self._refuse_memory("rows")
        from .columns import rows_of

        return rows_of(cast("Query[T]", self), columns, renamed, as_)

    def walk(
        self, page_size: int = WALK_PAGE_SIZE, *, after: Referable | str | SupportsIndex | uuid.UUID | None = None
    ) -> Iterator[T]:
        """Yield the results in the order of their primary keys, completely while entities are created and deleted.

        Pages with an offset shift when an entity before them is created or deleted. Here each page begins after the
        last key of the previous one, so that every entity that exists from beginning to end is yielded exactly once.

        *after*, an id or an entity, is where to begin: a walk that was interrupted is resumed after the last entity
        that it has yielded, whether or not that still exists. Raises `QueryError` for a query with an order, an offset
        or groups, and for a type whose primary key has several attributes, and `InvalidValue` when *after* is no key
        of the type.
        """
        self._refuse_memory("walk")
        clauses = {"order_by": self.node.order_by, "offset": self.node.offset, "group_by": self.node.group_by}
        for clause, value in clauses.items():
            if value:
                raise QueryError(
                    f"walk goes by primary keys, so the query cannot have {clause} too; leave {clause} out, or iterate "
                    f"over the query itself: {self._excerpt()}"
                )
        runner, query = self._require_runner(), self.with_page_size(page_size)._prepare()
        return iter(()) if query is None else runner.walk(query, after)

    # -- single results --------------------------------------------------------------------------------------------

    def first(self) -> T | None:
        """Return the first result, or None without results. Only one result is requested."""
        return next(iter(self._window(0, 1)), None)

    def one(self) -> T:
        """Return the only result; raises `NoResult` without results and `MultipleResults` for more than one."""
        result = self.one_or_none()
        if result is None:
            raise NoResult(f"Nothing was found for: {self._excerpt()}")
        return result

    def one_or_none(self) -> T | None:
        """Return the only result, or None without results; raises `MultipleResults` for more than one."""
        results = self._window(0, 2).all()
        if len(results) > 1:
            raise MultipleResults(f"More than one result was found for: {self._excerpt()}")
        return results[0] if results else None

    def count(self) -> int:
        """Return the number of results. The server counts them where it can; otherwise their keys are requested."""
        runner, query = self._require_runner(), self._prepare()
        if query is None:
            return 0
        return len(runner.rows(query)) if query.node.group_by else runner.count(query)

    def exists(self) -> bool:
        """Return whether there is any result. At most one result is requested."""
        return self._window(0, 1).count() > 0

    @overload
    def __getitem__(self, key: SupportsIndex) -> T: ...

    @overload
    def __getitem__(self, key: slice) -> list[T]: ...

    def __getitem__(self, key: SupportsIndex | slice) -> T | list[T]:
        """Return the result at a position, or the list of a slice; no other results are requested.

        Negative positions need another request, for the count. Raises `NoResult` when there is no such result.
        """
        if isinstance(key, slice):
            return self._slice(key)
        index = native_integer(key)
        if index is None:
            raise QueryError(f"Results are indexed by a position or a slice of positions, not by {key!r}.")
        position = index if index >= 0 else self.count() + index
        if position >= 0:
            for result in self._window(position, position + 1):
                return result
        raise NoResult(f"There is no result number {key} for: {self._excerpt()}")

    def _slice(self, key: slice) -> list[T]:
        start, stop, step = (None if each is None else native_integer(each) for each in (key.start, key.stop, key.step))
        if (start, stop, step).count(None) != (key.start, key.stop, key.step).count(None) or step == 0:
            raise QueryError(f"Results are indexed by a position or a slice of positions, not by {key!r}.")
        if (step or 1) < 0:
            return self.all()[start:stop:step]
        start = start or 0
        if start < 0 or (stop is not None and stop < 0):
            start, stop, _ = slice(start, stop).indices(self.count())
        return self._window(start, stop).all()[::step]

    # -- changes without loading -----------------------------------------------------------------------------------

    def update(
        self, data: Mapping[str, Any], *, batch_size: int = DEFAULT_BATCH_SIZE, on_progress: Progress | None = None
    ) -> int:
        """Set the values in *data* on every result, without loading it. Return the number of entities changed.

        `"metadata"` and `"custom_attributes"` are given as mappings of keys to values; their other keys stay as they
        are. The values are checked first. Each request has *batch_size* entities and succeeds or fails as a whole;
        after each, *on_progress* is called with the number of entities done and the number in total. Entities of the
        session show the new values, unless they have unsaved edits of their own. The `done` attribute of an error is
        the number of entities changed before it.
        """
        self._refuse_memory("update")
        return self._require_runner().update(cast("Query[T]", self), data, batch_size, on_progress)

    def delete(self, *, batch_size: int = DEFAULT_BATCH_SIZE, on_progress: Progress | None = None) -> int:
        """Delete every result at once, without loading it. Return the number of entities deleted.

        *batch_size*, *on_progress* and errors are as for `update`. The deletion cannot be undone.
        """
        self._refuse_memory("delete")
        return self._require_runner().delete(cast("Query[T]", self), batch_size, on_progress)

    # -- preparation -----------------------------------------------------------------------------------------------

    def _window(self, start: int, stop: int | None) -> Query[T]:
        """Return the query for the results from *start* to *stop*, counted within its own offset and limit."""
        limit = self.node.limit
        if limit is not None:
            stop = limit if stop is None else min(stop, limit)
        count = None if stop is None else max(0, stop - start)
        offset = (self.node.offset or 0) + start
        return self._with_clauses(offset=offset or None, limit=count)

    def _prepare(self) -> Query[T] | None:
        """Return the query to send, with its criterion simplified, or None when it cannot have results."""
        check_grouping(self.node)
        if self.groups is not None:
            from .grouping import check_is_grouped

            check_is_grouped(self.groups, self.node)
        if self.free_text is not None and self.node.group_by:
            raise QueryError(f"A search finds entities and cannot be grouped: {self._excerpt()}")
        if self.node.group_by:
            self._refuse_memory("group_by")
        if self.replaces_edits:
            self._refuse_memory("populate_existing")
        if self.schema is None:
            self._refuse_memory("check=False")
        criterion = simplify(self.node.criterion)
        if criterion is False or self.node.limit == 0:
            return None
        return self._with_clauses(criterion=None if criterion is True else criterion)

    def _refuse_memory(self, method: str) -> None:
        """Raise `QueryError` for a query that prefers memory, since *method* always asks the server."""
        if self.prefers_memory:
            raise QueryError(
                f"{method} asks the server, and cannot be used with prefer('memory'); add .prefer('server') before it: "
                f"{self._excerpt()}"
            )

    def _require_runner(self) -> Runner:
        if self.runner is None:
            raise UsageError(f"This query belongs to no session; use session.query(query): {self._excerpt()}")
        return self.runner
