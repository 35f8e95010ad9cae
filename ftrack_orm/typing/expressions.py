"""Pure: the expressions that type checkers see on the classes of a studio package.

At run time an attribute of a class is an `AttributeExpression`, and a key of a mapped collection an `ItemExpression`.
The classes here divide these by the type of their values, so that `Task.bid.like("a")` and `Task.bid == "long"` are
errors of a checker. They are for annotations: nothing creates their instances.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.query.expressions.comparable import Comparable
from ftrack_orm.query.expressions.items import ItemExpression

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.expressions.clause_elements import AggregateExpression
    from ftrack_orm.query.expressions.criteria import CriterionExpression

T = TypeVar("T")
E = TypeVar("E", bound="Entity")
X = TypeVar("X")
X_co = TypeVar("X_co", covariant=True)


class ValueComparisons(Comparable, Generic[T]):
    """The comparisons of every value: whether it equals another one, or one of several."""

    if TYPE_CHECKING:

        def __eq__(self, value: T | None) -> CriterionExpression: ...  # type: ignore[override]
        def __ne__(self, value: T | None) -> CriterionExpression: ...  # type: ignore[override]
        def is_(self, value: T | None) -> CriterionExpression: ...
        def is_not(self, value: T | None) -> CriterionExpression: ...
        def in_(self, values: Iterable[T] | Query[Any]) -> CriterionExpression: ...
        def not_in(self, values: Iterable[T] | Query[Any]) -> CriterionExpression: ...

        # Operators that values of only some types have. A checker reports a call of None.
        __lt__: None  # type: ignore[assignment]
        __le__: None  # type: ignore[assignment]
        __gt__: None  # type: ignore[assignment]
        __ge__: None  # type: ignore[assignment]
        before: None  # type: ignore[assignment]
        after: None  # type: ignore[assignment]
        like: None  # type: ignore[assignment]
        not_like: None  # type: ignore[assignment]
        startswith: None  # type: ignore[assignment]
        endswith: None  # type: ignore[assignment]
        contains: None  # type: ignore[assignment]


class OrderedComparisons(ValueComparisons[T]):
    """The comparisons of values that have an order: numbers, moments and text."""

    if TYPE_CHECKING:

        def __lt__(self, value: T) -> CriterionExpression: ...  # type: ignore[override]
        def __le__(self, value: T) -> CriterionExpression: ...  # type: ignore[override]
        def __gt__(self, value: T) -> CriterionExpression: ...  # type: ignore[override]
        def __ge__(self, value: T) -> CriterionExpression: ...  # type: ignore[override]


class TextComparisons(OrderedComparisons[T]):
    """The comparisons of text. Patterns are any text, also where the values are names that a checker knows."""

    if TYPE_CHECKING:

        def like(self, pattern: str) -> CriterionExpression: ...  # type: ignore[override]
        def not_like(self, pattern: str) -> CriterionExpression: ...  # type: ignore[override]
        def startswith(self, text: str) -> CriterionExpression: ...  # type: ignore[override]
        def endswith(self, text: str) -> CriterionExpression: ...  # type: ignore[override]
        def contains(self, text: str) -> CriterionExpression: ...  # type: ignore[override]


class MomentComparisons(OrderedComparisons["datetime.date | str"]):
    """The comparisons of moments, with aware datetimes, dates, or ISO 8601 text."""

    if TYPE_CHECKING:

        def before(self, moment: datetime.date | str) -> CriterionExpression: ...  # type: ignore[override]
        def after(self, moment: datetime.date | str) -> CriterionExpression: ...  # type: ignore[override]


class ScalarExpression(AttributeExpression):
    """An attribute whose value is no entity: nothing is reached over it, and only numbers are summed."""

    if TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment, misc]
        __getitem__: None  # type: ignore[assignment]
        any: None  # type: ignore[assignment]
        has: None  # type: ignore[assignment]
        sum: None  # type: ignore[assignment]
        avg: None  # type: ignore[assignment]


class ValueExpression(ValueComparisons[T], ScalarExpression):
    """An attribute with values that have no order, such as booleans: `Status.is_active`."""


class NumberExpression(OrderedComparisons[float], ScalarExpression):
    """An attribute with numbers: `Task.bid`."""

    if TYPE_CHECKING:

        def sum(self) -> AggregateExpression: ...  # type: ignore[override]
        def avg(self) -> AggregateExpression: ...  # type: ignore[override]


class TextExpression(TextComparisons[T], ScalarExpression):
    """An attribute with text: `Task.name`. The type parameter is `str`, or the names that are possible."""


class MomentExpression(MomentComparisons, ScalarExpression):
    """An attribute with moments: `Task.end_date`."""


class ValueItem(ValueComparisons[T], ItemExpression):
    """A key of a mapped collection with values that have no order."""


class NumberItem(OrderedComparisons[float], ItemExpression):
    """A key of a mapped collection with numbers: `Shot.custom_attributes["fstart"]`."""


class TextItem(TextComparisons[T], ItemExpression):
    """A key of a mapped collection with text: `Task.metadata["reviewed"]`."""


class MomentItem(MomentComparisons, ItemExpression):
    """A key of a mapped collection with moments."""


class HasPath(Protocol[X_co]):
    """An entity class of a studio package, which knows the class of the paths that lead to one entity."""

    def __path__(self) -> X_co:
        """Return the class of paths; it exists for checkers only."""


class HasPaths(Protocol[X_co]):
    """An entity class of a studio package, which knows the class of the paths that lead to several entities."""

    def __paths__(self) -> X_co:
        """Return the class of paths; it exists for checkers only."""


class EntityPath(AttributeExpression, Generic[E]):
    """An attribute that leads to an entity: `Task.status`.

    Each entity type of a studio package has a subclass, private to the package, with the attributes of that type, and a
    second one for attributes that lead to several entities, with `any` in place of `has`.
    """

    if TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment, misc]

        def __eq__(self, value: E | None) -> CriterionExpression: ...  # type: ignore[override]
        def __ne__(self, value: E | None) -> CriterionExpression: ...  # type: ignore[override]
        def is_(self, value: E | None) -> CriterionExpression: ...
        def is_not(self, value: E | None) -> CriterionExpression: ...
        def in_(self, values: Iterable[E]) -> CriterionExpression: ...
        def not_in(self, values: Iterable[E]) -> CriterionExpression: ...
        @overload
        def __getitem__(self, key: HasPath[X]) -> X: ...
        @overload
        def __getitem__(self, key: str) -> Any: ...
        def __getitem__(self, key: Any) -> Any: ...

        # Methods of values, of numbers, and of collections. A checker reports a call of None.
        __lt__: None  # type: ignore[assignment]
        __le__: None  # type: ignore[assignment]
        __gt__: None  # type: ignore[assignment]
        __ge__: None  # type: ignore[assignment]
        before: None  # type: ignore[assignment]
        after: None  # type: ignore[assignment]
        like: None  # type: ignore[assignment]
        not_like: None  # type: ignore[assignment]
        startswith: None  # type: ignore[assignment]
        endswith: None  # type: ignore[assignment]
        contains: None  # type: ignore[assignment]
        asc: None  # type: ignore[assignment]
        desc: None  # type: ignore[assignment]
        count: None  # type: ignore[assignment]
        sum: None  # type: ignore[assignment]
        avg: None  # type: ignore[assignment]
        min: None  # type: ignore[assignment]
        max: None  # type: ignore[assignment]
        any: None  # type: ignore[assignment]


class EntityPaths:
    """The part of the classes of paths to several entities that is the same for all types: a cast leads to several."""

    if TYPE_CHECKING:
        has: None

        @overload
        def __getitem__(self, key: HasPaths[X]) -> X: ...
        @overload
        def __getitem__(self, key: str) -> Any: ...
        def __getitem__(self, key: Any) -> Any: ...
