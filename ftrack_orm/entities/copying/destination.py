"""State: the destination of a copy: below which entity it is created, under which name, and what is there already."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_each
from ftrack_orm.errors import InvalidValue, quoted
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Operator, Path, Select
from ftrack_orm.schema.facts import ASSET, CONTEXT, PARENT_ID

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

    from .translation import NewRow

#: The namespace of the ids of copies.
_NAMESPACE: Final = uuid.UUID("5d1b0a4e-7f0c-4c1e-9a53-0b7f6d0c2a11")
#: How often one entity may have been copied to one destination under one name, and the copy then moved or renamed.
_MAX_GENERATIONS: Final = 20

#: Family -> the key of the entity that contains one of the family.
PARENT_KEYS: Final[Mapping[str, str]] = {CONTEXT: PARENT_ID, ASSET: "context_id"}


@attrs.frozen
class CopyDestination:
    """The destination of a copy: the id of the entity *into* which it is created (None for a project), and its *name*.

    The ids of copies follow from the destination and the ids of the copied entities. A copy that was interrupted, or
    whose reply was lost, is completed when the same copy is made again, by any process.
    """

    into: str | None
    name: str

    def new_id(self, of: str, generation: int, id_: str) -> str:
        """Return the id of the copy of the entity *id_*, within the copy of the entity *of*."""
        namespace = uuid.uuid5(_NAMESPACE, "\n".join((self.into or "", of, self.name, str(generation))))
        return str(uuid.uuid5(namespace, id_))


def find_generation(
    schema: Schema, call: ServerCall, destination: CopyDestination, entity_type: str, id_: str
) -> tuple[int, bool]:
    """Return the generation of the copy of the entity *id_*, and whether that copy exists already.

    A copy that was moved or renamed is not completed; the next one is another generation. Raises `InvalidValue` when
    another entity with the name is there.
    """
    family = schema.type(entity_type).family
    candidates = {destination.new_id(id_, generation, id_): generation for generation in range(_MAX_GENERATIONS)}
    parent_key = PARENT_KEYS[family]
    paths = tuple(Path.of(name) for name in ("id", "name", parent_key))
    own = Select(family, paths, Membership(Path.of("id"), tuple(candidates)))
    same_name: list[Criterion] = [Comparison(Path.of("name"), Operator.IS, destination.name)]
    if destination.into is not None:
        same_name.append(Comparison(Path.of(parent_key), Operator.IS, destination.into))
    others = Select(entity_type, (Path.of("id"), Path.of("name")), And(tuple(same_name)))
    existing, namesakes = query_each(call, [own, others], schema)
    present = {str(row["id"]) for row in existing}
    here = [id_ for row in namesakes if (id_ := str(row["id"])) in present]
    if here:
        return candidates[here[0]], True
    if namesakes:
        raise InvalidValue(
            f"There is another {entity_type} with the name {quoted(destination.name)} at the destination of the copy. "
            "Give the copy a name of its own: values={'name': ...}.",
            entity_type=entity_type,
            attribute="name",
        )
    free = [generation for each, generation in candidates.items() if each not in present]
    if not free:
        raise InvalidValue(
            f"{entity_type} {id_} was copied {_MAX_GENERATIONS} times under the name {quoted(destination.name)}."
        )
    return free[0], False


def existing_rows(schema: Schema, call: ServerCall, rows: Sequence[NewRow]) -> set[tuple[str, tuple[str, ...]]]:
    """Return family and key of those of *rows* that the server has already."""
    wanted: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        wanted.setdefault((row.entity_type, row.found_by), {})[str(row.values[row.found_by])] = None
    selects = [
        Select(kind, tuple(map(Path.of, schema.type(kind).primary_key)), Membership(Path.of(name), tuple(part)))
        for (kind, name), ids in wanted.items()
        for part in in_parts(list(ids), IDS_PER_QUERY)
    ]
    found: set[tuple[str, tuple[str, ...]]] = set()
    for select, results in zip(selects, query_each(call, selects, schema), strict=True):
        entity_type = schema.type(select.entity_type)
        found.update((entity_type.family, tuple(str(row[name]) for name in entity_type.primary_key)) for row in results)
    return found
