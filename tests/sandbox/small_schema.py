"""A small data model with every kind of attribute and relation that the embedded server stores."""

from __future__ import annotations

from typing import Any

from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, RelationKeys, Through

_CONTEXT = {
    "id": "text",
    "name": "text",
    "parent_id": "text>Context",
    "parent": "->Context",
    "project_id": "text>Project",
    "context_type": "text",
    "created_at": "date",
    "thumbnail_id": "text>Component",
    "thumbnail": "->Component",
    "thumbnail_url": "object",
    "link": "text",
    "children": "*Context",
    "assets": "*Asset",
    "assignments": "*Appointment",
    "allocations": "*Appointment",
    "timelogs": "*Timelog",
    "scopes": "*Scope",
    "notes": "*Note",
    "metadata": "%Metadata",
    "custom_attributes": "%ContextCustomAttributeValue",
    "custom_attribute_links": "!CustomAttributeLink",
}
_TYPED = {
    **_CONTEXT,
    "bid": "number",
    "sort": "number",
    "description": "text",
    "start_date": "date",
    "status_id": "text>Status",
    "status": "->Status",
    "type_id": "text>Type",
    "type": "->Type",
    "object_type_id": "text>ObjectType",
    "object_type": "->ObjectType",
    "project": "->Project",
    "ancestors": "*TypedContext",
    "descendants": "*TypedContext",
    "incoming_links": "*TypedContextLink",
    "lists": "*TypedContextList",
    "time_logged": "number",
    "bid_time_logged_difference": "number",
}
_RESOURCE = {"id": "text", "resource_type": "text", "assignments": "*Appointment"}
_COMPONENT = {
    "id": "text",
    "name": "text",
    "system_type": "text",
    "size": "integer",
    "version_id": "text>AssetVersion",
    "container_id": "text>ContainerComponent",
}
_LIST = {
    "id": "text",
    "name": "text",
    "system_type": "text",
    "project_id": "text>Project",
    "user_id": "text>User",
    "owner": "->User",
    "custom_attributes": "%ListCustomAttributeValue",
}
_CONFIGURATION = {
    "id": "text",
    "key": "text",
    "label": "text",
    "entity_type": "text",
    "object_type_id": "text>ObjectType",
    "project_id": "text>Project",
}
_VALUE = {
    "configuration_id": "text>CustomAttributeConfiguration",
    "configuration": "->CustomAttributeConfiguration",
    "value": "variable",
}
_LINK_ENDS = {
    "id": "text",
    "from_id": "text",
    "to_id": "text",
    "configuration_id": "text>CustomAttributeLinkConfiguration",
    "configuration": "->CustomAttributeLinkConfiguration",
}

