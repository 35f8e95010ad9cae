"""Edge: the initial status and type of a new entity, from the project schema of its production."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.relations import Through

if TYPE_CHECKING:
    from .store import Row, Store

#: The object type that uses the project schema's own workflow, with overrides by task type; others have a `Schema`.
_TASK = "Task"


def first_status(store: Store, project: Row | None, entity_type: str, row: Row) -> str | None:
    """Return the id of the initial status of a new entity, or None when the project schema has none.

    A task starts with the first status of the task workflow, or of the workflow that overrides it for the task's type.
    A version starts with the first status of the version workflow. Other contexts start with the first status of their
    object type's schema, or else of the task workflow. "First" is by `sort`.
    """
    project_schema = project.get("project_schema_id") if project else None
    if project_schema is None:
        return None
    type_id = row.get("type_id") if entity_type == _TASK else None
    key = ("first status", project_schema, entity_type, row.get("object_type_id"), type_id)
    if key not in store.lookup_cache:
        store.lookup_cache[key] = _first_status(store, project_schema, entity_type, row, type_id)
    status_id: str | None = store.lookup_cache[key]
    return status_id


def _first_status(store: Store, project_schema: str, entity_type: str, row: Row, type_id: str | None) -> str | None:
    schema_row = store.find("ProjectSchema", (project_schema,))
    if schema_row is None:
        return None
    if entity_type == "AssetVersion":
        return _first_of_workflow(store, schema_row.get("asset_version_workflow_schema_id"))
    if entity_type == _TASK:
        if type_id is not None and "ProjectSchemaOverride" in store.schema.types:
            for override in store.rows("ProjectSchemaOverride", project_schema_id=project_schema, type_id=type_id):
                return _first_of_workflow(store, override["workflow_schema_id"])
        return _first_of_workflow(store, schema_row.get("task_workflow_schema_id"))
    own = [
        (link["sort"] or 0, link["status_id"])
        for schema in _object_type_schemas(store, project_schema, row)
        for link in store.rows("SchemaStatus", schema_id=schema["id"])
    ]
    return min(own)[1] if own else _first_of_workflow(store, schema_row.get("task_workflow_schema_id"))


def first_type(store: Store, project: Row | None, entity_type: str, row: Row) -> str | None:
    """Return the id of the initial type of a new context: the first of its schema, or for a task of the task types."""
    project_schema = project.get("project_schema_id") if project else None
    if project_schema is None:
        return None
    key = ("first type", project_schema, entity_type, row.get("object_type_id"))
    if key not in store.lookup_cache:
        store.lookup_cache[key] = _first_type(store, project_schema, entity_type, row)
    type_id: str | None = store.lookup_cache[key]
    return type_id


def _first_type(store: Store, project_schema: str, entity_type: str, row: Row) -> str | None:
    if entity_type != _TASK:
        own = [
            (link["sort"] or 0, link["type_id"])
            for schema in _object_type_schemas(store, project_schema, row)
            for link in store.rows("SchemaType", schema_id=schema["id"])
        ]
        return min(own)[1] if own else None
    schema_row = store.find("ProjectSchema", (project_schema,))
    if schema_row is None or schema_row.get("task_type_schema_id") is None:
        return None
    return _first_linked(store, "TaskTypeSchema", "types", schema_row["task_type_schema_id"], "Type")


def _object_type_schemas(store: Store, project_schema: str, row: Row) -> Iterable[Row]:
    column = store.tables.column("Schema", "object_type_id") if "Schema" in store.schema.types else None
    if column is None or row.get("object_type_id") is None:
        return ()
    return store.rows("Schema", **{"project_schema_id": project_schema, column.name: row["object_type_id"]})


def _first_of_workflow(store: Store, workflow_schema: Any) -> str | None:
    if workflow_schema is None:
        return None
    return _first_linked(store, "WorkflowSchema", "statuses", workflow_schema, "Status")


def _first_linked(store: Store, entity_type: str, relation: str, id_: str, target: str) -> str | None:
    """Return the id of the target with the lowest `sort` in a many-to-many collection."""
    key = store.tables.relation(entity_type, relation)
    if not isinstance(key, Through):
        return None
    _, near, far = store.tables.link(key)
    table = store.tables.table(target)
    statement = near.table.join(table, table.c.id == far).select().where(near == id_).order_by(table.c.sort, table.c.id)
    target_id = store.connection.execute(statement.with_only_columns(table.c.id).limit(1)).scalar()
    return None if target_id is None else str(target_id)
