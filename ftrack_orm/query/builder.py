"""Pure: queries as immutable values, built by chaining methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, SupportsIndex, TypeVar, cast, overload

import attrs

from ftrack_orm.errors import InvalidValue, QueryError, UsageError
from ftrack_orm.values import DEFAULT_PAGE_SIZE, FetchMode, native_integer

from .executable import Executable, Runner
from .expressions.attributes import compare_by_name
from .expressions.clause_elements import AggregateExpression, AggregateOrdering
from .expressions.clauses import build_ordering, build_projection
from .expressions.criteria import build_criteria
from .expressions.free_text import FreeText, build_free_text
from .language.checks import check_group_key, check_ordering, check_projection, check_select
from .language.compiler import compile_pretty, compile_select
from .language.errors_at import with_excerpt
from .language.literals import entity_type_of_class
from .language.nodes import Groups, Path, Projection, Select, conjunction
from .language.parser import parse, parse_orderings, parse_projections
from .language.schema_protocol import SchemaInfo

if TYPE_CHECKING:
    import uuid

    from typing_extensions import Self

    from ftrack_orm.transport.cancellation import Cancellation

    from .expressions.attributes import AttributeExpression
    from .expressions.clause_elements import GroupCondition, OrderingExpression
    from .expressions.criteria import CriterionExpression
    from .expressions.items import ColumnContent
    from .language.schema_protocol import Referable

T = TypeVar("T")
N = TypeVar("N")
V = TypeVar("V")

#: The keys of an order that are aggregates.
_ELEMENTS_OF_GROUPS = (AggregateExpression, AggregateOrdering)

#: Characters of a query in its repr and in errors.
_EXCERPT_LENGTH = 300


@attrs.frozen(slots=False, eq=False, repr=False)  # refining copies the `__dict__`
class Query(Executable[T]):
    """An immutable query on one entity type. Every method that refines it returns a new query.

    No request is made until the query is iterated or a method that returns results is called. `str(query)` is its
    expression in ftrack's language. Queries are equal when their expressions and options are. A pickled query has to be
    bound to a session again before it can be run.
    """

    node: Select
    schema: SchemaInfo | None = None
    runner: Runner | None = None
    page_size: int = DEFAULT_PAGE_SIZE
    fetch_mode: str | None = None
    replaces_edits: bool = False
    free_text: FreeText | None = None
    groups: Groups | None = None
    prefers_memory: bool = False
    #: The columns of rows and tables, if keys of mapped collections are selected, which are projected as a whole.
    selected_columns: tuple[Any, ...] | None = None
    on_refresh: Callable[[list[T]], object] | None = None
    #: `RequestOptions`, which few queries have, so that their module is imported when it is needed; or None.
    request_options: Any = None

    @classmethod
    def from_text(
        cls,
        text: str,
        schema: SchemaInfo | None = None,
        runner: Runner | None = None,
        page_size: int = DEFAULT_PAGE_SIZE,
    ) -> Query[Any]:
        """Return the query of *text*: the name of a type, `Task where ...`, or a whole `select ... from Task ...`.

        Names are checked with *schema*. Raises `QueryError`, `UnknownEntityType` or `UnknownAttribute`, which show the
        position in the text.
        """
        groups = None
        try:
            node = parse(text)
        except QueryError:
            from .grouping import parse_with_aggregates

            parsed = parse_with_aggregates(text)
            if parsed is None:
                raise
            node, groups = parsed
        if schema is not None:
            try:
                check_select(node, schema)
            except UsageError as error:
                raise with_excerpt(error, text) from None
        query = cls(node, schema, runner, page_size)
        return query if groups is None else query._with_options(groups=groups).bind(schema, runner)

    @classmethod
    def on(
        cls, entity_type: str, schema: SchemaInfo, runner: Runner | None = None, page_size: int = DEFAULT_PAGE_SIZE
    ) -> Query[Any]:
        """Return the query for all entities of *entity_type*; raises `UnknownEntityType`."""
        return cls(Select(schema.type(entity_type).name), schema, runner, page_size)

    def bind(self, schema: SchemaInfo | None, runner: Runner | None) -> Self:
        """Return the query checked with *schema* and run by *runner*."""
        bound = self._with_options(schema=schema, runner=runner)
        if schema is not None:
            check_select(self.node, schema)
            if self.groups is not None:
                from .grouping import check_groups

                check_groups(bound)
        return bound

    # -- clauses ---------------------------------------------------------------------------------------------------

    def where(self, *criteria: CriterionExpression | str, **values: Any) -> Self:
        """Return the query restricted to results that also meet all of *criteria* and have *values*.

        Criteria are expressions such as `Task.name == "x"`, or texts such as `"name is x"`. *values* compare attributes
        by name: `name="x"`.
        """
        node = self.node
        operands = build_criteria("where", criteria, node.entity_type, self.schema) if criteria else []
        if values:
            operands += compare_by_name(values, node.entity_type, self.schema)
        return self._with_clauses(criterion=conjunction(node.criterion, *operands))

    def select(
        self,
        *projections: ColumnContent,
        **renamed: AttributeExpression | AggregateExpression | str,
    ) -> Self:
        """Return the query that also selects *projections*: attributes, aggregates, or texts such as `"name, bid"`.

        A query without a call of this method selects the default projections of the entity type. *renamed* are
        aggregates of a query with groups, by the names that they have in its rows: `select(tasks=Task.id.count())`.

        A key of a mapped collection, such as `"custom_attributes.fstart"` or `Shot.metadata["cut"]`, is a column of
        `rows` and of tables. Its collection is loaded as a whole.
        """
        selected = dict.fromkeys(self.node.projections)
        for projection in projections:
            try:
                nodes = self._build_projections(projection)
            except UsageError:
                from .columns import select_columns

                if self.node.group_by or renamed:
                    raise
                return select_columns(self, projections)
            for node in nodes:
                selected[node] = None
        if self.selected_columns is not None and not (self.node.group_by or renamed):
            from .columns import select_columns

            return select_columns(self, projections)
        if renamed:
            return self._with_named(renamed, lambda nodes: {"projections": tuple(dict.fromkeys((*selected, *nodes)))})
        return self._with_clauses(projections=tuple(selected))

    def order_by(
        self, *keys: AttributeExpression | OrderingExpression | AggregateExpression | AggregateOrdering | str
    ) -> Self:
        """Return the query ordered by its previous keys and then by *keys*: attributes, `attribute.desc()`, or texts.

        A text is as in the language: `"priority.sort descending, name"`. Groups are ordered by their keys, by
        aggregates such as `Task.id.count().desc()` or `"count(id) desc"`, and by the names given to these.
        """
        orderings = list(self.node.order_by)
        key: Any
        for key in keys:
            is_text = isinstance(key, str)
            if (
                self.node.group_by
                or self.groups is not None
                or (is_text and "(" in key)
                or type(key) in _ELEMENTS_OF_GROUPS
            ):
                from .grouping import order_groups

                return order_groups(self, keys)
            if is_text:
                orderings.extend(self._parse(parse_orderings, check_ordering, key))
            else:
                orderings.append(build_ordering(key, self.node.entity_type, self.schema))
        return self._with_clauses(order_by=tuple(orderings))

    def group_by(self, *keys: AttributeExpression | str, **renamed: AttributeExpression | str) -> Query[dict[str, Any]]:
        """Return the query whose results are one plain row for each combination of values of *keys*.

        Keys are attributes or texts, *renamed* keys by the names that they have in the rows. Only aggregates and keys
        can be selected; the keys are in every row. `having` restricts the groups.
        """
        paths: list[Path] = []
        if renamed:
            keys = (*keys, *renamed.values())
        for key in keys:
            for node in self._build_projections(key):
                if not isinstance(node, Path):
                    raise QueryError(f"group_by takes attributes, not the aggregate {node.function.value}.")
                if self.schema is not None:
                    check_group_key(node, self.node.entity_type, self.schema)
                paths.append(node)
        grouped = self._with_clauses(group_by=(*self.node.group_by, *paths))
        if renamed:
            grouped = grouped._with_named(renamed, lambda _: {})
        return cast("Query[dict[str, Any]]", grouped)

    def having(self, *conditions: GroupCondition | CriterionExpression | str) -> Self:
        """Return the query with groups restricted to those that also meet all of *conditions* on keys and aggregates.

        Conditions are expressions such as `Task.id.count() > 3`, or texts such as `"sum(bid) > 0"`, in which names of
        columns can be used too. ftrack has no such conditions: they are evaluated here, on the rows of all groups,
        and so are then the order, the offset and the limit.
        """
        from .grouping import add_condition

        return add_condition(self, conditions)

    def limit(self, count: SupportsIndex | None) -> Self:
        """Return the query with at most *count* results, which replaces its limit; None removes the limit."""
        return self._with_clauses(limit=_check_count("limit", count))

    def offset(self, count: SupportsIndex | None) -> Self:
        """Return the query without its first *count* results, which replaces its offset; None removes the offset."""
        return self._with_clauses(offset=_check_count("offset", count))

    # -- options ---------------------------------------------------------------------------------------------------

    def with_page_size(self, count: SupportsIndex) -> Self:
        """Return the query with pages of *count* results."""
        if not _check_count("with_page_size", count):
            raise QueryError("with_page_size takes the number of results in a page, at least 1.")
        return self._with_options(page_size=count)

    def fetching(self, mode: Literal["peers", "one", "never"]) -> Self:
        """Return the query with a fetch mode for its results, which decides how a value that is not loaded is read.

        `"peers"` loads it for every entity that arrived together, `"one"` for that entity only, and `"never"` raises
        `NotFetched`. The mode overrides that of the session; a `with session.fetching(...)` block overrides both.
        """
        return self._with_options(fetch_mode=FetchMode.named(mode, error=QueryError).value)

    def with_request_options(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Self:
        """Return the query whose requests have these options, over those it has already and those of the session.

        *headers* are sent too, and override others. *timeout* is in seconds. `cancellation.cancel()` on another thread
        makes the query raise `RequestCancelled` at once. The server repeats *push_token* in the events that
        `Query.update` and `Query.delete` cause. Values that are loaded later, by reading them, are requests of their
        own: for these there is `session.request_options`. Raises `InvalidValue`, and `SettingsError` for a header that
        cannot be sent.
        """
        # Imported here: few queries have options.
        from ftrack_orm.request_options import RequestOptions

        options = RequestOptions(headers, push_token, timeout, cancellation)
        if self.request_options is not None:
            options = options.over(self.request_options)
        return self._with_options(request_options=options)

    def populate_existing(self) -> Self:
        """Return the query whose results replace unsaved edits by the values of the server."""
        return self._with_options(replaces_edits=True)

    def prefer(
        self, source: Literal["memory", "server"], on_refresh: Callable[[list[T]], object] | None = None
    ) -> Self:
        """Return the query that is answered from *source*: "memory", or "server" as by default.

        From memory, the answer is the last result of this query, or else the loaded entities that meet its criterion.
        Without any of these, the server is asked and waited for. Values that are known to have changed since decide as
        far as they are loaded. After the answer, the query is sent in the background: its rows are merged into the
        entities, its result is the next answer, and `on_refresh(result)` is called on the thread in the background. A
        refresh that fails is logged, and the last result is kept.

        Raises `QueryError` for another source, and when a query that prefers memory
        is run with groups, with `populate_existing`, or by `dicts`, `walk`, `update` or `delete`.
        """
        if source not in ("memory", "server"):
            raise QueryError(f"prefer takes 'memory' or 'server', not {source!r:.200}.")
        if on_refresh is not None and (source == "server" or not callable(on_refresh)):
            raise QueryError("on_refresh is a function that prefer('memory', on_refresh) calls with the new result.")
        return self._with_options(prefers_memory=source == "memory", on_refresh=on_refresh)

    def search(
        self,
        terms: str | Iterable[str],
        *,
        context: Referable | str | uuid.UUID | None = None,
        object_types: Referable | str | Iterable[Referable | str | uuid.UUID] = (),
    ) -> Self:
        """Return the query restricted to results that the server's text search finds for all of *terms*.

        *terms* is a text, whose words are the terms, or an iterable of terms. *context*, an entity or an id, restricts
        the search to it and its descendants, and *object_types*, entities or ids, to those types of context. A second
        search replaces the first. Raises `QueryError` without terms.
        """
        return self._with_options(free_text=build_free_text(terms, context, object_types, self.schema))

    def _with_named(self, contents: Mapping[str, Any], clauses: Callable[[list[Projection]], dict[str, Any]]) -> Self:
        """Return the query with names for columns, and with the *clauses* that have their contents."""
        from .grouping import name_columns

        nodes = {name: self._build_projections(content) for name, content in contents.items()}
        return name_columns(self._with_clauses(**clauses([node for each in nodes.values() for node in each])), nodes)

    def _with_clauses(self, **clauses: Any) -> Self:
        """Return the query with *clauses* replaced."""
        return _replace(self, _set_query_dict, {"node": _replace(self.node, _set_select_dict, clauses)})

    def _with_options(self, **options: Any) -> Self:
        """Return the query with *options*, fields other than the clauses, replaced."""
        return _replace(self, _set_query_dict, options)

    def _build_projections(self, projection: Any) -> tuple[Projection, ...]:
        if isinstance(projection, str):
            return self._parse(parse_projections, check_projection, projection)
        return (build_projection(projection, self.node.entity_type, self.schema),)

    def _parse(
        self, rule: Callable[[str], tuple[N, ...]], check: Callable[[N, str, SchemaInfo], None], text: str
    ) -> tuple[N, ...]:
        """Return the nodes of *text*, checked if there is a schema; errors show the position in the text."""
        nodes = rule(text)
        if self.schema is not None:
            for node in nodes:
                try:
                    check(node, self.node.entity_type, self.schema)
                except UsageError as error:
                    raise with_excerpt(error, text) from None
        return nodes

    # -- as a value ------------------------------------------------------------------------------------------------

    def pretty(self) -> str:
        """Return the expression with a line for each clause and each condition."""
        return compile_pretty(self.node)

    def __str__(self) -> str:
        return compile_select(self.node)

    def __repr__(self) -> str:
        return f"<query {self._excerpt()}>"

    def _excerpt(self) -> str:
        """Return the beginning of the expression and the search."""
        text = str(self) if self.free_text is None else f"{self}, {self.free_text}"
        if self.groups is not None:
            from .grouping import describe

            text += describe(self.groups)
        return text if len(text) <= _EXCERPT_LENGTH else text[: _EXCERPT_LENGTH - 3] + "..."

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Query):
            return NotImplemented
        return self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[Any, ...]:
        return (
            self.node,
            self.page_size,
            self.fetch_mode,
            self.replaces_edits,
            self.free_text,
            self.groups,
            self.prefers_memory,
            self.selected_columns,
            self.on_refresh,
            self.request_options,
        )

    if not TYPE_CHECKING:  # Checkers would take any name for an attribute otherwise.

        def __getattr__(self, name: str) -> Any:
            if name[:2] == "__":
                raise AttributeError(name)
            # Imported here, because errors are rare.
            from ftrack_orm.official_names import unknown_name

            raise unknown_name("query", "A query", name, [each for each in dir(type(self)) if each[0] != "_"])

    def __bool__(self) -> NoReturn:
        raise QueryError(f"A query has no truth value; use query.exists(), which makes a request: {self._excerpt()}")

    def __contains__(self, _: object) -> NoReturn:
        raise QueryError("Use query.where(id=...).exists() for a single entity, or query.all() to load all results.")

    if not TYPE_CHECKING:  # Checkers refuse these by themselves.

        def __len__(self):
            # A `TypeError`, after which list(query) iterates, and without the query's text, which would cost it time.
            raise InvalidValue(
                "A query has no length; use query.count(), which makes a request, or len(query.all()), which loads all "
                "results."
            )

        def __reversed__(self):
            raise QueryError(f"Use reversed(query.all()), or order_by(attribute.desc()): {self._excerpt()}")

    def __copy__(self) -> Self:
        return self  # immutable

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Neither the schema, nor the runner, nor the callback of a refresh is pickled.
        options = None if self.request_options is None else self.request_options.without_cancellation()
        return Query, (self.node, None, None, *self._compared[1:-2], None, options)

    def __select__(self) -> Select:
        if self.free_text is not None:
            raise QueryError(f"A search cannot be part of another query; find the entities first: {self._excerpt()}")
        return self.node


@overload
def select(entity_type: type[T]) -> Query[T]: ...
@overload
def select(entity_type: str) -> Query[Any]: ...
def select(entity_type: type[Any] | str) -> Query[Any]:
    """Return a query on *entity_type*, a class or a name, that belongs to no session.

    Its text can be sent by any client of ftrack. Names are checked when the query is bound to a session.
    """
    name = entity_type_of_class(entity_type) or entity_type
    if not isinstance(name, str):
        raise QueryError(f"select takes an entity class or the name of an entity type, not {entity_type!r}.")
    node = parse(name)
    if node != Select(node.entity_type):
        raise QueryError(f"select takes the name of an entity type; use Query.from_text({name!r}) for a whole query.")
    return Query(node)


def _check_count(method: str, count: SupportsIndex | None) -> int | None:
    if count is None:
        return None
    number = native_integer(count)
    if number is None or number < 0:
        raise QueryError(f"{method} takes a whole number of results, not {count!r}.")
    return number


def _replace(value: V, set_dict: Callable[[V, dict[str, Any]], None], changes: dict[str, Any]) -> V:
    """Return a copy of *value* with *changes*. It is `attrs.evolve` without its cost, most of the cost of refining."""
    replaced: V = object.__new__(type(value))
    set_dict(replaced, value.__dict__ | changes)
    return replaced


# Frozen classes refuse every assignment, so the `__dict__` of a copy is set through the descriptor of its class.
_set_select_dict: Callable[[Select, dict[str, Any]], None] = Select.__dict__["__dict__"].__set__
_set_query_dict: Callable[[Query[Any], dict[str, Any]], None] = Query.__dict__["__dict__"].__set__