#: Type -> its attributes. "text>Status" is a foreign key, "->Status" a reference, "*Task" a collection, "%X" a mapping,
#: "!X" a collection for criteria only, and "boolean~all" has the internal name "all".
_TYPES: dict[str, dict[str, str]] = {
    "Context": _CONTEXT,
    "Project": {**_CONTEXT, "full_name": "text", "status": "text", "descendants": "*TypedContext"},
    "TypedContext": _TYPED,
    "Task": _TYPED,
    "Shot": _TYPED,
    "Status": {"id": "text", "name": "text", "sort": "integer", "state": "->State", "tasks": "*Task"},
    "State": {"id": "text", "name": "text", "short": "text", "usage": "number"},
    "Type": {"id": "text", "name": "text", "is_billable": "boolean", "task_type_schemas": "*TaskTypeSchema"},
    "TaskTypeSchema": {"id": "text", "name": "text", "types": "*Type"},
    "ObjectType": {"id": "text", "name": "text", "tasks": "*Task"},
    "Scope": {"id": "text", "name": "text"},
    "Resource": _RESOURCE,
    "User": {
        **_RESOURCE,
        "username": "text",
        "is_active": "boolean",
        "thumbnail_id": "text>Component",
        "thumbnail_url": "object",
        "custom_attributes": "%UserCustomAttributeValue",
    },
    "Group": {**_RESOURCE, "name": "text", "parent_id": "text>Group", "parent": "->Group", "link": "text"},
    "Appointment": {
        "id": "text",
        "type": "text",
        "context_id": "text>Context",
        "context": "->Context",
        "resource_id": "text>Resource",
        "resource": "->Resource",
    },
    "Timelog": {"id": "text", "start": "date", "duration": "number", "context_id": "text>Context"},
    "Note": {
        "id": "text",
        "content": "text",
        "parent_id": "text",
        "parent_type": "text",
        "date": "date",
        "category_id": "text>NoteCategory",
        "category": "->NoteCategory",
        "recipients": "*Recipient",
    },
    "Recipient": {
        "note_id": "text>Note",
        "resource_id": "text>Resource",
        "recipient": "->Resource",
        "user": "->User",
    },
    "NoteCategory": {"id": "text", "name": "text"},
    "NoteLabel": {"id": "text", "name": "text"},
    "Metadata": {"parent_id": "text", "key": "text", "value": "text", "parent_type": "text"},
    "Asset": {
        "id": "text",
        "name": "text",
        "context_id": "text>Context",
        "parent": "->Context",
        "ancestors": "*TypedContext",
        "versions": "*AssetVersion",
        "latest_version": "->AssetVersion",
        "custom_attributes": "%AssetCustomAttributeValue",
    },
    "AssetVersion": {
        "id": "text",
        "version": "integer",
        "asset_id": "text>Asset",
        "asset": "->Asset",
        "task_id": "text>Task",
        "task": "->Task",
        "thumbnail_id": "text>Component",
        "thumbnail_url": "object",
        "is_latest_version": "boolean",
        "custom_attributes": "%AssetVersionCustomAttributeValue",
        "link": "text",
        "components": "*Component",
        "uses_versions": "*AssetVersion",
        "used_in_versions": "*AssetVersion",
    },
    "AssetVersionLink": {"id": "text", "from_id": "text>AssetVersion", "to_id": "text>AssetVersion"},
    "Component": _COMPONENT,
    "FileComponent": _COMPONENT,
    "ContainerComponent": {**_COMPONENT, "members": "*Component"},
    "SequenceComponent": {**_COMPONENT, "members": "*Component", "padding": "integer"},
    "Disk": {"id": "text", "custom_attributes": "%ComponentCustomAttributeValue"},
    "ComponentLocation": {"id": "text", "component_id": "text>Component", "location_id": "text", "url": "object"},
    "TypedContextLink": {
        "id": "text",
        "from_id": "text>TypedContext",
        "from": "->TypedContext",
        "to_id": "text>TypedContext",
        "to": "->TypedContext",
    },
    "List": _LIST,
    "TypedContextList": {**_LIST, "items": "*Task"},
    "ListObject": {
        "id": "text",
        "list_id": "text>List",
        "list": "->List",
        "entity_id": "text",
        "custom_attributes": "%ListObjectCustomAttributeValue",
    },
    "CustomConfigurationBase": _CONFIGURATION,
    "CustomAttributeConfiguration": {
        **_CONFIGURATION,
        "default": "variable",
        "is_hierarchical": "boolean",
        "values": "*CustomAttributeValue",
    },
    "CustomAttributeLinkConfiguration": {**_CONFIGURATION, "entity_type_to": "text"},
    "CustomAttributeValue": {**_VALUE, "entity_id": "text"},
    "ContextCustomAttributeValue": {**_VALUE, "entity_id": "text>Context", "key": "text"},
    "AssetCustomAttributeValue": {**_VALUE, "entity_id": "text>Asset", "key": "text"},
    "AssetVersionCustomAttributeValue": {**_VALUE, "entity_id": "text>AssetVersion", "key": "text"},
    "ListCustomAttributeValue": {**_VALUE, "entity_id": "text>List", "key": "text"},
    "ListObjectCustomAttributeValue": {**_VALUE, "entity_id": "text>ListObject", "key": "text"},
    "ComponentCustomAttributeValue": {**_VALUE, "entity_id": "text>Component", "key": "text"},
    "UserCustomAttributeValue": {**_VALUE, "entity_id": "text>User", "key": "text"},
    "CustomAttributeLink": _LINK_ENDS,
    "UserCustomAttributeLink": {**_LINK_ENDS, "user": "->User"},
    "ContextCustomAttributeLink": {**_LINK_ENDS, "context": "->Context"},
    "CustomAttributeLinkFrom": {**_LINK_ENDS, "from_entity_type": "text", "to_entity_type": "text"},
    "ReviewSession": {
        "id": "text",
        "availability": "text",
        "start_date": "date",
        "end_date": "date",
        "is_open": "boolean",
        "thumbnail_id": "text>Component",
        "thumbnail": "->Component",
    },
    "ReviewSessionObject": {
        "id": "text",
        "sort_order": "number",
        "review_session_id": "text>ReviewSession",
        "version_id": "text>AssetVersion",
    },
    "UserSecurityRole": {"id": "text", "is_all_projects": "boolean~all", "is_all_open_projects": "boolean~all"},
    "Event": {"id": "integer", "action": "text"},
    "Setting": {"name": "text", "group": "text", "value": "text"},
    "SettingComponent": {
        "component_id": "text>Component",
        "name": "text",
        "group": "text",
        "setting": "->Setting",
        "url": "object",
    },
}

