"""Edge: the methods of a session that find entities: queries, searches and lookups by key."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from ftrack_orm.entities.entity import Entity, given_key
from ftrack_orm.query.builder import Query
from ftrack_orm.values import FetchMode

from .session_methods import SessionMethods, type_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ftrack_orm.transport.cancellation import Cancellation

    from .reference_methods import KeyPart


_E = TypeVar("_E", bound=Entity)
_T = TypeVar("_T")


class QueryMethods(SessionMethods):
    """The methods of `Session` that find entities."""

    @overload
    def query(
        self,
        what: type[_E],
        page_size: int | None = None,
        *,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[_E]: ...

    @overload
    def query(
        self,
        what: Query[_T],
        page_size: int | None = None,
        *,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[_T]: ...

    @overload
    def query(
        self,
        what: str | None = None,
        page_size: int | None = None,
        *,
        expression: str | None = None,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[Any]: ...

    def query(
        self,
        what: type[Entity] | str | Query[Any] | None = None,
        page_size: int | None = None,
        *,
        expression: str | None = None,
        check: bool = True,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Query[Any]:
        """Return a query on an entity class or type name, or for a whole *expression* in the query language.

        A query that belongs to no session, or to another one, is returned as a query of this session.

        No request is made until the query is iterated or one of its `all`, `first`, `one`, `count` ... is called. The
        last four arguments are those of `call`, see `Query.with_request_options`.
        Raises `QueryError` for text that cannot be parsed, with the position, and `UnknownEntityType` or
        `UnknownAttribute` for names that the server's schema does not have.

        With `check=False` the names are not checked: servers know types and attributes that their schema does not
        list, and ftrack's own tools use them. Results of a type that the schema lists are entities. Those of other
        types are plain rows, as dicts.
        """
        if "IPython" in sys.modules:
            self._offer_completion()
        what = what if expression is None else expression
        runner, size = self._parts.query_runner, self._parts.settings.page_size
        if isinstance(what, Query):
            query = what.bind(self.schema if check else None, runner)
        elif check:
            # A class needs no parsing, which would take as long as building a whole criterion.
            make = Query.from_text if isinstance(what, str) else Query.on
            query = make(type_name(what), self.schema, runner, size)
        else:
            query = Query.from_text(type_name(what), None, runner, size)
        if (headers, push_token, timeout, cancellation) != (None, None, None, None):
            query = query.with_request_options(
                headers=headers, push_token=push_token, timeout=timeout, cancellation=cancellation
            )
        return query if page_size is None else query.with_page_size(page_size)

    @overload
    def all(self, *queries: Query[_T] | type[_T]) -> list[list[_T]]: ...

    @overload
    def all(self, *queries: Query[Any] | type[Entity] | str) -> list[list[Any]]: ...

    def all(self, *queries: Query[Any] | type[Any] | str) -> list[list[Any]]:
        """Return the results of several queries, a list for each, which are requested together.

            tasks, statuses, users = session.all(tasks_of_shot, "Status", User)

        Each of *queries* is a query, or what `query` takes. Pages after the first are requested for each query by
        itself. Raises the errors of `query`, and `QueryError` for a query with groups.
        """
        from ftrack_orm.query.several import results_of

        made = [each if isinstance(each, Query) else self.query(each) for each in queries]
        return results_of(made, self.schema, self._parts.query_runner)

    @overload
    def search(
        self,
        what: type[_E],
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[_E]: ...

    @overload
    def search(
        self,
        what: str,
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[Any]: ...

    def search(
        self,
        what: type[Entity] | str,
        terms: str | Iterable[str],
        *,
        context: Entity | str | None = None,
        object_types: Iterable[Entity | str] = (),
    ) -> Query[Any]:
        """Return a query by the server's text search: `session.search("Task", "anim sh010")`.

        The arguments are those of `query` and `Query.search`. The server decides which attributes it searches.
        """
        return self.query(what).search(terms, context=context, object_types=object_types)

    @overload
    def get(
        self,
        entity_type: type[_E],
        key: KeyPart | Sequence[KeyPart] | None = None,
        *,
        entity_key: KeyPart | Sequence[KeyPart] | None = None,
    ) -> _E | None: ...

    @overload
    def get(
        self,
        entity_type: str,
        key: KeyPart | Sequence[KeyPart] | None = None,
        *,
        entity_key: KeyPart | Sequence[KeyPart] | None = None,
    ) -> Entity | None: ...

    def get(
        self,
        entity_type: type[Entity] | str,
        key: KeyPart | Sequence[KeyPart] | None = None,
        *,
        entity_key: KeyPart | Sequence[KeyPart] | None = None,
    ) -> Entity | None:
        """Return the entity with the id *key* (or, for types with a longer key, those key values), or None.

        The values are text, whole numbers or `uuid.UUID`. An entity that the session has loaded is returned without a
        request. Raises `InvalidValue` for a key of another form, such as None. *entity_key* is the name of *key* in the
        official client.
        """
        name = type_name(entity_type)
        given = key if entity_key is None else entity_key
        return self._workspace.loader.get(name, given_key(self.schema.type(name), given))

    def fetching(self, mode: Literal["peers", "one", "never"]) -> AbstractContextManager[None]:
        """Set the fetch mode (`"peers"`, `"one"` or `"never"`) for reading missing values inside a `with` block."""
        return self._workspace.fetching(FetchMode.named(mode))
