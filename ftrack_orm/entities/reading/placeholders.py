"""State: values in place of those that are not loaded, for tools that complete names or show variables."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.entity import EntityState, new_entity
from ftrack_orm.entities.lifecycle import LOADED
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import NotFetched
from ftrack_orm.introspection import Introspection
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.values import NOT_LOADED

from .peer_groups import resolve_references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.attribute import Attribute

#: Values of the types that attributes have, whose attributes completion shows.
_EXAMPLES: Final[Mapping[ValueType | None, Any]] = {
    ValueType.TEXT: "",
    ValueType.BOOLEAN: False,
    ValueType.INTEGER: 0,
    ValueType.NUMBER: 0.0,
    ValueType.DATETIME: datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc),
}
_UNKNOWN_KEY: Final = "unknown"


def value_or_placeholder(workspace: Workspace, entity: Entity, attribute: Attribute, tool: Introspection) -> Any:
    """Return the value of *attribute* as far as it is in memory, otherwise a placeholder. Makes no request.

    A view shows that the value is not loaded. Completion gets a value of the same type, from which it goes on to that
    type's attributes. Raises `NotFetched` for code of the user that such a tool calls: its result would be wrong.
    """
    value = entity.__dict__.get(attribute.name, NOT_LOADED)
    if value is NOT_LOADED and attribute.kind is Kind.REFERENCE:
        resolve_references(workspace, [entity], attribute)
        value = entity.__dict__.get(attribute.name, NOT_LOADED)
    if value is not NOT_LOADED and not (isinstance(value, Tracked) and value._is_stale):
        return value
    if tool is Introspection.CALLED_CODE:
        kind = entity.__entity_type__
        raise NotFetched(
            f"{kind}.{attribute.name} of {entity!r} is not loaded, and no request is made for a tool that completes "
            "names or shows variables.",
            entity_type=kind,
            attribute=attribute.name,
        )
    if value is not NOT_LOADED or tool is Introspection.VIEW:
        return value
    return _example(workspace, entity, attribute)


def placeholder(workspace: Workspace, entity_type: str) -> Entity:
    """Return an object of the class of *entity_type* that stands for any entity of it, and is unknown to the session.

    Its attributes are placeholders too, for the tool that it was made for.
    """
    cls = workspace.classes[entity_type]
    key = (_UNKNOWN_KEY,) * len(cls.__schema__.primary_key)
    return new_entity(cls, EntityState(workspace, key, LOADED.after))


def _example(workspace: Workspace, entity: Entity, attribute: Attribute) -> Any:
    if attribute.kind is Kind.REFERENCE:
        return placeholder(workspace, str(attribute.target))
    if attribute.kind is Kind.COLLECTION:
        return Collection(entity, attribute, is_stale=True)
    if attribute.kind is Kind.MAPPING:
        return workspace.configurations.new_mapping(entity, attribute, {})
    return _EXAMPLES.get(attribute.value_type)
