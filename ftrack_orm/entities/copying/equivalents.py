"""State: finds the entities of another server that correspond to those copied values refer to, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_each
from ftrack_orm.query.language.nodes import Membership, Path, Select
from ftrack_orm.schema.facts import (
    CONFIGURATION,
    CUSTOM_ATTRIBUTE_LINK_CONFIGURATION,
    RESOURCE,
    USER,
)

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

_GROUP: Final = "Group"

#: Type -> the attribute by which an entity of it is the same on two servers. Ids of a studio's configuration differ
#: between servers (PROTOCOL 4).
_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(CONFIGURATION, "name"),
    **dict.fromkeys((_GROUP, "NoteLabel", "Scope"), "name"),
    USER: "username",
    CUSTOM_ATTRIBUTE_LINK_CONFIGURATION: "key",
}

#: An entity by its type and id.
Referred = tuple[str, str]


class Equivalents:
    """The entities of the target server that correspond to entities of the source server, whose schema is *source*.

    *names* are the names of the entities that were looked for, *found* the ids of their equivalents.
    """

    def __init__(self, source: Schema, names: Mapping[Referred, str], found: Mapping[Referred, str]) -> None:
        self._source = source
        self._names = names
        self._found = found

    def id_of(self, entity_type: str, id_: str) -> str | None:
        """Return the id on the target server, None if there is no equivalent or more than one."""
        return next((self._found[each] for each in self._as_named(entity_type, id_) if each in self._found), None)

    def describe(self, entity_type: str, id_: str) -> str:
        """Return the entity as text for people, such as `Status 'Bidding'`."""
        for kind, _ in self._as_named(entity_type, id_):
            if (kind, id_) in self._names:
                return f"{kind} {self._names[kind, id_]!r}"
        return f"{entity_type} {id_}"

    def _as_named(self, entity_type: str, id_: str) -> list[Referred]:
        return [(kind, id_) for kind in types_with_names(self._source, entity_type)]


def find_equivalents(
    referred: Iterable[Referred], source: Schema, source_call: ServerCall, target: Schema, target_call: ServerCall
) -> Equivalents:
    """Return the equivalents of the entities *referred* to, with one request to each server for a few thousand of them.

    Names are compared without case, as servers do, unless one has the same case.
    """
    ids: dict[str, dict[str, None]] = {}
    for entity_type, id_ in referred:
        for kind in types_with_names(source, entity_type):
            ids.setdefault(kind, {})[id_] = None
    names = {(kind, id_): name for kind, id_, name in _names(source, source_call, ids, by_id=True)}
    wanted: dict[str, dict[str, None]] = {}
    for (kind, _), name in names.items():
        if kind in target.types:
            wanted.setdefault(kind, {})[name] = None
    candidates: dict[tuple[str, str], dict[str, str]] = {}
    for kind, id_, name in _names(target, target_call, wanted, by_id=False):
        candidates.setdefault((kind, name.casefold()), {})[id_] = name
    found = {
        (kind, id_): equivalent
        for (kind, id_), name in names.items()
        if (equivalent := _only(name, candidates.get((kind, name.casefold()), {}))) is not None
    }
    return Equivalents(source, names, found)


def types_with_names(schema: Schema, entity_type: str) -> list[str]:
    """Return the types by whose names entities that are referred to as *entity_type* can be found elsewhere."""
    if entity_type not in schema.types:
        return []
    if schema.type(entity_type).family == RESOURCE:
        return [kind for kind in (USER, _GROUP) if kind in schema.types and schema.related(kind, entity_type)]
    return [kind for kind in (entity_type, *schema.type(entity_type).bases) if kind in _NAMES][:1]


def _names(
    schema: Schema, call: ServerCall, wanted: Mapping[str, Iterable[str]], *, by_id: bool
) -> Iterator[tuple[str, str, str]]:
    """Yield type, id and name of the entities with one of the *wanted* ids or names, by type."""
    queries = [
        (kind, Select(kind, (Path.of("id"), Path.of(_NAMES[kind])), Membership(Path.of(searched), tuple(part))))
        for kind, values in wanted.items()
        for searched in ("id" if by_id else _NAMES[kind],)
        for part in in_parts(list(values), IDS_PER_QUERY)
    ]
    results = query_each(call, [select for _, select in queries], schema)
    for (kind, _), rows in zip(queries, results, strict=True):
        for row in rows:
            # An entity that was found by several queries of one request is complete once (PROTOCOL 1.3).
            if row.get(_NAMES[kind]) is not None:
                yield kind, str(row["id"]), str(row[_NAMES[kind]])


def _only(name: str, candidates: Mapping[str, str]) -> str | None:
    """Return the only candidate with the name in the same case, or else the only one of all."""
    same = [id_ for id_, other in candidates.items() if other == name] or list(candidates)
    return same[0] if len(same) == 1 else None
