"""Pure: what a path that somebody wants loaded is to bring along, and whether an entity has it already."""

from __future__ import annotations

from collections.abc import Sequence

from ..query.nodes import Path, Step
from ..schema.attribute import Attribute, Kind
from ..schema.model import EntityType, Schema


def completed(schema: Schema, entity_type: EntityType, path: Path) -> list[Path]:
    """Return *path*, with the default projections of its target behind it when it ends on a relation.

    A mapping brings its keys and values, without which it is nothing that could be shown.
    """
    attribute = attribute_at(schema, entity_type, path)
    if attribute is None or not attribute.is_relation:
        return [path]
    target = schema.type(path.steps[-1].cast or str(attribute.target))
    if attribute.kind is Kind.MAPPING:
        names: Sequence[str] = (str(attribute.key_name), str(attribute.value_name))
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
