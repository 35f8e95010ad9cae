"""Pure: the paths to select for a query without projections, and for a path that ends on a relation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.query.language.nodes import And, Criterion, Not, Or, Path, Related, Select, Step
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema


def complete_projections(select: Select, schema: Schema) -> Select:
    """Return *select* with projections that are sufficient to build entities.

    A query without projections gets the default ones of its type, and a relation is expanded to attributes of its
    target.
    """
    entity_type = schema.type(select.entity_type)
    paths = [expanded for path in selected_paths(select, schema) for expanded in expand_path(schema, entity_type, path)]
    return attrs.evolve(select, projections=tuple(dict.fromkeys(paths)))


def add_compared_values(select: Select, schema: Schema) -> Select:
    """Return *select*, which has projections, with those of the values that its criterion and its order compare.

    An entity that is loaded already then shows the values by which the server has found and ordered it. Values reached
    over references are included. Those of collections and mappings are not: they may be many. Neither are those behind
    a cast, which not every entity has.
    """
    compared = [ordering.path for ordering in select.order_by]
    if select.criterion is not None:
        compared += _compared_paths(select.criterion)
    if not compared:
        return select
    entity_type = schema.type(select.entity_type)
    paths = dict.fromkeys(select.projections)
    for path in dict.fromkeys(compared):
        own = _single_value_path(schema, entity_type, path)
        if own is not None:
            paths[own] = None
    return select if len(paths) == len(select.projections) else attrs.evolve(select, projections=tuple(paths))


def _compared_paths(criterion: Criterion) -> list[Path]:
    """Return the paths that *criterion* compares, those within `has` and `any` included."""
    if isinstance(criterion, (And, Or)):
        return [path for operand in criterion.operands for path in _compared_paths(operand)]
    if isinstance(criterion, Not):
        return _compared_paths(criterion.operand)
    if isinstance(criterion, Related):
        inner = [] if criterion.criterion is None else _compared_paths(criterion.criterion)
        return [criterion.path, *(Path((*criterion.path.steps, *path.steps)) for path in inner)]
    return [criterion.path]


def _single_value_path(schema: Schema, entity_type: EntityType, path: Path) -> Path | None:
    """Return the path to select for a compared value, or None for a value that is not selected.

    A relation, and the key of its target, is selected as the foreign key beside the relation.
    """
    owner = entity_type
    last = len(path.steps) - 1
    for index, step in enumerate(path.steps):
        attribute = owner.attributes.get(step.name)
        if attribute is None or step.cast is not None or attribute.is_plural or attribute.restricted:
            return None
        if attribute.kind is Kind.SCALAR:
            return Path(path.steps) if index == last else None
        target = schema.type(str(attribute.target))
        is_end = index == last or (index == last - 1 and (path.steps[last].name,) == target.primary_key)
        if is_end and step.name in owner.reference_keys:
            return Path((*path.steps[:index], Step(owner.reference_keys[step.name])))
        if index == last:
            return None
        owner = target
    return None


def selected_paths(select: Select, schema: Schema) -> list[Path]:
    """Return the paths in the projections of *select*, or the default paths of its type if it has no projections."""
    if select.projections:
        return [projection for projection in select.projections if isinstance(projection, Path)]
    return default_paths(schema.type(select.entity_type))


def default_paths(entity_type: EntityType) -> list[Path]:
    """Return the default projections of *entity_type*, or its primary key if the schema names no projections."""
    return [Path.of(name) for name in entity_type.default_projections or entity_type.primary_key]


def expand_path(schema: Schema, entity_type: EntityType, path: Path) -> list[Path]:
    """Return *path* itself, or paths to attributes of its target if it ends on a relation.

    A reference is expanded to all stored scalars of its target: most types have only the id as default projection, and
    with a bare id the next attribute read would cost another request. A collection, which may be long, is expanded to
    the default projections of its items. A mapping is expanded to its keys and values.
    """
    attribute = attribute_at(schema, entity_type, path)
    if attribute is None or not attribute.is_relation:
        return [path]
    target = schema.type(path.steps[-1].cast or str(attribute.target))
    if attribute.kind is Kind.MAPPING:
        names: Sequence[str] = (str(attribute.key_name), str(attribute.value_name))
    elif attribute.kind is Kind.REFERENCE:
        names = stored_scalars(target)
    else:
        names = target.default_projections or target.primary_key
    return [Path((*path.steps, Step(name))) for name in names]


def attribute_at(schema: Schema, entity_type: EntityType, path: Path) -> Attribute | None:
    """Return the attribute at the end of *path*, or None if a step of it exists on subtypes only."""
    attribute = None
    for step in path.steps:
        attribute = entity_type.attributes.get(step.name)
        if attribute is None:
            return None
        if attribute.target is not None:
            entity_type = schema.type(step.cast or attribute.target)
    return attribute


def stored_scalars(entity_type: EntityType) -> tuple[str, ...]:
    """Return the names of the scalars that the server stores and lets be read; objects (JSON) are left out."""
    return tuple(
        attribute.name
        for attribute in entity_type.attributes.values()
        if attribute.kind is Kind.SCALAR
        and not attribute.computed
        and not attribute.restricted
        and attribute.value_type is not ValueType.OBJECT
    )