_PRIMARY_KEYS = {
    "Metadata": ["parent_id", "key"],
    "Recipient": ["note_id", "resource_id"],
    "Setting": ["name", "group"],
    "SettingComponent": ["component_id", "name", "group"],
    **{name: ["configuration_id", "entity_id"] for name in _TYPES if name.endswith("CustomAttributeValue")},
}
_ALIASES: dict[str, Any] = {
    "TypedContext": "Task",
    "Task": {"id": "Task", "classifiers": {"object_type_id": "object-task"}},
    "Shot": {"id": "Task", "classifiers": {"object_type_id": "object-shot"}},
    "TypedContextList": {"id": "List", "classifiers": {"system_type": "task"}},
    "NoteCategory": "NoteCategory",
    "NoteLabel": "NoteCategory",
}
_COMPUTED = {
    "TypedContext": ["time_logged", "bid_time_logged_difference", "thumbnail_url"],
    "ReviewSession": ["is_open", "thumbnail_id"],
    "ComponentLocation": ["url"],
    "SettingComponent": ["url"],
    "State": ["usage"],
}
_SYSTEM_PROJECTIONS = {
    **{name: ["context_type"] for name in ("Context", "Project")},
    **{name: ["project_id", "context_type"] for name in ("TypedContext", "Task", "Shot")},
    **{name: ["resource_type"] for name in ("Resource", "User", "Group")},
    "Asset": ["context_id"],
    "AssetVersion": ["asset_id"],
    **{name: ["entity_id", "key"] for name in _TYPES if name.endswith("CustomAttributeValue")},
}


def schemas() -> list[dict[str, Any]]:
    """Return the reply to `query_schemas` for the data model."""
    return [
        {
            "id": name,
            "type": "object",
            "properties": {attribute: _describe(notation) for attribute, notation in attributes.items()},
            "primary_key": _PRIMARY_KEYS.get(name, ["id"]),
            "default_projections": [key for key in ("id", "name") if key in attributes],
            "system_projections": _SYSTEM_PROJECTIONS.get(name, []),
            "computed": [*_COMPUTED.get("TypedContext" if name in ("Task", "Shot") else name, ["thumbnail_url"])],
            "alias_for": _ALIASES.get(name),
        }
        for name, attributes in _TYPES.items()
    ]


