"""Pure: the names that a studio package binds to entity classes, and the attributes that annotations declare."""

from __future__ import annotations

import functools
import keyword
from typing import TYPE_CHECKING

from ftrack_orm.entities.reserved_names import is_reserved
from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.values import spelling_of

if TYPE_CHECKING:
    from .content import SchemaContent

#: Names that a package, or the file of its annotations, binds to something else.
_TAKEN = frozenset(
    {"Session", "Types", "TypesByName", "types", "abc", "datetime", "extensions", "orm", "t", "typing", "uuid"}
)

#: The ends of the names of private classes: `_ShotPaths` has the paths to several shots.
_SUFFIXES = ("Paths", "Criteria", "Items", "CustomItems", "CustomAttributes", "CustomValues")

#: Annotations in a class body are looked up among its attributes first, so these cannot be the names of attributes.
_NAMES_IN_ANNOTATIONS = frozenset({"str", "int", "float", "bool", "classmethod"})


def class_names(content: SchemaContent) -> dict[str, str]:
    """Return the entity types that the package has a class for, with the names of the classes, alphabetically.

    A type whose name Python does not allow, that begins with an underscore, or that is taken by the package itself is
    reached by `session.types["..."]` only.
    """
    types = content.schema.types
    taken = {*_TAKEN, *(name + suffix for name in types for suffix in _SUFFIXES)}
    return {name: name for name in sorted(types) if _is_public(name) and name not in taken}


@functools.lru_cache(maxsize=4096)
def is_declared(attribute: str) -> bool:
    """Return whether the class of an entity type declares *attribute*. Others are reached by item: `task["_link"]`."""
    return _is_public(spelling_of(attribute)) and not is_reserved(attribute) and attribute not in _NAMES_IN_ANNOTATIONS


@functools.lru_cache(maxsize=4096)
def is_declared_on_paths(attribute: str) -> bool:
    """Return whether a path has *attribute* after a dot: the methods of expressions come first."""
    return is_declared(attribute) and not hasattr(AttributeExpression, attribute)


def _is_public(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
