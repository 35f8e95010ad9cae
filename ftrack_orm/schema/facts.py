"""Pure: facts about ftrack's data model that its schema does not state: names with a meaning of their own.

Everything else is read from the server's schema. Each fact has its source; PROTOCOL is the project's collection of
protocol facts. The modules beside this one have the facts that are tables: `custom_attributes` (which configuration
applies), `membership` (how collections are stored) and `derived_attributes` (which changes affect computed values).
Rules that only the embedded server needs (defaults, constraints) are in `sandbox`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# -- entity types -----------------------------------------------------------------------------------------------------

#: Projects and everything below them: the family of `Project`, `TypedContext`, `Shot`, `Task` ... (PROTOCOL 5.2).
CONTEXT: Final = "Context"
#: The top of every hierarchy; its parent is null (PROTOCOL 3.6).
PROJECT: Final = "Project"
#: Everything below a project. Events and configurations call it `task`, as the server's internal class (PROTOCOL 3.6).
TYPED_CONTEXT: Final = "TypedContext"
#: Types of contexts that contain no others by default, see `ObjectType.is_leaf` (PROTOCOL 5.3).
LEAF_TYPES: Final = frozenset({"Task", "Milestone"})
ASSET: Final = "Asset"
ASSET_VERSION: Final = "AssetVersion"
COMPONENT: Final = "Component"
LIST: Final = "List"
LIST_OBJECT: Final = "ListObject"
RESOURCE: Final = "Resource"
USER: Final = "User"

#: The base of the configurations of custom attributes and of custom attribute links (PROTOCOL 5.2).
CUSTOM_CONFIGURATION_BASE: Final = "CustomConfigurationBase"
CUSTOM_ATTRIBUTE_CONFIGURATION: Final = "CustomAttributeConfiguration"
CUSTOM_ATTRIBUTE_LINK_CONFIGURATION: Final = "CustomAttributeLinkConfiguration"
#: The values that were really set, of entities of every type (PROTOCOL 6).
CUSTOM_ATTRIBUTE_VALUE: Final = "CustomAttributeValue"
CUSTOM_ATTRIBUTE_LINK: Final = "CustomAttributeLink"
CUSTOM_ATTRIBUTE_LINK_FROM: Final = "CustomAttributeLinkFrom"

#: The record of each changed status of a context or version, with user and date (PROTOCOL 5.2).
STATUS_CHANGE: Final = "StatusChange"
#: The log behind the activity feed (seen in the schemas of real servers).
EVENT: Final = "Event"

#: Type -> its base, for servers whose schema does not say so with `$mixin` (PROTOCOL 5.2). Subtypes made from object
#: types and lists say so with `alias_for.classifiers`.
BASES: Final[Mapping[str, str]] = {
    PROJECT: CONTEXT,
    TYPED_CONTEXT: CONTEXT,
    "FileComponent": COMPONENT,
    "ContainerComponent": COMPONENT,
    "SequenceComponent": "ContainerComponent",
    "BaseUser": RESOURCE,
    USER: RESOURCE,
    "Collaborator": RESOURCE,
    "Group": RESOURCE,
    "TypedContextStatusChange": STATUS_CHANGE,
    "AssetVersionStatusChange": STATUS_CHANGE,
    CUSTOM_ATTRIBUTE_CONFIGURATION: CUSTOM_CONFIGURATION_BASE,
    CUSTOM_ATTRIBUTE_LINK_CONFIGURATION: CUSTOM_CONFIGURATION_BASE,
    "NoteCategory": "NoteLabel",
    "NoteAnnotationComponent": "NoteComponent",
}

#: Types whose name ends with the name of their base, such as `ContextCustomAttributeLink` (PROTOCOL 5.2).
BASES_BY_SUFFIX: Final = (CUSTOM_ATTRIBUTE_LINK, CUSTOM_ATTRIBUTE_LINK_FROM)

#: Types that do nothing but link two entities, which show them in collections of each other (PROTOCOL 5.3).
LINK_TYPES: Final = frozenset(
    {
        "AssetVersionLink", LIST_OBJECT, "Membership", "ProjectSchemaObjectType", "TaskTypeSchemaType",
        "TypedContextLink", "WorkflowSchemaStatus",
    }
)  # fmt: skip

#: Types without a meaning of their own when they belong to nothing: taking one out of a collection deletes it.
DELETED_ON_REMOVAL: Final = LINK_TYPES | {"Appointment"}

#: The studio's configuration. Entities of these types cannot be deleted while production data refers to them: the rule
#: of the embedded server, which suits the errors of real ones (foreign key constraints, PROTOCOL 2.4).
CONFIGURATION: Final = frozenset(
    {
        "AssetType", "CustomAttributeType", "Disk", "ListCategory", "ManagerType", "ObjectType", "Priority",
        "ProjectSchema", "ProjectSchemaObjectType", "ProjectSchemaOverride", "Schema", "SchemaStatus", "SchemaType",
        "SecurityRole", "State", "Status", "TaskTemplate", "TaskTemplateItem", "TaskTypeSchema", "TaskTypeSchemaType",
        "Type", "UserType", "WorkflowSchema", "WorkflowSchemaStatus",
    }
)  # fmt: skip

#: Families and keys of entities that stay when the entity is deleted that the key refers to, or prevent its deletion,
#: although a collection of that entity holds them. The embedded server's rule: notes must not vanish with their author,
#: logged hours remain, and so do the groups inside a deleted group.
KEPT_WITHOUT_OWNER: Final = frozenset(
    {("Note", "user_id"), ("Timelog", "user_id"), (RESOURCE, "parent_id"), (CUSTOM_CONFIGURATION_BASE, "group_id")}
)

# -- attributes -------------------------------------------------------------------------------------------------------

#: The path to an entity as a list of {id, name, type}, project first and the entity last. The schema says "string"
#: (PROTOCOL 5.1).
LINK: Final = "link"
PATH_ATTRIBUTES: Final = frozenset({LINK, "_link"})

#: Collections that the server derives from the whole tree of contexts (PROTOCOL 5.3).
ANCESTORS: Final = "ancestors"
DESCENDANTS: Final = "descendants"
TREE_COLLECTIONS: Final = frozenset({ANCESTORS, DESCENDANTS})

#: The foreign key of children in a tree, and of entities that belong to entities of several types (PROTOCOL 5.3).
PARENT_ID: Final = "parent_id"
#: Foreign keys whose target type depends on the entity: the schema names none for them (PROTOCOL 5.3).
POLYMORPHIC_KEYS: Final = frozenset({PARENT_ID, "entity_id", "from_id", "to_id"})

#: Whether a version is the newest of its asset changes with other versions of the asset.
IS_LATEST_VERSION: Final = "is_latest_version"

#: Family -> the relation to the entity that contains an entity: its project is found there, and inherited values of
#: custom attributes (PROTOCOL 6).
PARENT_RELATIONS: Final[Mapping[str, str]] = {
    CONTEXT: "parent",
    ASSET_VERSION: "asset",
    ASSET: "parent",
    LIST_OBJECT: "list",
}

# -- locations --------------------------------------------------------------------------------------------------------

#: The ids of the locations that every server has (protocol fact).
ORIGIN_LOCATION_ID: Final = "ce9b348f-8809-11e3-821c-20c9d081909b"
UNMANAGED_LOCATION_ID: Final = "cb268ecc-8809-11e3-a7e2-20c9d081909b"
REVIEW_LOCATION_ID: Final = "cd41be70-8809-11e3-b98a-20c9d081909b"
CONNECT_LOCATION_ID: Final = "07b82a97-8cf9-11e3-9383-20c9d081909b"
SERVER_LOCATION_ID: Final = "3a372bde-05bc-11e4-8908-20c9d081909b"

# -- custom attributes ------------------------------------------------------------------------------------------------

#: The mapping of an entity's custom attributes.
CUSTOM_ATTRIBUTES: Final = "custom_attributes"
#: The attribute that a value of a custom attribute has in its primary key, and other types have not (PROTOCOL 6).
CONFIGURATION_ID: Final = "configuration_id"

#: The word for an entity type in a configuration -> the entity type (PROTOCOL 6). Link configurations write
#: `asset_version` with an underscore, configurations of attributes without.
CONFIGURED_TYPES: Final[Mapping[str, str]] = {
    "show": PROJECT,
    "task": TYPED_CONTEXT,
    "asset": ASSET,
    "asset_version": ASSET_VERSION,
    "assetversion": ASSET_VERSION,
    "component": COMPONENT,
    "group": "Group",
    "list": LIST,
    "user": USER,
}

#: Types of custom attributes whose values are lists of options (PROTOCOL 6).
ENUMERATORS: Final = frozenset({"enumerator", "dynamic enumerator"})
#: The type of custom attributes that the server computes; they cannot be set (PROTOCOL 6).
EXPRESSION: Final = "expression"
