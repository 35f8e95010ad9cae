"""Edge: inserts the rows of a fresh ftrack server, and its administrator."""

from __future__ import annotations

import json
import re

from . import project_schemas, workflows
from .constants import CUSTOM_ATTRIBUTE_TYPES, LOCATIONS, OBJECT_TYPES, USER_TYPE, ObjectType
from .row_writer import RowWriter, named_id
from .workflows import PRIORITIES, PROJECT_SCHEMAS, STATES, STATUSES, TYPES

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

#: Name, colour. Labels and categories of notes are stored in the same rows.
NOTE_LABELS = (
    ("Internal", "#3498DB"),
    ("Client feedback", "#E74C3C"),
    ("Supervisor", "#9B59B6"),
    ("Question", "#F1C40F"),
)

#: Name, type. PROJECT roles are granted for projects, API roles to API keys. ASSIGNED roles come with an assignment
#: (fact of ftrack's documentation).
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

#: Group, name, value. Protocol fact: clients read the storage scenario from this setting.
SETTINGS = (
    ("STORAGE", "storage_scenario", json.dumps({"scenario": "ftrack.automatic", "data": {}})),
    ("SCHEDULE", "workday_length", str(8 * 60 * 60)),
    ("SCHEDULE", "week_startday", "1"),
)

#: The only disk: name, path on Unix, path on Windows.
DISK = ("Main storage", "/mnt/projects", "P:\\projects")

#: The number attributes of a fresh server: id, key, label, entity type, object type, default.
_NUMBER_ATTRIBUTES = (
    ("acd86546-4082-11e2-95b1-0019bb4983d8", "fstart", "Frame start", "task", "Shot", 1),
    ("432bc746-4087-11e2-8250-0019bb4983d8", "fend", "Frame end", "task", "Shot", 1),
    ("432bdfa6-4087-11e2-8250-0019bb4983d8", "handles", "Frame handles", "task", "Shot", 0),
    ("d25907a0-acb5-11e1-8668-f23c91df1211", "fps", "fps", "task", "Shot", 25),
    ("d25532e2-acb5-11e1-8668-f23c91df1211", "fps", "fps", "task", "Sequence", 25),
    ("d25219d6-acb5-11e1-8668-f23c91df1211", "fps", "fps", "show", "", 24),
)
FSTART, FEND, HANDLES = (row[0] for row in _NUMBER_ATTRIBUTES[:3])


def asset_type_id(name: str) -> str:
    """Return the id of an asset type."""
    return named_id("AssetType", name)


def user_id(username: str) -> str:
    """Return the id of a user, which is derived from the name and so the same in every seed."""
    return named_id("User", username)


def security_role_id(name: str) -> str:
    """Return the id of a security role."""
    return named_id("SecurityRole", name)


def disk_id() -> str:
    """Return the id of the only disk."""
    return named_id("Disk", DISK[0])


def insert_rows(writer: RowWriter, api_user: str) -> None:
    """Insert everything that a fresh server has, with *api_user* as its administrator."""
    _insert_predefined_entities(writer)
    object_types = _insert_object_types(writer)
    for project_schema in PROJECT_SCHEMAS:
        project_schemas.insert(writer, project_schema, object_types)
    _insert_custom_attributes(writer)
    insert_user(writer, api_user, *_first_and_last_name(api_user), role="Administrator")


def _insert_predefined_entities(writer: RowWriter) -> None:
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
    insert("AssetType", "id name short component", [(asset_type_id(row[0]), *row) for row in ASSET_TYPES])
    insert(
        "NoteLabel",
        "id name color sort",
        [(named_id("NoteLabel", name), name, color, sort) for sort, (name, color) in enumerate(NOTE_LABELS)],
    )
    insert("SecurityRole", "id name type", [(security_role_id(name), name, type_) for name, type_ in SECURITY_ROLES])
    insert("Setting", "group name value", SETTINGS)
    insert("Disk", "id name unix windows", [(disk_id(), *DISK)])
    for entity_type, names in (("ManagerType", MANAGER_TYPES), ("ListCategory", LIST_CATEGORIES), ("Scope", SCOPES)):
        insert(entity_type, "id name", [(named_id(entity_type, name), name) for name in names])


def _insert_object_types(writer: RowWriter) -> dict[str, str]:
    """Insert the object types of the schema, ftrack's own and those of the studio; return their ids by entity type."""
    standard = {object_type.entity_type for object_type in OBJECT_TYPES}
    studio = [
        ObjectType(name, entity_type.classifiers["object_type_id"], _with_spaces(name), "default", is_typeable=True)
        for name, entity_type in sorted(writer.tables.schema.types.items())
        if name not in standard and "object_type_id" in entity_type.classifiers
    ]
    present = [object_type for object_type in (*OBJECT_TYPES, *studio) if writer.has(object_type.entity_type)]
    writer.insert(
        "ObjectType",
        "sort id name icon is_taskable is_typeable is_statusable is_schedulable is_time_reportable is_leaf",
        [(sort, *object_type[1:]) for sort, object_type in enumerate(present)],
    )
    return {object_type.entity_type: object_type.id for object_type in present}


def _with_spaces(name: str) -> str:
    # Protocol fact: the name of an entity type is that of its object type without spaces ("Asset Build", AssetBuild).
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)


def _insert_custom_attributes(writer: RowWriter) -> None:
    types = [(id_, name, True) for name, id_ in CUSTOM_ATTRIBUTE_TYPES.items()]
    writer.insert("CustomAttributeType", "id name core", types)
    object_types = {object_type.entity_type: object_type.id for object_type in OBJECT_TYPES}
    config = json.dumps({"isdecimal": False})
    rows = [row for row in _NUMBER_ATTRIBUTES if not row[4] or writer.has(row[4])]
    writer.insert(
        "CustomAttributeConfiguration",
        "id key label entity_type object_type_id default type_id config core sort",
        [
            (*row[:4], object_types.get(row[4]), row[5], CUSTOM_ATTRIBUTE_TYPES["number"], config, True, sort)
            for sort, row in enumerate(rows)
        ],
    )
    for row in rows:
        grant_to_all_roles(writer, row[0])


def grant_to_all_roles(
    writer: RowWriter, configuration: str, entity_type: str = "CustomAttributeConfiguration"
) -> None:
    """Let every role read and write a custom attribute. Without a role only administrators see it (protocol fact)."""
    for relation in ("read_security_roles", "write_security_roles"):
        links = writer.links(entity_type, relation)
        for name, _ in SECURITY_ROLES:
            links.add(configuration, security_role_id(name))


def _first_and_last_name(username: str) -> tuple[str, str]:
    first, _, last = re.sub(r"[^A-Za-z0-9]+", " ", username.split("@")[0]).strip().title().partition(" ")
    return first, last


def insert_user(writer: RowWriter, username: str, first_name: str, last_name: str, *, role: str) -> str:
    """Insert an active user with a security role for all projects; return the id of the user."""
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
        [(named_id("UserSecurityRole", username), id_, security_role_id(role), True)],
    )
    return id_
