"""Pure: the rules for behaviours, the mixins that give entity types methods beyond the attributes of the schema."""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType

from ftrack_orm.errors import UsageError

from .entity import Entity

#: The names that an entity class needs for itself.
_RESERVED = frozenset({name for name, value in vars(Entity).items() if isinstance(value, FunctionType)}) | {
    "_ftrack_state"
}


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


def names_defined_by_behaviours(mro: Iterable[type]) -> set[str]:
    """Return the names that the behaviours in *mro*, and their bases, define."""
    return {name for cls in mro if cls is not object and not issubclass(cls, Entity) for name in vars(cls)}


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
    return None


def _has_instance_state(behaviour: type) -> bool:
    return bool(
        behaviour.__dictoffset__
        or behaviour.__weakrefoffset__
        or behaviour.__itemsize__
        or behaviour.__basicsize__ != object.__basicsize__
    )
