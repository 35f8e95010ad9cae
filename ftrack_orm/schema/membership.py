"""Pure: how the server stores the membership of entities in collections, as far as the schema and facts state it.

`Shot.children` contains the entities whose `parent_id` is the shot's id, `List.items` the entities that a `ListObject`
links to the list. An edit of a collection is sent to the place where its membership is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Union

from .attribute import Attribute, Kind
from .facts import CUSTOM_ATTRIBUTE_LINK, CUSTOM_ATTRIBUTE_LINK_FROM, TREE_COLLECTIONS
from .relations import Derived, Inverse, RelationKey, Through, fits, lineage, referring_keys

if TYPE_CHECKING:
    from .model import EntityType, Schema

#: The storage of a collection; None where neither schema nor facts state it, and ftrack takes the whole list only.
Membership = Union[Inverse, Through, Derived, None]

_ASSIGNMENT = (("type", "assignment"),)
_ALLOCATION = (("type", "allocation"),)

#: Collections whose storage does not follow from the schema (PROTOCOL 5.3): several are explained by the same key, or
#: the link type is not named.
_KNOWN: Final[Mapping[tuple[str, str], RelationKey]] = {
    ("Context", "children"): Inverse("parent_id"),
    ("Context", "status_changes"): Inverse("parent_id"),
    ("AssetVersion", "status_changes"): Inverse("parent_id"),
    ("Context", "appointments"): Inverse("context_id"),
    ("Context", "assignments"): Inverse("context_id", _ASSIGNMENT),
    ("Context", "allocations"): Inverse("context_id", _ALLOCATION),
    ("Resource", "appointments"): Inverse("resource_id"),
    ("Resource", "assignments"): Inverse("resource_id", _ASSIGNMENT),
    ("Resource", "allocations"): Inverse("resource_id", _ALLOCATION),
    ("TypedContext", "incoming_links"): Inverse("to_id"),
    ("TypedContext", "outgoing_links"): Inverse("from_id"),
    ("AssetVersion", "incoming_links"): Inverse("to_id"),
    ("AssetVersion", "outgoing_links"): Inverse("from_id"),
    ("AssetVersion", "uses_versions"): Through("AssetVersionLink", "to_id", "from_id"),
    ("AssetVersion", "used_in_versions"): Through("AssetVersionLink", "from_id", "to_id"),
    ("AssetVersion", "lists"): Through("ListObject", "entity_id", "list_id"),
    ("TypedContext", "lists"): Through("ListObject", "entity_id", "list_id"),
    ("List", "items"): Through("ListObject", "list_id", "entity_id"),
    ("TypedContextList", "items"): Through("ListObject", "list_id", "entity_id"),
    ("AssetVersionList", "items"): Through("ListObject", "list_id", "entity_id"),
    ("ProjectSchema", "object_types"): Through("ProjectSchemaObjectType", "project_schema_id", "object_type_id"),
    ("ObjectType", "project_schemas"): Through("ProjectSchemaObjectType", "object_type_id", "project_schema_id"),
    ("WorkflowSchema", "statuses"): Through("WorkflowSchemaStatus", "workflow_schema_id", "status_id"),
    ("TaskTypeSchema", "types"): Through("TaskTypeSchemaType", "task_type_schema_id", "type_id"),
    ("Type", "task_type_schemas"): Through("TaskTypeSchemaType", "type_id", "task_type_schema_id"),
}

#: The links of custom attributes, which entities of all types have (PROTOCOL 5.3, 6).
_LINK_ENDS: Final = {CUSTOM_ATTRIBUTE_LINK: Inverse("from_id"), CUSTOM_ATTRIBUTE_LINK_FROM: Inverse("to_id")}


def membership(schema: Schema, owner: EntityType, attribute: Attribute) -> Membership:
    """Return how the members of the collection or mapping *attribute* of *owner* are stored."""
    if attribute.name in TREE_COLLECTIONS:
        return Derived(attribute.name)
    for name in lineage(owner):
        known = _KNOWN.get((name, attribute.name))
        if isinstance(known, (Inverse, Through)) and fits(known, owner, attribute, schema) and _exists(known, schema):
            return known
    target = schema.types.get(str(attribute.target))
    if target is None:
        return None
    if target.name in _LINK_ENDS and target.attributes.keys() >= {_LINK_ENDS[target.name].attribute}:
        return _LINK_ENDS[target.name]
    return _single_key(schema, owner, attribute) or _polymorphic_key(target)


def inverse_collections(
    schema: Schema, owner: EntityType, holder: EntityType, key: str
) -> Iterator[tuple[str, Inverse]]:
    """Yield the collections of *owner* that an entity of type *holder* belongs to by its attribute *key*.

    Of those with `only`, it belongs to the ones whose values it has.
    """
    for attribute in owner.attributes.values():
        target = str(attribute.target)
        if attribute.kind is not Kind.COLLECTION or target not in schema.types:
            continue
        stored = schema.membership(owner.name, attribute.name)
        if isinstance(stored, Inverse) and stored.attribute == key and schema.related(target, holder.name):
            yield attribute.name, stored


def _exists(known: RelationKey, schema: Schema) -> bool:
    return not isinstance(known, Through) or known.link in schema.types


def _polymorphic_key(target: EntityType) -> Inverse | None:
    """Return the key of a type that belongs to entities of several types, such as `Note.parent_id` (PROTOCOL 5.3).

    Such types have a second attribute for the type of the owner, which the schema marks as a translated type name.
    """
    for attribute in target.attributes.values():
        key = f"{attribute.name.removesuffix('_type')}_id"
        if attribute.translates_type and attribute.name.endswith("_type") and key in target.attributes:
            return Inverse(key, type_attribute=attribute.name)
    return None


def _single_key(schema: Schema, owner: EntityType, attribute: Attribute) -> Inverse | None:
    """Return the only key that explains a collection, unless it explains another collection of the same type too."""
    keys = referring_keys(schema, owner, attribute)
    if len(keys) != 1:
        return None
    for other in owner.attributes.values():
        is_similar = other.kind is Kind.COLLECTION and other.target == attribute.target and other.name != attribute.name
        if is_similar and other.name not in TREE_COLLECTIONS and referring_keys(schema, owner, other) == keys:
            return None
    return Inverse(keys[0])
