"""Pure: the paths a query projects as a tree: for every entity on the way, which attributes are asked of it.

A cast in a projection (`children[Task].status`) says of which items the rest is asked; it leaves no item out, since a
client takes what it is told as the whole collection.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import attrs

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.nodes import Path, Projection
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.attribute import Attribute, Kind

from .from_clause import find_attribute


@attrs.define(slots=False)
class Field:
    """One attribute asked of an entity: who describes it, of which subtypes it is asked, what is asked beyond it."""

    owner: str
    attribute: Attribute
    casts: set[str] | None  # the types it is asked of; None for all
    branch: Branch | None  # of a relation

    @functools.cached_property
    def shape(self) -> frozenset[str]:
        """Every path below this attribute, for telling whether another projection asks for more."""
        if self.branch is None:
            return frozenset()
        paths = set()
        for name, field in self.branch.fields.items():
            paths.add(name)
            paths.update(f"{name}.{below}" for below in field.shape)
        return frozenset(paths)


@attrs.define
class Branch:
    """What is asked of the entities at one place of the result."""

    entity_type: str
    fields: dict[str, Field] = attrs.field(factory=dict)


def branch(tables: Tables, entity_type: str, projections: Iterable[Projection]) -> Branch:
    """Return the tree of *projections*, whose names were checked; none means the type's default projections."""
    root = Branch(entity_type)
    described = tables.schema.type(entity_type)
    paths = tuple(projections) or tuple(Path.of(name) for name in described.default_projections)
    for path in paths:
        assert isinstance(path, Path), "aggregates come with groups, which have no tree"
        _add(tables, root, path)
    return root


def _add(tables: Tables, place: Branch, path: Path) -> None:
    cast: str | None = None
    for step in path.steps:
        owner, attribute = find_attribute(tables, cast or place.entity_type, step.name)
        field = place.fields.get(step.name)
        if field is None:
            below = Branch(attribute.target) if attribute.target is not None else None
            field = Field(owner, attribute, {cast} if cast is not None else None, below)
            place.fields[step.name] = field
        elif field.attribute.kind is not attribute.kind:
            raise SandboxUnsupported(
                f"The embedded server does not support asking for {field.owner}.{step.name} and {owner}.{step.name} "
                "at one place of a query: they are different attributes of one name.",
                entity_type=owner,
                attribute=step.name,
            )
        elif cast is None:
            field.casts = None
        elif field.casts is not None:
            field.casts.add(cast)
        if field.branch is not None:
            place, cast = field.branch, step.cast


def always_told(tables: Tables, entity_type: str) -> tuple[str, ...]:
    """Return the attributes told of every entity of a type, asked for or not: its system projections.

    What tells object types apart is among them for the family of TypedContext (seen in real answers).
    """
    described = tables.schema.type(entity_type)
    names = dict.fromkeys(described.system_projections)
    if "TypedContext" in (entity_type, *described.bases) and "object_type_id" in described.attributes:
        names["object_type_id"] = None
    return tuple(name for name in names if described.attributes[name].kind is Kind.SCALAR)
