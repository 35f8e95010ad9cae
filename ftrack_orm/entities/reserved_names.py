"""Pure: attributes of a schema that have the names of Python or of this library, which they must not replace.

The value of such an attribute is loaded, shown and set by item (`entity["__init__"]`) like any other. Like those it
lies in the `__dict__` of its entity, where Python would find it before a method or an attribute of the class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .entity import Entity

#: The names of instances and classes of entities, which include those of Python: `mro` is one of a class.
_NAMES: Final = frozenset(dir(Entity)) | frozenset(dir(type))
#: Class attributes whose values Python checks, and does not look for on instances.
_CHECKED_BY_PYTHON: Final = frozenset({"__slots__", "__module__", "__qualname__", "__classcell__"})
_MISSING: Final = object()


def is_reserved(name: str) -> bool:
    """Whether an attribute of that name is reached by item only."""
    return name[:2] == "__" or name in _NAMES


class ReservedName:
    """Stands for a class attribute, and is found before a value of the same name in the `__dict__` of an entity.

    Python gives precedence to descriptors with a `__set__`.
    """

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def __get__(self, entity: Entity | None, cls: type) -> Any:
        get = getattr(type(self.value), "__get__", None)
        return self.value if get is None else get(self.value, entity, cls)

    def __set__(self, entity: Entity, value: Any) -> None:
        raise AttributeError(f"{self.name} cannot be set")


def reserved_names(names: Iterable[str], namespace: Mapping[str, Any], mro: Sequence[type]) -> dict[str, ReservedName]:
    """Return the descriptors for those of *names* that an entity class has, from its *namespace* or the *mro*."""
    names = set(names)
    if "__eq__" in names:
        # A class that defines only `__eq__` has no hash.
        names.add("__hash__")
    found: dict[str, ReservedName] = {}
    for name in names - _CHECKED_BY_PYTHON:
        value = namespace.get(name, _MISSING)
        if value is _MISSING:
            value = next((vars(cls)[name] for cls in mro if name in vars(cls)), _MISSING)
        if isinstance(value, ReservedName):
            found[name] = value
        elif value is not _MISSING and not hasattr(type(value), "__set__"):
            found[name] = ReservedName(name, value)
    return found
