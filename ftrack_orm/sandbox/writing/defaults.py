"""Edge: fills in the values of a new entity that its client did not send.

Protocol fact: clients create a task with only a name and a parent, a version with only its asset. The server adds ids,
the project, the version number, dates, the current user, and the initial status.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.tables import ENTITY_TYPE
from ftrack_orm.schema.attribute import Kind, ValueType

from . import workflow

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .store import Row, Store

#: Attributes that default to the time of the request.
_CREATION_TIMES: dict[str, tuple[str, ...]] = {
    "AssetVersion": ("date",),
    "List": ("date",),
    "Note": ("date", "thread_activity"),
    "ReviewSession": ("start_date", "end_date"),
    "StatusChange": ("date",),
    "Timelog": ("start",),
    "Timer": ("start",),
}

#: Types whose `user_id` defaults to the current user.
_CURRENT_USER_TYPES = frozenset({"AssetVersion", "Job", "List", "Note", "StatusChange", "Timelog", "Timer"})

#: Constant defaults by family or type, where the schema has none.
_DEFAULT_VALUES: dict[str, dict[str, Any]] = {
    "Project": {"context_type": "show", "status": "active", "is_global": False},
    "TypedContext": {"context_type": "task", "bid": 0, "sort": 0},
    "FileComponent": {"system_type": "file"},
    "SequenceComponent": {"system_type": "sequence"},
    "ContainerComponent": {"system_type": "container"},
    "User": {"resource_type": "user", "user_type_id": "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8"},
    "Group": {"resource_type": "group"},
    "Status": {"is_active": True},
    "CustomConfigurationBase": {"config": "{}"},
    "Timelog": {"duration": 0},
    "ReviewSessionObject": {"sort_order": 0},
    "ReviewSession": {"availability": "available"},
}

#: The location whose components are identified by their own ids.
_SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"


#: Type or base -> the key of the entity that an entity belongs to, without which some defaults are not known.
_OWNER_KEYS = {"TypedContext": "parent_id", "Asset": "context_id", "AssetVersion": "asset_id"}


def fill(store: Store, entity_type: EntityType, row: Row) -> bool:
    """Fill in the missing values of a new entity in *row*.

    Return whether all are filled in: those that depend on the entity it belongs to are left out without it, and
    `fill_from_owner` adds them later. Raises an integrity error for an owner that does not exist.
    """
    for name, value in entity_type.classifiers.items():
        column = store.tables.column(entity_type.name, name)
        if column is not None:
            if row.get(column.name) not in (None, value):
                raise server_errors.validation_error(
                    f"{entity_type.name}.{name} must be {value!r}, not {row[column.name]!r}: it defines the type."
                )
            row[column.name] = value
    family = (entity_type.name, *entity_type.bases)
    _fill_independent(store, entity_type, family, row)
    return fill_from_owner(store, entity_type, row)


def fill_from_owner(store: Store, entity_type: EntityType, row: Row) -> bool:
    """Fill in the missing values that depend on other entities; return whether the owner of the entity is known."""
    for name in (entity_type.name, *entity_type.bases):
        rule = _RULES.get(name)
        if rule is not None:
            return rule(store, entity_type, row)
    return True


def missing_owner(entity_type: EntityType, row: Row) -> tuple[str, ...]:
    """Return the key of the entity that *row* needs to belong to if it is not set."""
    keys = (_OWNER_KEYS[name] for name in (entity_type.name, *entity_type.bases) if name in _OWNER_KEYS)
    return tuple(key for key in keys if row.get(key) is None)


def _fill_independent(store: Store, entity_type: EntityType, family: tuple[str, ...], row: Row) -> None:
    """Fill in values that depend on no other entity: the schema's defaults, times, the current user, constants."""
    values = {
        name: value for type_name in reversed(family) for name, value in _DEFAULT_VALUES.get(type_name, {}).items()
    }
    creation_times = {name for type_name in family for name in _CREATION_TIMES.get(type_name, ())} | {"created_at"}
    current_user = {"created_by_id", *(("user_id",) if not _CURRENT_USER_TYPES.isdisjoint(family) else ())}
    for attribute in entity_type.attributes.values():
        if attribute.kind is not Kind.SCALAR:
            continue
        column = store.tables.column(entity_type.name, attribute.name)
        if column is None or row.get(column.name) is not None:
            continue
        is_id = column.primary_key and attribute.name == "id" and attribute.value_type is ValueType.TEXT
        if attribute.has_generated_default or is_id:
            row[column.name] = str(uuid.uuid4())
        elif attribute.name in creation_times:
            row[column.name] = store.request.now
        elif attribute.name in current_user:
            row[column.name] = store.request.user_id
        elif attribute.name in values:
            row[column.name] = values[attribute.name]
        elif attribute.default is not None:
            row[column.name] = attribute.default
        elif attribute.value_type is ValueType.BOOLEAN:
            # A reply to a new user holds is_active, is_otp_enabled and so on as false (recorded reply of a real
            # server).
            row[column.name] = False


# -- by type ------------------------------------------------------------------------------------------------------


def _project(store: Store, entity_type: EntityType, row: Row) -> bool:
    row["name"] = row.get("name") or row.get("full_name") or ""
    if "full_name" in entity_type.attributes and row.get("full_name") is None:
        row["full_name"] = row["name"]
    row["project_id"] = row["id"]
    return True


