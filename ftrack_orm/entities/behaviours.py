"""Pure: the rules for behaviours, the mixins that give entity types methods beyond the attributes of the schema."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import CellType, FunctionType, MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

import attrs

from ftrack_orm.errors import UsageError

from .entity import Entity

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

_B = TypeVar("_B", bound=type)

#: A mixin, or its name as "module:Class", which is imported when it is first needed.
Behaviour: TypeAlias = "type | str"

#: The special methods of `Entity` that only raise errors, in place of which a behaviour may give them a meaning.
_REPLACEABLE = frozenset({"__contains__", "__iter__", "__len__", "__lt__", "__le__", "__gt__", "__ge__"})
#: The names that an entity class needs for itself.
_RESERVED = (
    frozenset({name for name, value in vars(Entity).items() if isinstance(value, FunctionType)}) | {"_ftrack_state"}
) - _REPLACEABLE


@attrs.frozen
class BehaviourTable:
    """The behaviours by the name of a type, or of an attribute that a type has to have, in the order of precedence.

    A row may name mixins as "module:Class", modules of *package*, which are imported when a class needs them.
    """

    by_type: Mapping[str, Sequence[Behaviour]] = MappingProxyType({})
    by_attribute: Mapping[str, Sequence[Behaviour]] = MappingProxyType({})
    package: str | None = None

    def of(self, entity_type: EntityType) -> list[type]:
        """Return the mixins of *entity_type* by its own name and its attributes."""
        rows = [self.by_type.get(entity_type.name, ())]
        rows += [row for name, row in self.by_attribute.items() if name in entity_type.attributes]
        return [self._load(behaviour) for row in rows for behaviour in row]

    def _load(self, behaviour: Behaviour) -> type:
        if isinstance(behaviour, type):
            return behaviour
        module, _, name = behaviour.partition(":")
        loaded: type = getattr(importlib.import_module(f".{module}", self.package), name)
        return loaded


def check_behaviour(entity_type: str, behaviour: type) -> None:
    """Raise `UsageError` if the mixin *behaviour* cannot be joined to the class of *entity_type*.

    All entity classes share one memory layout, so that an entity of a base type can become one of a subtype. A mixin
    therefore has no instance state: it and its bases declare `__slots__ = ()`. It must not define a method of `Entity`
    either, such as `__setattr__`.
    """
    if not isinstance(behaviour, type):
        raise UsageError(f"The behaviour of {entity_type} must be a class, not {behaviour!r}.", entity_type=entity_type)
    problem = _problem(behaviour)
    if problem is not None:
        raise UsageError(f"The behaviour {behaviour.__qualname__} of {entity_type} {problem}.", entity_type=entity_type)


def check_names(entity_types: Iterable[EntityType], behaviour: type) -> None:
    """Raise `UsageError` if *behaviour* defines a name of an attribute that one of *entity_types* has.

    The attribute would win, and the method or property could never be reached.
    """
    defined = names_defined_by_behaviours(behaviour.__mro__)
    for entity_type in entity_types:
        hidden = sorted(name for name in defined if name in entity_type.attributes and not name.startswith("__"))
        if hidden:
            raise UsageError(
                f"The behaviour {behaviour.__qualname__} defines {', '.join(hidden)}, which {entity_type.name} has as "
                f"an attribute of the server's schema. Attributes win, so use another name.",
                entity_type=entity_type.name,
                attribute=hidden[0],
            )


def names_defined_by_behaviours(mro: Iterable[type]) -> set[str]:
    """Return the names that the behaviours in *mro*, and their bases, define."""
    return {name for cls in _behaviours_in(mro) for name in vars(cls)}


def _behaviours_in(mro: Iterable[type]) -> Iterator[type]:
    return (cls for cls in mro if cls is not object and not issubclass(cls, Entity))


def without_instance_state(behaviour: _B) -> _B:
    """Return *behaviour*, or a copy of the class with `__slots__ = ()` if only that declaration is missing in it.

    Studios write a plain class. Its methods keep their `super()`, which refers to the class by a cell.
    """
    has_dictionary = isinstance(behaviour, type) and type(behaviour) is type and "__slots__" not in vars(behaviour)
    if not has_dictionary or any(map(_has_instance_state, behaviour.__bases__)):
        return behaviour
    namespace = {name: value for name, value in vars(behaviour).items() if name not in ("__dict__", "__weakref__")}
    copied = cast("_B", type(behaviour.__name__, behaviour.__bases__, {**namespace, "__slots__": ()}))
    copied.__qualname__ = behaviour.__qualname__
    for cell in _cells_of(namespace.values()):
        if cell.cell_contents is behaviour:
            cell.cell_contents = copied
    return copied


def _cells_of(values: Iterable[object]) -> Iterator[CellType]:
    """Yield the filled cells of the functions in *values*: of methods, properties, and functions that these wrap."""
    pending, seen = list(values), set[int]()
    while pending:
        value = pending.pop()
        if isinstance(value, property):
            pending += [value.fget, value.fset, value.fdel]
        elif isinstance(value, (classmethod, staticmethod)):
            pending.append(value.__func__)
        if not isinstance(value, FunctionType) or id(value) in seen:
            continue
        seen.add(id(value))
        for cell in value.__closure__ or ():
            with contextlib.suppress(ValueError):  # an empty cell
                pending.append(cell.cell_contents)
                yield cell


def _problem(behaviour: type) -> str | None:
    if issubclass(behaviour, Entity):
        return "is an entity class; a behaviour is a mixin without this base"
    if type(behaviour) is not type:
        return f"has the metaclass {type(behaviour).__name__}; entity classes have another one"
    if _has_instance_state(behaviour):
        return "has instance state; declare `__slots__ = ()` in it and in its bases"
    reserved = sorted(names_defined_by_behaviours(behaviour.__mro__) & _RESERVED)
    if reserved:
        return f"defines {', '.join(reserved)}, which entities need themselves"
    for cls in _behaviours_in(behaviour.__mro__):
        for name, value in vars(cls).items():
            if isinstance(value, cached_property):
                return f"defines {name} as a cached_property, whose value would never change again; use a property"
    return None


def _has_instance_state(behaviour: type) -> bool:
    return bool(
        behaviour.__dictoffset__
        or behaviour.__weakrefoffset__
        or behaviour.__itemsize__
        or behaviour.__basicsize__ != object.__basicsize__
    )
