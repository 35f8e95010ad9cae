"""Pure: what a path that somebody wants loaded is to bring along, and whether an entity has it already."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ftrack_orm.query.language.nodes import Path, Select, Step
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.model import EntityType, Schema


def complete(select: Select, schema: Schema) -> Select:
    """Fill in what a query leaves open: the default projections, and what a projected relation brings along."""
    entity_type = schema.type(select.entity_type)
    paths = [whole for path in projected(select, schema) for whole in completed(schema, entity_type, path)]
    return attrs.evolve(select, projections=tuple(dict.fromkeys(paths)))


def projected(select: Select, schema: Schema) -> list[Path]:
    """Return the paths a query selects, those of its type's default projections when it says nothing."""
    if select.projections:
        return [projection for projection in select.projections if isinstance(projection, Path)]
    entity_type = schema.type(select.entity_type)
    return [Path.of(name) for name in entity_type.default_projections or entity_type.primary_key]


def completed(schema: Schema, entity_type: EntityType, path: Path) -> list[Path]:
    """Return *path*, with what there is to know of its target behind it when it ends on a relation.

    A reference brings its target's row: a bare id, which is all that the default projections of most types have, would
    make the next thing anybody does another request. A collection, which may be long, brings the default projections of
    its items, and a mapping its keys and values, without which it is nothing that could be shown.
    """
    attribute = attribute_at(schema, entity_type, path)
    if attribute is None or not attribute.is_relation:
        return [path]
    target = schema.type(path.steps[-1].cast or str(attribute.target))
    if attribute.kind is Kind.MAPPING:
        names: Sequence[str] = (str(attribute.key_name), str(attribute.value_name))
    elif attribute.kind is Kind.REFERENCE:
        names = plain_scalars(target)
    else:
        names = target.default_projections or target.primary_key
    return [Path((*path.steps, Step(name))) for name in names]


def attribute_at(schema: Schema, entity_type: EntityType, path: Path) -> Attribute | None:
    """Return the attribute *path* ends at, or None when it leads over an attribute that only subtypes have."""
    attribute = None
    for step in path.steps:
        attribute = entity_type.attributes.get(step.name)
        if attribute is None:
            return None
        if attribute.target is not None:
            entity_type = schema.type(step.cast or attribute.target)
    return attribute


def plain_scalars(schema: EntityType) -> tuple[str, ...]:
    """Return the attributes that make up a row: scalars that are stored and not restricted."""
    return tuple(
        attribute.name
        for attribute in schema.attributes.values()
        if attribute.kind is Kind.SCALAR
        and not attribute.computed
        and not attribute.restricted
        and attribute.value_type is not ValueType.OBJECT
    )