def _typed_context(store: Store, entity_type: EntityType, row: Row) -> bool:
    if row.get("parent_id") is None:
        row["parent_id"] = row.get("project_id")
    parent = _owner(store, entity_type, row, "parent_id", "Context")
    row["project_id"] = None if parent is None else project_id_of(parent)
    if row["project_id"] is None:
        return False
    project = store.find("Project", (row["project_id"],))
    if row.get("type_id") is None:
        row["type_id"] = workflow.first_type(store, project, entity_type.name, row)
    if row.get("status_id") is None:
        row["status_id"] = workflow.first_status(store, project, entity_type.name, row)
    return True


def project_id_of(context: Row) -> str | None:
    """Return the id of the project that a context's row belongs to; for a project its own id.

    A context that a request has not given a parent yet belongs to no project.
    """
    project_id: str | None = context["id"] if context[ENTITY_TYPE] == "Project" else context["project_id"]
    return project_id


def _asset(store: Store, entity_type: EntityType, row: Row) -> bool:
    context = _owner(store, entity_type, row, "context_id", "Context")
    if context is not None and "project_id" in entity_type.attributes:  # newer servers
        row["project_id"] = project_id_of(context)
    return context is not None and project_id_of(context) is not None


def _asset_version(store: Store, entity_type: EntityType, row: Row) -> bool:
    asset = _owner(store, entity_type, row, "asset_id", "Asset")
    if asset is None:
        return False
    if row.get("version") is None:
        table = store.tables.table("AssetVersion")
        latest = sa.select(sa.func.max(table.c.version)).where(table.c.asset_id == row["asset_id"])
        row["version"] = (store.connection.execute(latest).scalar() or 0) + 1
    context = store.find("Context", (asset["context_id"],))
    project = store.find("Project", (project_id_of(context),)) if context else None
    if project is None:
        return False
    if "project_id" in entity_type.attributes:
        row["project_id"] = project["id"]
    if row.get("status_id") is None:
        row["status_id"] = workflow.first_status(store, project, "AssetVersion", row)
    return True


def _component_location(store: Store, entity_type: EntityType, row: Row) -> bool:
    if row.get("resource_identifier") is None and row.get("location_id") == _SERVER_LOCATION:
        row["resource_identifier"] = row.get("component_id")
    return True


def _note(store: Store, entity_type: EntityType, row: Row) -> bool:
    thread = _owner(store, entity_type, row, "in_reply_to_id", "Note")
    if thread is not None:
        for column in ("parent_id", "parent_type"):
            row[column] = row.get(column) or thread[column]
    return _typed_parent(store, entity_type, row)


def _typed_parent(store: Store, entity_type: EntityType, row: Row) -> bool:
    """Fill in the type of the parent where the client sent only its id, or `Context` for any context."""
    if row.get("parent_id") is None or row.get("parent_type") not in (None, "TypedContext", "Context"):
        return True
    for foreign_key in store.references.foreign_keys_of(entity_type.name):
        if foreign_key.column == "parent_id":
            for target in ("Context", *foreign_key.targets):
                parent = store.find(target, (row["parent_id"],)) if _has_one_key(store, target) else None
                if parent is not None:
                    row["parent_type"] = parent[ENTITY_TYPE]
                    return True
    return True


def _has_one_key(store: Store, entity_type: str) -> bool:
    return entity_type in store.schema.types and len(store.schema.types[entity_type].primary_key) == 1


def _review_session_object(store: Store, entity_type: EntityType, row: Row) -> bool:
    version = store.find("AssetVersion", (row.get("version_id"),))
    if version is None:
        return True
    asset = store.find("Asset", (version["asset_id"],))
    row["name"] = row.get("name") or (asset["name"] if asset else "") or ""
    row["version"] = row.get("version") or f"Version {version['version']}"
    return True


def _configuration(store: Store, entity_type: EntityType, row: Row) -> bool:
    row["label"] = row.get("label") or row.get("key")
    if row.get("entity_type") is not None:
        row["entity_type"] = row["entity_type"].lower()
    return True


def _owner(store: Store, entity_type: EntityType, row: Row, column: str, target: str) -> Row | None:
    """Return the row of the entity that a new one belongs to, or None if the client has not sent its id.

    Raises the server's integrity error for an id of no entity.
    """
    value = row.get(column)
    if value is None:
        return None
    owner = store.find(target, (value,))
    if owner is None:
        raise server_errors.integrity_error(
            f"{entity_type.name}.{column}: there is no {target} with id {value!r} (foreign key {column})."
        )
    return owner


#: Type or base -> the rule that fills in the values that depend on other entities and returns whether all are known.
_RULES: dict[str, Callable[[Store, EntityType, Row], bool]] = {
    "Project": _project,
    "TypedContext": _typed_context,
    "Asset": _asset,
    "AssetVersion": _asset_version,
    "ComponentLocation": _component_location,
    "Note": _note,
    "Metadata": _typed_parent,
    "EntitySetting": _typed_parent,
    "ReviewSessionObject": _review_session_object,
    "CustomConfigurationBase": _configuration,
}
