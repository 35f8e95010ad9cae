"""Edge: what a fresh ftrack has before anybody has done anything, and the one user who can."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from . import workflows
from .constants import CUSTOM_ATTRIBUTE_TYPES, LOCATIONS, OBJECT_TYPES, USER_TYPE, ObjectType
from .row_writer import RowWriter, named_id
from .workflows import PRIORITIES, PROJECT_SCHEMAS, STATES, STATUSES, TYPES, ProjectSchema

#: Name, short name, name of the main component.
ASSET_TYPES = (
    ("Animation", "anim", "main"),
    ("Audio", "audio", "main"),
    ("Cache", "cache", "main"),
    ("Camera", "cam", "main"),
    ("Composite", "comp", "main"),
    ("Concept", "concept", "main"),
    ("Edit", "edit", "main"),
    ("Geometry", "geo", "main"),
    ("Image Sequence", "img", "main"),
    ("Lighting Rig", "lgt", "main"),
    ("Plate", "plate", "main"),
    ("Render", "render", "main"),
    ("Rig", "rig", "main"),
    ("Scene", "scene", "main"),
    ("Texture", "texture", "main"),
    ("Upload", "upload", "main"),
)

#: Name, colour. Labels and categories of notes are two names of the same rows.
NOTE_LABELS = (
    ("Internal", "#3498DB"),
    ("Client feedback", "#E74C3C"),
    ("Supervisor", "#9B59B6"),
    ("Question", "#F1C40F"),
)

#: Name, type: what a role can be given for. PROJECT roles are given for projects, API roles to keys, ASSIGNED ones come
#: with an assignment (fact of ftrack's documentation).
SECURITY_ROLES = (
    ("Administrator", "PROJECT"),
    ("Project Manager", "PROJECT"),
    ("Coordinator", "PROJECT"),
    ("User", "PROJECT"),
    ("Restricted User", "ASSIGNED"),
    ("API", "API"),
)
MANAGER_TYPES = ("Producer", "Project Manager", "Coordinator", "Supervisor")
LIST_CATEGORIES = ("Default", "Dailies", "Client Reviews", "Deliveries")
SCOPES = ("Internal", "Client", "Vendor")

#: Group, name, value. Protocol fact: clients look for the storage scenario here.
SETTINGS = (
    ("STORAGE", "storage_scenario", json.dumps({"scenario": "ftrack.automatic", "data": {}})),
    ("SCHEDULE", "workday_length", str(8 * 60 * 60)),
    ("SCHEDULE", "week_startday", "1"),
)

#: The one disk: name, its path on Unix, its path on Windows.
DISK = ("Main storage", "/mnt/projects", "P:\\projects")

#: Id, key, label, entity type, object type, default of the number attributes that come with the server.
_NUMBERS = (
    ("acd86546-4082-11e2-95b1-0019bb4983d8", "fstart", "Frame start", "task", "Shot", 1),
    ("432bc746-4087-11e2-8250-0019bb4983d8", "fend", "Frame end", "task", "Shot", 1),
    ("432bdfa6-4087-11e2-8250-0019bb4983d8", "handles", "Frame handles", "task", "Shot", 0),
    ("d25907a0-acb5-11e1-8668-f23c91df1211", "fps", "fps", "task", "Shot", 25),
    ("d25532e2-acb5-11e1-8668-f23c91df1211", "fps", "fps", "task", "Sequence", 25),
    ("d25219d6-acb5-11e1-8668-f23c91df1211", "fps", "fps", "show", "", 24),
)
FSTART, FEND, HANDLES = (row[0] for row in _NUMBERS[:3])


def asset_type(name: str) -> str:
    """Return the id of an asset type."""
    return named_id("AssetType", name)


def user_id(username: str) -> str:
    """Return the id of a user, made from the name so that a user is the same in every seed."""
    return named_id("User", username)


def security_role(name: str) -> str:
    """Return the id of a security role."""
    return named_id("SecurityRole", name)


def disk() -> str:
    """Return the id of the one disk."""
    return named_id("Disk", DISK[0])


def plant(writer: RowWriter, api_user: str) -> None:
    """Write everything a fresh server has, with *api_user* as its administrator."""
    _plant_vocabulary(writer)
    object_types = plant_object_types(writer)
    for project_schema in PROJECT_SCHEMAS:
        _plant_project_schema(writer, project_schema, object_types)
    _plant_custom_attributes(writer)
    plant_user(writer, api_user, *_person(api_user), role="Administrator")


def _plant_vocabulary(writer: RowWriter) -> None:
    insert = writer.insert
    insert("Location", "id name label description", LOCATIONS)
    insert("UserType", "id name", [(USER_TYPE, "Default")])
    insert("State", "id name short", [(id_, name, short) for short, (id_, name) in STATES.items()])
    insert(
        "Status",
        "id name color sort is_active state",
        [
            (id_, name, color, sort, True, STATES[state][0])
            for sort, (name, (id_, state, color)) in enumerate(STATUSES.items())
        ],
    )
    insert(
        "Priority",
        "id name color sort value",
        [(id_, name, color, sort, 0) for sort, (name, (id_, color)) in enumerate(PRIORITIES.items())],
    )
    insert(
        "Type",
        "id name color sort is_billable",
        [
            (id_, name, color, sort, name not in workflows.NOT_BILLABLE)
            for sort, (name, (id_, color)) in enumerate(TYPES.items())
        ],
    )
    insert("AssetType", "id name short component", [(asset_type(row[0]), *row) for row in ASSET_TYPES])
    insert(
        "NoteLabel",
        "id name color sort",
        [(named_id("NoteLabel", name), name, color, sort) for sort, (name, color) in enumerate(NOTE_LABELS)],
    )
    insert("SecurityRole", "id name type", [(security_role(name), name, kind) for name, kind in SECURITY_ROLES])
    insert("Setting", "group name value", SETTINGS)
    insert("Disk", "id name unix windows", [(disk(), *DISK)])
    for entity_type, names in (("ManagerType", MANAGER_TYPES), ("ListCategory", LIST_CATEGORIES), ("Scope", SCOPES)):
        insert(entity_type, "id name", [(named_id(entity_type, name), name) for name in names])


def plant_object_types(writer: RowWriter) -> dict[str, str]:
    """Write the object types of the schema, ftrack's own and a studio's; return their ids by entity type."""
    known = {object_type.entity_type: object_type for object_type in OBJECT_TYPES}
    studio = [
        ObjectType(name, entity_type.classifiers["object_type_id"], _spaced(name), "default", is_typeable=True)
        for name, entity_type in sorted(writer.tables.schema.types.items())
        if name not in known and "object_type_id" in entity_type.classifiers
    ]
    present = [object_type for object_type in (*OBJECT_TYPES, *studio) if writer.has(object_type.entity_type)]
    writer.insert(
        "ObjectType",
        "sort id name icon is_taskable is_typeable is_statusable is_schedulable is_time_reportable is_leaf",
        [(sort, *object_type[1:]) for sort, object_type in enumerate(present)],
    )
    return {object_type.entity_type: object_type.id for object_type in present}


def _spaced(name: str) -> str:
    # Protocol fact: entity types are named after their object types without the spaces ("Asset Build", AssetBuild).
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)


def _plant_project_schema(writer: RowWriter, described: ProjectSchema, object_types: dict[str, str]) -> None:
    statuses = [workflows.status(name) for name in described.task_statuses]
    _plant_workflow(writer, described.task_workflow, f"{described.name} tasks", statuses)
    statuses = [workflows.status(name) for name in described.version_statuses]
    _plant_workflow(writer, described.version_workflow, f"{described.name} versions", statuses)
    writer.insert("TaskTypeSchema", "id name", [(described.task_type_schema, f"{described.name} task types")])
    types = writer.links("TaskTypeSchema", "types")
    for name in described.task_types:
        types.add(described.task_type_schema, workflows.type_(name))
    writer.insert(
        "ProjectSchema",
        "id name task_workflow_schema_id asset_version_workflow_schema_id task_type_schema_id",
        [(*described[:2], described.task_workflow, described.version_workflow, described.task_type_schema)],
    )
    allowed = writer.links("ProjectSchema", "object_types")
    for entity_type, object_type in object_types.items():
        if entity_type in described.object_types or entity_type not in workflows.VFX.object_types:
            allowed.add(described.id, object_type)
    _plant_schemas(writer, described, object_types)
    for name, override in described.overrides.items():
        workflow = named_id("WorkflowSchema", described.name, name)
        _plant_workflow(writer, workflow, f"{described.name} {name}", [workflows.status(status) for status in override])
        row = (named_id("ProjectSchemaOverride", described.name, name), described.id, workflows.type_(name), workflow)
        writer.insert("ProjectSchemaOverride", "id project_schema_id type_id workflow_schema_id", [row])
    for name, names in described.templates.items():
        template = named_id("TaskTemplate", described.name, name)
        writer.insert("TaskTemplate", "id name project_schema_id", [(template, name, described.id)])
        items = [(named_id(template, item), template, workflows.type_(item)) for item in names]
        writer.insert("TaskTemplateItem", "id template_id task_type_id", items)


def _plant_workflow(writer: RowWriter, id_: str, name: str, statuses: Sequence[str]) -> None:
    writer.insert("WorkflowSchema", "id name", [(id_, name)])
    links = writer.links("WorkflowSchema", "statuses")
    for status in statuses:
        links.add(id_, status)


def _plant_schemas(writer: RowWriter, described: ProjectSchema, object_types: dict[str, str]) -> None:
    for entity_type, (statuses, types) in described.schemas.items():
        if entity_type in object_types:
            id_ = named_id("Schema", described.name, entity_type)
            row = (id_, described.id, object_types[entity_type])
            writer.insert("Schema", "id project_schema_id object_type_id", [row])
            rows = [(id_, workflows.status(name), sort) for sort, name in enumerate(statuses)]
            writer.insert("SchemaStatus", "schema_id status_id sort", rows)
            rows = [(id_, workflows.type_(name), sort) for sort, name in enumerate(types)]
            writer.insert("SchemaType", "schema_id type_id sort", rows)


def _plant_custom_attributes(writer: RowWriter) -> None:
    kinds = [(id_, name, True) for name, id_ in CUSTOM_ATTRIBUTE_TYPES.items()]
    writer.insert("CustomAttributeType", "id name core", kinds)
    object_types = {object_type.entity_type: object_type.id for object_type in OBJECT_TYPES}
    config = json.dumps({"isdecimal": False})
    kept = [row for row in _NUMBERS if not row[4] or writer.has(row[4])]
    writer.insert(
        "CustomAttributeConfiguration",
        "id key label entity_type object_type_id default type_id config core sort",
        [
            (*row[:4], object_types.get(row[4]), row[5], CUSTOM_ATTRIBUTE_TYPES["number"], config, True, sort)
            for sort, row in enumerate(kept)
        ],
    )
    for row in kept:
        open_to_all(writer, row[0])


def open_to_all(writer: RowWriter, configuration: str, entity_type: str = "CustomAttributeConfiguration") -> None:
    """Let every role read and write a custom attribute; without a role only administrators see it (protocol fact)."""
    for relation in ("read_security_roles", "write_security_roles"):
        links = writer.links(entity_type, relation)
        for name, _ in SECURITY_ROLES:
            links.add(configuration, security_role(name))


def _person(username: str) -> tuple[str, str]:
    first, _, last = re.sub(r"[^A-Za-z0-9]+", " ", username.split("@")[0]).strip().title().partition(" ")
    return first, last


def plant_user(writer: RowWriter, username: str, first_name: str, last_name: str, *, role: str) -> str:
    """Write an active user with a security role for all projects; return the user's id."""
    id_ = user_id(username)
    email = username if "@" in username else f"{username}@example.com"
    writer.insert(
        "User",
        "id username first_name last_name email is_active user_type_id",
        [(id_, username, first_name, last_name, email, True, USER_TYPE)],
    )
    writer.insert(
        "UserSecurityRole",
        "id user_id security_role_id is_all_projects",
        [(named_id("UserSecurityRole", username), id_, security_role(role), True)],
    )
    return id_