def relation_keys() -> RelationKeys:
    """Return the key of every relation of the data model."""
    keys: dict[tuple[str, str], Any] = {
        ("Context", "children"): Inverse("parent_id"),
        ("Context", "assets"): Inverse("context_id"),
        ("Context", "assignments"): Inverse("context_id", (("type", "assignment"),)),
        ("Context", "allocations"): Inverse("context_id", (("type", "allocation"),)),
        ("Context", "timelogs"): Inverse("context_id"),
        ("Context", "scopes"): Through("ContextScope", "context_id", "scope_id"),
        ("Context", "notes"): Inverse("parent_id"),
        ("Context", "metadata"): Inverse("parent_id"),
        ("Context", "custom_attribute_links"): Inverse("from_id"),
        ("Project", "descendants"): Derived("descendants"),
        ("TypedContext", "ancestors"): Derived("ancestors"),
        ("TypedContext", "descendants"): Derived("descendants"),
        ("TypedContext", "incoming_links"): Inverse("to_id"),
        ("TypedContext", "lists"): Through("ListObject", "entity_id", "list_id"),
        ("TypedContextList", "items"): Through("ListObject", "list_id", "entity_id"),
        ("List", "owner"): ForeignKey("user_id"),
        ("Status", "state"): HiddenKey("state_id"),
        ("Status", "tasks"): Inverse("status_id"),
        ("ObjectType", "tasks"): Inverse("object_type_id"),
        ("Type", "task_type_schemas"): Through("TaskTypeSchemaType", "type_id", "task_type_schema_id"),
        ("TaskTypeSchema", "types"): Through("TaskTypeSchemaType", "task_type_schema_id", "type_id"),
        ("Resource", "assignments"): Inverse("resource_id", (("type", "assignment"),)),
        ("Note", "recipients"): Inverse("note_id"),
        ("Recipient", "recipient"): ForeignKey("resource_id"),
        ("Recipient", "user"): Derived("recipient_user"),
        ("Asset", "ancestors"): Derived("parents_ancestors"),
        ("Asset", "parent"): ForeignKey("context_id"),
        ("Asset", "versions"): Inverse("asset_id"),
        ("Asset", "latest_version"): Derived("latest_version"),
        ("AssetVersion", "components"): Inverse("version_id"),
        ("AssetVersion", "uses_versions"): Through("AssetVersionLink", "to_id", "from_id"),
        ("AssetVersion", "used_in_versions"): Through("AssetVersionLink", "from_id", "to_id"),
        ("ContainerComponent", "members"): Inverse("container_id"),
        ("CustomAttributeConfiguration", "values"): Inverse("configuration_id"),
        ("UserCustomAttributeLink", "user"): ForeignKey("to_id"),
        ("ContextCustomAttributeLink", "context"): ForeignKey("to_id"),
        ("SettingComponent", "setting"): Derived("setting_of_component"),
        ("ReviewSession", "thumbnail"): Derived("review_session_thumbnail"),
    }
    for name, attributes in _TYPES.items():
        for attribute, notation in attributes.items():
            if attribute == "custom_attributes":
                keys[name, attribute] = Inverse("entity_id")
            elif notation.startswith("->") and f"{attribute}_id" in attributes:
                keys.setdefault((name, attribute), ForeignKey(f"{attribute}_id"))
    return keys


def _describe(notation: str) -> dict[str, Any]:
    for sign, described in (("*", {"type": "array"}), ("%", {"type": "mapped_array"}), ("!", {"type": "array"})):
        if notation.startswith(sign):
            extra: dict[str, Any] = {"key_value_attributes": {"key": "key", "value": "value"}} if sign == "%" else {}
            if sign == "!":
                extra = {"restricted_projection": True}
            return {**described, "items": {"$ref": notation[1:]}, **extra}
    if notation.startswith("->"):
        return {"$ref": notation[2:]}
    notation, _, target = notation.partition(">")
    value_type, _, alias = notation.partition("~")
    description: dict[str, Any] = {
        "text": {"type": "string"},
        "date": {"type": "string", "format": "date-time"},
    }.get(value_type, {"type": value_type})
    if target:
        description["description"] = f"Foreign key(s): {target}.id"
    if alias:
        description["alias_for"] = alias
    return description
