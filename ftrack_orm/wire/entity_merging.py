"""Pure: merges the occurrences of an entity in the replies of a request into one object, as @ftrack/api does.

A server sends the values of an entity at its first occurrence in a response, and its type and key at the others
(PROTOCOL 1.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .codec import ENTITY_TYPE

#: Returns the family of an entity type, within which keys are unique, and the names of its primary key.
IdentityOf = Callable[[str], "tuple[str, Sequence[str]] | None"]


def merge_entities(bodies: list[Any], identity_of: IdentityOf) -> list[Any]:
    """Replace the occurrences of each entity in *bodies* by its first one, which gets the values of all of them.

    *bodies* are changed in place and returned. Where occurrences have different values, that of the last one counts.
    An entity of an unknown type, or without its key, stays as it is. The nesting is not limited, so this is a loop.
    """
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    # By their ids, which are valid as long as the objects are kept.
    visited: dict[int, Any] = {}
    # The containers that are being visited, the innermost at the end, with the keys or positions that are left.
    path: list[tuple[Any, Iterator[Any]]] = [(bodies, iter(range(len(bodies))))]
    while path:
        container, positions = path[-1]
        for position in positions:
            value = container[position]
            if (type(value) is not list and type(value) is not dict) or id(value) in visited:
                continue
            visited[id(value)] = value
            first = value
            if type(value) is dict and (identity := _identity(value, identity_of)) is not None:
                first = merged.setdefault(identity, value)
                if first is not value:
                    container[position] = first
                    first.update(value)
            # The values of a later occurrence are visited in the object that has them now.
            path.append((first, iter(range(len(value)) if type(value) is list else list(value))))
            break
        else:
            path.pop()
    return bodies


def _identity(entity: dict[str, Any], identity_of: IdentityOf) -> tuple[str, ...] | None:
    kind = entity.get(ENTITY_TYPE)
    identity = identity_of(kind) if type(kind) is str else None
    if identity is None:
        return None
    family, names = identity
    key = [entity.get(name) for name in names]
    return (family, *map(str, key)) if all(_is_key(value) for value in key) else None


def _is_key(value: Any) -> bool:
    return type(value) is str or type(value) is int
