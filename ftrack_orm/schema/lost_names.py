"""Pure: the schema of a server, with the names that a program expects of it and that it does not have any more.

A package of a studio's types was written for a schema, and its server may have another one since. The errors about an
unknown name then say so, wherever they are raised: they look for near names in the mappings of the schema, and these
mappings explain the names themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

import attrs

if TYPE_CHECKING:
    from .attribute import Attribute
    from .model import EntityType, Schema

V = TypeVar("V")


class KnownNames(dict[str, V]):
    """The attributes of a type, or the types of a schema, by name. *lost* are those that *package* has besides."""

    def __init__(self, known: Mapping[str, V], lost: Iterable[str], package: str) -> None:
        super().__init__(known)
        self.lost = frozenset(lost)
        self.package = package

    def explain(self, name: str) -> str:
        """Return a sentence about a name that the server has lost, an empty text for other names."""
        if name not in self.lost:
            return ""
        return (
            f" The server has lost it since the package {self.package} was written. Write the package again with "
            "ftrack-orm stubs."
        )


def with_lost_names(schema: Schema, expected: Schema, package: str) -> Schema:
    """Return *schema* with the names of *expected*, the schema that *package* was written for, that it has lost."""
    types = {name: _with_lost_names(each, expected.types.get(name), package) for name, each in schema.types.items()}
    return attrs.evolve(schema, types=KnownNames(types, expected.types.keys() - types.keys(), package))


def _with_lost_names(entity_type: EntityType, expected: EntityType | None, package: str) -> EntityType:
    lost = set() if expected is None else expected.attributes.keys() - entity_type.attributes.keys()
    if not lost:
        return entity_type
    attributes: Mapping[str, Attribute] = KnownNames(entity_type.attributes, lost, package)
    return attrs.evolve(entity_type, attributes=attributes)
