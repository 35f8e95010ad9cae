"""Pure: the projected paths of a query as a tree: the attributes selected of each entity on the way.

A cast in a projection (`children[Task].status`) restricts the items that the following attributes are selected of. It
does not filter the collection, since a client takes the items it receives for the whole collection.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.nodes import Path, Projection
from ftrack_orm.schema.attribute import Attribute, Kind

from .from_clause import find_attribute

if TYPE_CHECKING:
    from ftrack_orm.sandbox.tables import Tables


@attrs.define(slots=False)
class Field:
    """One selected attribute: the type that declares it, the types it is selected of, and the tree below it."""

    declaring_type: str
    attribute: Attribute
    casts: set[str] | None  # the types it is selected of; None for all
    subtree: ProjectionTree | None  # of a relation

    @functools.cached_property
    def paths(self) -> frozenset[str]:
        """All paths below this attribute, to decide whether another projection selects more."""
        if self.subtree is None:
            return frozenset()
        paths = set()
        for name, field in self.subtree.fields.items():
            paths.add(name)
            paths.update(f"{name}.{below}" for below in field.paths)
        return frozenset(paths)


@attrs.define
class ProjectionTree:
    """The attributes that are selected of the entities at one position of the result."""

    entity_type: str
    fields: dict[str, Field] = attrs.field(factory=dict)


def projection_tree(tables: Tables, entity_type: str, projections: Iterable[Projection]) -> ProjectionTree:
    """Return the tree of *projections*, whose names were checked, or that of the type's default projections."""
    root = ProjectionTree(entity_type)
    described = tables.schema.type(entity_type)
    paths = tuple(projections) or tuple(Path.of(name) for name in described.default_projections)
    for path in paths:
        assert isinstance(path, Path), "aggregates come with groups, which have no tree"
        _add_path(tables, root, path)
    return root


def _add_path(tables: Tables, tree: ProjectionTree, path: Path) -> None:
    cast: str | None = None
    for step in path.steps:
        declaring_type, attribute = find_attribute(tables, cast or tree.entity_type, step.name)
        field = tree.fields.get(step.name)
        if field is None:
            subtree = ProjectionTree(attribute.target) if attribute.target is not None else None
            field = Field(declaring_type, attribute, {cast} if cast is not None else None, subtree)
            tree.fields[step.name] = field
        elif field.attribute.kind is not attribute.kind:
            raise SandboxUnsupported(
                f"The embedded server cannot select {field.declaring_type}.{step.name} and "
                f"{declaring_type}.{step.name} at one position of a query: they are different attributes of one name.",
                entity_type=declaring_type,
                attribute=step.name,
            )
        elif cast is None:
            field.casts = None
        elif field.casts is not None:
            field.casts.add(cast)
        if field.subtree is not None:
            tree, cast = field.subtree, step.cast


def system_projections(tables: Tables, entity_type: str) -> tuple[str, ...]:
    """Return the attributes that a server includes in every entity of a type, selected or not.

    For typed contexts `object_type_id`, which distinguishes their types, is among them (seen in real replies).
    """
    described = tables.schema.type(entity_type)
    names = dict.fromkeys(described.system_projections)
    if "TypedContext" in (entity_type, *described.bases) and "object_type_id" in described.attributes:
        names["object_type_id"] = None
    return tuple(name for name in names if described.attributes[name].kind is Kind.SCALAR)
