"""Pure: the names of a server's statuses, types, priorities and object types as aliases of `Literal`.

`StatusName`, `TypeName`, `PriorityName` and `ObjectTypeName` have the names of the whole server. A project schema that
allows others than the rest has aliases of its own, such as `VFXTaskStatusName`. Where all project schemas agree on an
entity type, the alias has no name of a project schema: `TaskStatusName`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .content import SchemaContent

#: Entity type -> the alias of the names of its entities.
ALIASES_BY_TYPE: Final[Mapping[str, str]] = {
    "Status": "StatusName",
    "Type": "TypeName",
    "Priority": "PriorityName",
    "ObjectType": "ObjectTypeName",
}

#: Names that a package binds to something else.
_TAKEN: Final = frozenset({"Session", "Types", "types"})


def literal_names(content: SchemaContent) -> dict[str, tuple[str, ...]]:
    """Return the aliases of the package with the names that each of them allows, both in alphabetical order.

    An alias without names stands for any text. An alias whose name is that of an entity type gets an underscore at its
    end, and so does the second of two that would be the same.
    """
    names = content.names
    aliases: dict[str, Sequence[str]] = {
        "StatusName": names.statuses,
        "TypeName": names.types,
        "PriorityName": names.priorities,
        "ObjectTypeName": names.object_types,
    }
    taken = {*_TAKEN, *content.schema.types}
    found = {_free(alias, taken): tuple(sorted(each)) for alias, each in aliases.items()}
    taken |= found.keys()
    for kind, all_names in (("Status", names.statuses), ("Type", names.types)):
        allowed = {
            schema: each.statuses if kind == "Status" else each.types for schema, each in names.project_schemas.items()
        }
        for alias, each in _by_project_schema(kind, allowed, all_names):
            free = _free(alias, taken)
            taken.add(free)
            found[free] = each
    return dict(sorted(found.items()))


def alias_of(entity_type: str, content: SchemaContent) -> str | None:
    """Return the alias of the names of the entities of *entity_type*; None if they are not known to the package."""
    alias = ALIASES_BY_TYPE.get(entity_type)
    if alias is None:
        return None
    free = _free(alias, {*_TAKEN, *content.schema.types})
    return free if literal_names(content)[free] else None


def _by_project_schema(
    kind: str, allowed: Mapping[str, Mapping[str, Iterable[str]]], all_names: Iterable[str]
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield the aliases of one kind of name, with the names, by project schema where these differ."""
    everything = tuple(sorted(set(all_names)))
    for entity_type in sorted({entity_type for by_type in allowed.values() for entity_type in by_type}):
        by_schema = {
            schema: tuple(sorted(set(by_type[entity_type])))
            for schema, by_type in sorted(allowed.items())
            if by_type.get(entity_type)
        }
        suffix = f"{_identifier(entity_type)}{kind}Name"
        if len(set(by_schema.values())) > 1:
            for schema, names in by_schema.items():
                yield _identifier(schema) + suffix, names
        else:
            for names in set(by_schema.values()) - {everything}:
                yield suffix, names


def _identifier(name: str) -> str:
    """Return *name* as the beginning of a name in Python: `2D pipeline` becomes `Schema2DPipeline`."""
    words = re.split(r"\W+", name.replace("_", " "))
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if joined[:1].isidentifier() else f"Schema{joined}"


def _free(alias: str, taken: Iterable[str]) -> str:
    while alias in taken:
        alias += "_"
    return alias
