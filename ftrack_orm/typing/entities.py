"""Pure: entities and their collections as type checkers see them in a studio package. They are for annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ftrack_orm.entities.classes import Types
from ftrack_orm.entities.custom_attributes.mapping import CustomAttributes
from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.entity import Entity

if TYPE_CHECKING:
    from ftrack_orm.query.expressions.attributes import AttributeExpression

E = TypeVar("E", bound=Entity)


class TypedEntityClass(type):
    """The metaclass of the classes of a studio package: an attribute is reached by item too, as an expression."""

    if TYPE_CHECKING:

        def __getitem__(cls, name: str) -> AttributeExpression: ...
        def __contains__(cls, name: object) -> bool: ...


class TypedEntity(Entity, metaclass=TypedEntityClass):
    """The base of the classes of a studio package: an attribute that they do not name is an error of a checker."""

    if TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment, misc]
        __setattr__: None  # type: ignore[assignment, misc]


class TypedCollection(Collection, Generic[E]):
    """A collection of entities of one type."""

    if TYPE_CHECKING:

        def insert(self, index: int, value: E) -> None: ...  # type: ignore[override]
        def append(self, value: E) -> None: ...  # type: ignore[override]
        def extend(self, values: Iterable[E]) -> None: ...  # type: ignore[override]
        def remove(self, value: E) -> None: ...  # type: ignore[override]
        def index(self, value: E, start: int = 0, stop: int | None = None) -> int: ...  # type: ignore[override]
        def pop(self, index: int = -1) -> E: ...
        def copy(self) -> list[E]: ...  # type: ignore[override]
        def __add__(self, other: Iterable[E]) -> list[E]: ...  # type: ignore[override]
        def __radd__(self, other: Iterable[E]) -> list[E]: ...  # type: ignore[override]
        def __iadd__(self, other: Iterable[E]) -> TypedCollection[E]: ...  # type: ignore[override]
        @overload  # type: ignore[override]
        def __getitem__(self, index: int) -> E: ...
        @overload
        def __getitem__(self, index: slice) -> list[E]: ...
        def __getitem__(self, index: Any) -> Any: ...
        @overload  # type: ignore[override]
        def __setitem__(self, index: int, value: E) -> None: ...
        @overload
        def __setitem__(self, index: slice, value: Iterable[E]) -> None: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __iter__(self) -> Iterator[E]: ...
        def __reversed__(self) -> Iterator[E]: ...


class ReadOnlyCollection(TypedCollection[E]):
    """A collection of entities that the server derives. Checkers refuse what would change it, as a session does."""

    if TYPE_CHECKING:
        __delitem__: None  # type: ignore[assignment]
        __iadd__: None  # type: ignore[assignment]
        __setitem__: None  # type: ignore[assignment]
        append: None  # type: ignore[assignment]
        clear: None  # type: ignore[assignment]
        extend: None  # type: ignore[assignment]
        insert: None  # type: ignore[assignment]
        pop: None  # type: ignore[assignment]
        remove: None  # type: ignore[assignment]
        reverse: None  # type: ignore[assignment]


class TypedCustomAttributes(CustomAttributes):
    """The custom attributes of one entity type. The classes of a studio package name the keys and their types."""


class TypedTypes(Types):
    """The entity classes of a session as `session.types`, whose attributes a studio package names."""

    if TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment, misc]
