"""State: entities by their key, without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity, given_key
from ftrack_orm.errors import InvalidValue, UsageError
from ftrack_orm.query.language.literals import entity_type_of_class
from ftrack_orm.wire.codec import ENTITY_TYPE

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace


def entity_by_key(workspace: Workspace, entity_type: type[Entity] | str, key: Any) -> Entity:
    """Return the entity of *workspace* with that primary key, a new object without values if it is not in memory.

    Raises `UnknownEntityType`, `SessionClosed`, and `InvalidValue` for a key that does not fit the type.
    """
    name = entity_type if isinstance(entity_type, str) else entity_type_of_class(entity_type)
    if name is None:
        raise UsageError(f"An entity class or the name of a type is needed, not {entity_type!r}.")
    workspace.check_open(f"A {name} cannot be referred to")
    schema = workspace.schema.type(name)
    values = given_key(schema, key)
    known = workspace.identities.get(schema.family, values)
    if known is None:
        # The row of a bare reference (PROTOCOL 1.3): type and key.
        row = {ENTITY_TYPE: schema.name, **dict(zip(schema.primary_key, values, strict=True))}
        (entity,) = workspace.loader.merge([row])
        return entity
    if not workspace.schema.related(known.__entity_type__, schema.name):
        raise InvalidValue(
            f"The key {'/'.join(values)!r} is that of {known!r}, which is not a {schema.name}.", entity_type=schema.name
        )
    return known
