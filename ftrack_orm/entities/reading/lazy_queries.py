"""Pure: the entity type and the paths to query when an attribute is loaded because it was read."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Attribute, Kind

from .projections import stored_scalars

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema


def nearest_common_type(schema: Schema, entity_type: EntityType, names: Collection[str], attribute: str) -> EntityType:
    """Return the nearest of *entity_type* and its bases that has *attribute* and includes all the types in *names*.

    Return *entity_type* itself if no common base has the attribute.
    """
    for candidate in (entity_type.name, *entity_type.bases):
        if attribute in schema.type(candidate).attributes and all(schema.is_a(name, candidate) for name in names):
            return schema.type(candidate)
    return entity_type


def paths_to_load(schema: Schema, entity_type: EntityType, attribute: Attribute) -> tuple[Path, ...]:
    """Return the paths to select when *attribute* of *entity_type* is missing.

    A missing scalar is rarely the last one and a request costs far more than a row, so all stored scalars are loaded
    together. A reference is loaded with the stored scalars of its target for the same reason, and with those of its
    owner, which include the keys of all its references. A collection, which may be long, is loaded with the default
    projections of its items. An attribute that the server computes is loaded alone.
    """
    name = attribute.name
    if attribute.kind is Kind.SCALAR:
        row = stored_scalars(entity_type)
        return tuple(Path.of(scalar) for scalar in (row if name in row else (name,)))
    if attribute.kind is Kind.MAPPING:
        return (Path.of(name, str(attribute.key_name)), Path.of(name, str(attribute.value_name)))
    target = schema.type(str(attribute.target))
    if attribute.kind is Kind.REFERENCE:
        # A reference without a key of its own can be missing although the row of its owner is loaded.
        row = stored_scalars(entity_type) if name in entity_type.reference_keys else ()
        return (
            *(Path.of(scalar) for scalar in row),
            *(Path.of(name, scalar) for scalar in stored_scalars(target)),
        )
    # Types without default projections, such as Appointment, only link other entities, by their keys.
    return tuple(Path.of(name, scalar) for scalar in target.default_projections or stored_scalars(target))
