"""Pure: the attributes of a studio package's classes as type checkers see them.

On a class an attribute is an expression, on an entity a value. Values are never None for a checker, since the schema
does not say which can be missing, and paths such as `task.parent.parent.name` would need a test at every dot. None can
be assigned to attributes that a server does not require. The classes are for annotations: nothing creates instances.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypedDict, TypeVar, overload

from ftrack_orm.entities.entity import Entity

from .entities import ReadOnlyCollection, TypedCollection
from .expressions import MomentExpression, NumberExpression, TextExpression, ValueExpression

T = TypeVar("T")
N = TypeVar("N", int, float)
E = TypeVar("E", bound=Entity)
X = TypeVar("X")  # the expression of the class
S = TypeVar("S")  # the values that can be assigned


class PathEntry(TypedDict):
    """One entry of `link`, the path to an entity from its project: its name, and its key and type."""

    id: str
    type: str
    name: str


class Attribute(Generic[X, T, S]):
    """An attribute with the expression X, the value T, and the assignable values S."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, entity: None, cls: type[Any]) -> X: ...
        @overload
        def __get__(self, entity: Entity, cls: type[Any]) -> T: ...
        def __get__(self, entity: Entity | None, cls: type[Any]) -> Any: ...
        def __set__(self, entity: Entity, value: S) -> None: ...


class Value(Attribute[ValueExpression[T], T, T | None]):
    """A value without an order: `Status.is_active`."""


class RequiredValue(Attribute[ValueExpression[T], T, T]):
    """A `Value` that cannot be None."""


class ReadOnlyValue(Attribute[ValueExpression[T], T, NoReturn]):
    """A `Value` that cannot be set, or on creation only."""


class Text(Attribute[TextExpression[T], T, str | None]):
    """A text: `Task.description`. The type parameter is `str`, or the names that are known to exist."""


class RequiredText(Attribute[TextExpression[T], T, str]):
    """A `Text` that cannot be None."""


class ReadOnlyText(Attribute[TextExpression[T], T, NoReturn]):
    """A `Text` that cannot be set, or on creation only."""


class Key(Attribute[TextExpression[str | uuid.UUID], str, str | uuid.UUID | None]):
    """The key of an entity: `Task.status_id`. A value of `uuid` can be compared and assigned too."""


class RequiredKey(Attribute[TextExpression[str | uuid.UUID], str, str | uuid.UUID]):
    """A `Key` that cannot be None."""


class ReadOnlyKey(Attribute[TextExpression[str | uuid.UUID], str, NoReturn]):
    """A `Key` that cannot be set, or on creation only: `Task.id`."""


class Choice(Attribute[TextExpression[T], T, T | None]):
    """A text with few possible values, which the type parameter names: `Job.status`."""


class RequiredChoice(Attribute[TextExpression[T], T, T]):
    """A `Choice` that cannot be None."""


class Number(Attribute[NumberExpression, N, N | None]):
    """A number: `Task.bid`."""


class RequiredNumber(Attribute[NumberExpression, N, N]):
    """A `Number` that cannot be None."""


class ReadOnlyNumber(Attribute[NumberExpression, N, NoReturn]):
    """A `Number` that cannot be set, or on creation only."""


class Moment(Attribute[MomentExpression, datetime.datetime, datetime.date | str | None]):
    """A moment: `Task.end_date`. A date or ISO 8601 text can be assigned too."""


class RequiredMoment(Attribute[MomentExpression, datetime.datetime, datetime.date | str]):
    """A `Moment` that cannot be None."""


class ReadOnlyMoment(Attribute[MomentExpression, datetime.datetime, NoReturn]):
    """A `Moment` that cannot be set, or on creation only."""


class Reference(Attribute[X, E, E | None]):
    """One related entity: `Task.status`. The first type parameter is the class of paths to it."""


class RequiredReference(Attribute[X, E, E]):
    """A `Reference` that cannot be None."""


class ReadOnlyReference(Attribute[X, E, NoReturn]):
    """A `Reference` that cannot be set, or on creation only."""


class Entities(Attribute[X, TypedCollection[E], Iterable[E]]):
    """Several related entities: `Task.assignments`. The first type parameter is the class of paths to them."""


class ReadOnlyEntities(Attribute[X, ReadOnlyCollection[E], NoReturn]):
    """Related entities that the server derives: `Task.ancestors`."""
