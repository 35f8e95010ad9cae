"""Pure: queries as immutable values that are built by chaining, and run by whoever made them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast, overload

import attrs

from ftrack_orm.errors import MultipleResults, NoResult, QueryError, UsageError
from ftrack_orm.values import DEFAULT_BATCH_SIZE, DEFAULT_PAGE_SIZE, FetchMode

from .evaluation.simplification import simplified
from .expressions.attributes import gathered
from .expressions.clauses import as_projection, ordered, projected
from .expressions.free_text import FreeText, free_text
from .language.compiler import compile_pretty, compile_select
from .language.errors_at import located
from .language.literals import type_name
from .language.nodes import Path, Projection, Select, conjunction
from .language.parser import parse, parse_orderings, parse_projections
from .language.resolve import check, check_group, check_grouping, check_ordering, check_projection
from .language.schema_protocol import SchemaInfo

T = TypeVar("T")
N = TypeVar("N")
V = TypeVar("V")

#: Told after each batch how many are done, and how many there are.
Progress = Callable[[int, int], object]

#: How much of a query its repr shows.
_SHOWN = 300


class Runner(Protocol):
    """What carries queries out; a session has one."""

    def pages(self, query: Query[Any]) -> Iterator[list[Any]]:
        """Yield what *query* selects in pages of at most its page size, within its offset and limit."""

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        """Return the plain rows of a query with `group_by`."""

    def count(self, query: Query[Any]) -> int:
        """Return how many entities *query* selects, within its offset and limit."""

    def dicts(self, query: Query[Any]) -> Iterator[dict[str, Any]]:
        """Yield what *query* selects as plain data."""

    def walk(self, query: Query[Any]) -> Iterator[Any]:
        """Yield what *query* selects in the order of primary keys, each page beginning behind the last key."""

    def update(self, query: Query[Any], data: Mapping[str, Any], batch_size: int, on_progress: Progress | None) -> int:
        """Give everything *query* selects the values in *data*; return how many it were."""

    def delete(self, query: Query[Any], batch_size: int, on_progress: Progress | None) -> int:
        """Delete everything *query* selects; return how many it were."""


@attrs.frozen(slots=False, eq=False, repr=False)  # refined by copying its dictionary
class Query(Generic[T]):
    """A query on one entity type, an immutable value: every method that refines it returns another.

    Nothing is asked of the server until the query is iterated or asked for results. `str(query)` is its expression in
    ftrack's language. Queries are equal when they ask the same; they can be pickled, and then have to be bound to a
    session again to be run.
    """

    node: Select
    vocabulary: SchemaInfo | None = None
    runner: Runner | None = None
    page_size: int = DEFAULT_PAGE_SIZE
    fetch_mode: str | None = None
    replaces_edits: bool = False
    free_text: FreeText | None = None

    @classmethod
    def from_text(
        cls,
        text: str,
        vocabulary: SchemaInfo | None = None,
        runner: Runner | None = None,
        page_size: int = DEFAULT_PAGE_SIZE,
    ) -> Query[Any]:
        """Return the query that *text* says: a type's name, `Task where ...`, or all of `select ... from Task ...`.

        Names are checked against *vocabulary*. Raises `QueryError`, `UnknownEntityType` or `UnknownAttribute`, each
        showing the place in the text.
        """
        node = parse(text)
        if vocabulary is not None:
            try:
                check(node, vocabulary)
            except UsageError as error:
                raise located(error, text) from None
        return cls(node, vocabulary, runner, page_size)

    @classmethod
    def on(
        cls, entity_type: str, vocabulary: SchemaInfo, runner: Runner | None = None, page_size: int = DEFAULT_PAGE_SIZE
    ) -> Query[Any]:
        """Return the query for everything of *entity_type*; raises `UnknownEntityType`."""
        return cls(Select(vocabulary.type(entity_type).name), vocabulary, runner, page_size)

    def bind(self, vocabulary: SchemaInfo | None, runner: Runner | None) -> Query[T]:
        """Return the same query, checked against *vocabulary* and run by *runner*."""
        if vocabulary is not None:
            check(self.node, vocabulary)
        return self._run_with(vocabulary=vocabulary, runner=runner)

    # -- refining --------------------------------------------------------------------------------------------------

    def where(self, *criteria: Any, **values: Any) -> Query[T]:
        """Return the query narrowed to what also meets all of *criteria*, and has the attributes given as *values*.

        Criteria are expressions such as `Task.name == "x"`, or texts such as `"name is x"`.
        """
        node = self.node
        added = gathered("where", criteria, values, node.entity_type, self.vocabulary)
        return self._with(criterion=conjunction(node.criterion, *added))

    def select(self, *projections: Any) -> Query[T]:
        """Return the query that also selects *projections*: attributes, aggregates, or texts such as `"name, bid"`.

        The first call takes the place of the entity type's default projections, which are selected otherwise.
        """
        chosen = dict.fromkeys(self.node.projections)
        for projection in projections:
            for node in self._nodes(projection):
                chosen[node] = None
        return self._with(projections=tuple(chosen))

    def order_by(self, *keys: Any) -> Query[T]:
        """Return the query ordered by *keys*, after those it had: attributes, `attribute.desc()`, or texts.

        A text is as in the language: `"priority.sort descending, name"`.
        """
        ordering = list(self.node.order_by)
        for key in keys:
            if isinstance(key, str):
                ordering.extend(self._read(parse_orderings, check_ordering, key))
            else:
                ordering.append(ordered(key, self.node.entity_type, self.vocabulary))
        return self._with(order_by=tuple(ordering))

    def group_by(self, *keys: Any) -> Query[dict[str, Any]]:
        """Return the query for one plain row for each combination of values of *keys*, attributes or texts.

        Only aggregates and the keys themselves can be selected; the keys are in every row.
        """
        paths: list[Path] = []
        for key in keys:
            for node in self._nodes(key):
                if not isinstance(node, Path):
                    raise QueryError(f"group_by takes attributes, and {node.function.value} gives an aggregate.")
                if self.vocabulary is not None:
                    check_group(node, self.node.entity_type, self.vocabulary)
                paths.append(node)
        grouped = self._with(group_by=(*self.node.group_by, *paths))
        return cast("Query[dict[str, Any]]", grouped)

    def limit(self, count: int | None) -> Query[T]:
        """Return the query for at most *count* results, whatever limit it had; None for no limit."""
        return self._with(limit=_amount("limit", count))

    def offset(self, count: int | None) -> Query[T]:
        """Return the query without its first *count* results, whatever offset it had; None for no offset."""
        return self._with(offset=_amount("offset", count))

    def with_page_size(self, count: int) -> Query[T]:
        """Return the query that is asked for in pages of *count* results."""
        if not _amount("with_page_size", count):
            raise QueryError("with_page_size takes the number of results in a page, at least 1.")
        return self._run_with(page_size=count)

    def fetching(self, mode: str) -> Query[T]:
        """Return the query whose results do what *mode* says when a value is read that was not loaded.

        `"peers"` loads it for all that arrived together, `"one"` for that entity only, and `"never"` raises
        `NotFetched`. It takes precedence over the session's mode; a `with session.fetching(...)` block over both.
        """
        return self._run_with(fetch_mode=FetchMode.named(mode, error=QueryError).value)

    def populate_existing(self) -> Query[T]:
        """Return the query whose results are shown as the server has them: what it brings replaces unsaved edits."""
        return self._run_with(replaces_edits=True)

    def search(self, terms: Any, *, context: Any = None, object_types: Any = ()) -> Query[T]:
        """Return the query for those of its results in which the server's text search finds all of *terms*.

        *terms* is a text, of which each word is a term, or an iterable of terms. *context*, an entity or an id, is
        where to look: it and all that is below it. *object_types*, entities or ids, are the kinds of context to find.
        Another search takes the place of the first. Raises `QueryError` when there is nothing to look for.
        """
        return self._run_with(free_text=free_text(terms, context, object_types, self.vocabulary))

    def _with(self, **changes: Any) -> Query[T]:
        """Return the query with other clauses."""
        return _refined(self, _set_query, {"node": _refined(self.node, _set_select, changes)})

    def _run_with(self, **changes: Any) -> Query[T]:
        """Return the query with anything but its clauses changed."""
        return _refined(self, _set_query, changes)

    def _nodes(self, projection: Any) -> tuple[Projection, ...]:
        if isinstance(projection, str):
            return self._read(parse_projections, check_projection, projection)
        return (projected(projection, self.node.entity_type, self.vocabulary),)

    def _read(
        self, read: Callable[[str], tuple[N, ...]], check_one: Callable[[N, str, SchemaInfo], None], text: str
    ) -> tuple[N, ...]:
        """Return the nodes in *text*, checked where there is a vocabulary; errors show the place in the text."""
        nodes = read(text)
        if self.vocabulary is not None:
            for node in nodes:
                try:
                    check_one(node, self.node.entity_type, self.vocabulary)
                except UsageError as error:
                    raise located(error, text) from None
        return nodes

    # -- running ---------------------------------------------------------------------------------------------------

    def pages(self) -> Iterator[list[T]]:
        """Yield the results in lists of at most `page_size`, each asked for as the one before it is used."""
        runner, query = self._running(), self._sent()
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
        """Yield the results as plain data that `json.dumps` takes, page after page, without making entities.

        A row has the entity's type, its key and just what was selected: related entities as dicts, in full wherever
        they come up, collections as lists, a mapped collection selected as a whole as a dict of its keys and values,
        datetimes as ISO 8601 text in UTC. Changes that were not committed are not in it.
        """
        runner, query = self._running(), self._sent()
        return iter(()) if query is None else runner.dicts(query)

    def walk(self, page_size: int = 1000) -> Iterator[T]:
        """Yield the results in the order of their primary keys, completely even while entities come and go.

        Pages that are counted from the start shift when an entity before them is deleted or created. Here each page
        begins behind the last key of the one before it: whatever is there from beginning to end comes exactly once.
        Raises `QueryError` for a query with another order, with an offset or groups, or of a type with a longer key.
        """
        set_by_walk = {"order_by": self.node.order_by, "offset": self.node.offset, "group_by": self.node.group_by}
        for clause, value in set_by_walk.items():
            if value:
                raise QueryError(
                    f"walk goes by primary keys, so the query cannot have {clause} too; leave {clause} out, or iterate "
                    f"over the query itself: {self._shown()}"
                )
        runner, query = self._running(), self.with_page_size(page_size)._sent()
        return iter(()) if query is None else runner.walk(query)

    def first(self) -> T | None:
        """Return the first result, None when there is none; only one is asked for."""
        return next(iter(self._slice(0, 1)), None)

    def one(self) -> T:
        """Return the only result; raises `NoResult` for none and `MultipleResults` for more."""
        result = self.one_or_none()
        if result is None:
            raise NoResult(f"Nothing was found for: {self._shown()}")
        return result

    def one_or_none(self) -> T | None:
        """Return the only result, None when there is none; raises `MultipleResults` for more."""
        results = self._slice(0, 2).all()
        if len(results) > 1:
            raise MultipleResults(f"More than one result was found for: {self._shown()}")
        return results[0] if results else None

    def count(self) -> int:
        """Return the number of results, without loading more of them than the server needs to tell."""
        runner, query = self._running(), self._sent()
        if query is None:
            return 0
        return len(runner.rows(query)) if query.node.group_by else runner.count(query)

    def update(
        self, data: Mapping[str, Any], *, batch_size: int = DEFAULT_BATCH_SIZE, on_progress: Progress | None = None
    ) -> int:
        """Give everything the query finds the values in *data*, without loading it; return how many it were.

        Values are checked first. Each request carries *batch_size* entities and is carried out whole or not at all;
        afterwards *on_progress* is called with how many are done and how many there are. Entities the session has show
        the new values, unless they have edits of their own. An error tells how many were `done` before it.
        """
        return self._running().update(self, data, batch_size, on_progress)

    def delete(self, *, batch_size: int = DEFAULT_BATCH_SIZE, on_progress: Progress | None = None) -> int:
        """Delete everything the query finds, at once and without loading it; return how many it were.

        The rest is as for `update`. There is no taking it back.
        """
        return self._running().delete(self, batch_size, on_progress)

    def exists(self) -> bool:
        """Return whether there is any result; at most one is asked for."""
        return self._slice(0, 1).count() > 0

    @overload
    def __getitem__(self, key: int) -> T: ...

    @overload
    def __getitem__(self, key: slice) -> list[T]: ...

    def __getitem__(self, key: int | slice) -> T | list[T]:
        """Return one result, or a slice of them as a list, asking for no others.

        Positions counted from the end take a request more, to count. Raises `NoResult` when there is no such result.
        """
        if isinstance(key, slice):
            return self._sliced(key)
        if not isinstance(key, int):
            raise QueryError(f"Results are known by their position or a slice of positions, not by {key!r}.")
        position = key if key >= 0 else self.count() + key
        if position >= 0:
            for result in self._slice(position, position + 1):
                return result
        raise NoResult(f"There is no result number {key} for: {self._shown()}")

    def _sliced(self, key: slice) -> list[T]:
        if (key.step or 1) < 0:
            return self.all()[key]
        start, stop = key.start or 0, key.stop
        if start < 0 or (stop is not None and stop < 0):
            start, stop, _ = slice(start, stop).indices(self.count())
        return self._slice(start, stop).all()[:: key.step]

    def _slice(self, start: int, stop: int | None) -> Query[T]:
        """Return the query for the results from *start* to *stop* among those within its own offset and limit."""
        limit = self.node.limit
        if limit is not None:
            stop = limit if stop is None else min(stop, limit)
        count = None if stop is None else max(0, stop - start)
        offset = (self.node.offset or 0) + start
        return self._with(offset=offset or None, limit=count)

    def _sent(self) -> Query[T] | None:
        """Return the query as it is sent, without conditions that make no difference; None when nothing can match."""
        check_grouping(self.node)
        if self.free_text is not None and self.node.group_by:
            raise QueryError(f"A search finds entities and cannot be grouped: {self._shown()}")
        criterion = simplified(self.node.criterion)
        if criterion is False or self.node.limit == 0:
            return None
        return self._with(criterion=None if criterion is True else criterion)

    def _running(self) -> Runner:
        if self.runner is None:
            raise UsageError(f"This query belongs to no session; use session.query(str(query)): {self._shown()}")
        return self.runner

    # -- as a value ------------------------------------------------------------------------------------------------

    def pretty(self) -> str:
        """Return the expression with a line for each clause and each condition."""
        return compile_pretty(self.node)

    def __str__(self) -> str:
        return compile_select(self.node)

    def __repr__(self) -> str:
        return f"<query {self._shown()}>"

    def _shown(self) -> str:
        text = str(self) if self.free_text is None else f"{self}, {self.free_text}"
        return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Query):
            return NotImplemented
        return self._asked == other._asked

    def __hash__(self) -> int:
        return hash(self._asked)

    @property
    def _asked(self) -> tuple[Any, ...]:
        return self.node, self.page_size, self.fetch_mode, self.replaces_edits, self.free_text

    def __bool__(self) -> NoReturn:
        raise QueryError(f"Whether a query finds something has to be asked: query.exists(), for: {self._shown()}")

    def __contains__(self, _: object) -> NoReturn:
        raise QueryError("Use query.where(id=...).exists() to ask for one entity, or query.all() to have them all.")

    def __reduce__(self) -> tuple[Any, ...]:
        # Neither a session nor its schema goes into a pickle.
        return Query, (self.node, None, None, self.page_size, self.fetch_mode, self.replaces_edits, self.free_text)

    def __select__(self) -> Select:
        if self.free_text is not None:
            raise QueryError(f"A search cannot be part of another query; find the entities first: {self._shown()}")
        return self.node


def select(entity_type: Any) -> Query[Any]:
    """Return a query on *entity_type*, a class or a name, that belongs to no session.

    Its text can be sent by whatever sends ftrack queries; names are checked when a session gets it.
    """
    name = type_name(entity_type) or entity_type
    if not isinstance(name, str):
        raise QueryError(f"select takes an entity class or the name of an entity type, not {entity_type!r}.")
    node = parse(name)
    if node != Select(node.entity_type):
        raise QueryError(f"select takes the name of an entity type; use Query.from_text({name!r}) for a whole query.")
    return Query(node)


def _amount(clause: str, count: int | None) -> int | None:
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise QueryError(f"{clause} takes a whole number of results, not {count!r}.")
    return count


def _refined(value: V, set_memory: Callable[[V, dict[str, Any]], None], changes: dict[str, Any]) -> V:
    """Return *value* with other attributes, as `attrs.evolve` does, which would be most of what refining costs."""
    refined: V = object.__new__(type(value))
    set_memory(refined, value.__dict__ | changes)
    return refined


# Frozen classes catch every assignment, so their own descriptors give a new value its memory.
_set_select: Callable[[Select, dict[str, Any]], None] = Select.__dict__["__dict__"].__set__
_set_query: Callable[[Query[Any], dict[str, Any]], None] = Query.__dict__["__dict__"].__set__


def as_projections(paths: Iterable[Any]) -> list[Projection]:
    """Return the nodes of projections given as text (`"status.name, parent.name"`) or as attributes, unchecked."""
    return [
        node
        for path in paths
        for node in (parse_projections(path) if isinstance(path, str) else (as_projection(path)[0],))
    ]
