"""Pure: queries of a studio package as type checkers see them: names in `where(name=...)` are attributes of the type.

At run time they are ordinary queries. The classes are for annotations: nothing creates their instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Protocol, TypedDict, TypeVar, overload

from ftrack_orm.entities.entity import Entity
from ftrack_orm.query.builder import Query

if TYPE_CHECKING:
    from ftrack_orm.query.expressions.criteria import CriterionExpression
    from ftrack_orm.transport.cancellation import Cancellation

E = TypeVar("E", bound=Entity)
P = ParamSpec("P")
Q = TypeVar("Q", bound=Query[Any])
X_co = TypeVar("X_co", covariant=True)


class QueryOptions(TypedDict, total=False):
    """The options of `Session.query`."""

    check: bool
    headers: Mapping[str, str] | None
    push_token: str | None
    timeout: float | None
    cancellation: Cancellation | None


class SearchOptions(TypedDict, total=False):
    """The options of `Session.search`."""

    context: Entity | str | None
    object_types: Iterable[Entity | str]


class HasCriteria(Protocol[P]):
    """An entity class of a studio package, which knows the arguments of `where` for its attributes."""

    def __criteria__(self, *criteria: P.args, **values: P.kwargs) -> None:
        """Take the arguments of `where`; it exists for checkers only."""


class ResultsOf(Protocol[X_co]):
    """A query with results of one class."""

    def one(self) -> X_co:
        """Return one result, see `Query.one`."""


class TypedQuery(Query[E]):
    """A query on a type of a studio package: `where` accepts the names of its attributes only, with their values."""

    if TYPE_CHECKING:

        @overload
        def where(self: TypedQuery[NoReturn], *criteria: CriterionExpression | str, **values: Any) -> TypedQuery[E]: ...
        @overload
        def where(self: ResultsOf[HasCriteria[P]], *criteria: P.args, **values: P.kwargs) -> TypedQuery[E]: ...
        def where(self, *criteria: Any, **values: Any) -> Any: ...
