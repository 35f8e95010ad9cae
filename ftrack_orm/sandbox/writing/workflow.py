"""Edge: the statuses and types that the project schema of a production allows. New entities get the first of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ftrack_orm.schema.relations import Through

if TYPE_CHECKING:
    from .store import Row, Store

#: The object type that uses the project schema's own workflow, with overrides by task type; others have a `Schema`.
_TASK = "Task"


def first_status(store: Store, project: Row | None, entity_type: str, row: Row) -> str | None:
    """Return the id of the initial status of a new entity, or None when the project schema has none."""
    return next(iter(statuses(store, project, entity_type, row)), None)


def first_type(store: Store, project: Row | None, entity_type: str, row: Row) -> str | None:
    """Return the id of the initial type of a new context, or None when the project schema has none."""
    return next(iter(types(store, project, entity_type, row)), None)


def statuses(store: Store, project: Row | None, entity_type: str, row: Row) -> tuple[str, ...]:
    """Return the ids of the statuses that an entity may have, ordered by `sort`.

    A task has those of the task workflow, or of the workflow that overrides it for the task's type. A version has those
    of the version workflow. Other contexts have those of their object type's schema, or else of the task workflow.
    """
    project_schema = project.get("project_schema_id") if project else None
    if project_schema is None:
        return ()
    type_id = row.get("type_id") if entity_type == _TASK else None
    key = ("statuses", project_schema, entity_type, row.get("object_type_id"), type_id)
    if key not in store.lookup_cache:
        store.lookup_cache[key] = _statuses(store, project_schema, entity_type, row, type_id)
    ids: tuple[str, ...] = store.lookup_cache[key]
    return ids


def _statuses(store: Store, project_schema: str, entity_type: str, row: Row, type_id: str | None) -> tuple[str, ...]:
    schema_row = store.find("ProjectSchema", (project_schema,))
    if schema_row is None:
        return ()
    if entity_type == "AssetVersion":
        return _of_workflow(store, schema_row.get("asset_version_workflow_schema_id"))
    if entity_type == _TASK:
        if type_id is not None and "ProjectSchemaOverride" in store.schema.types:
            for override in store.rows("ProjectSchemaOverride", project_schema_id=project_schema, type_id=type_id):
                return _of_workflow(store, override["workflow_schema_id"])
        return _of_workflow(store, schema_row.get("task_workflow_schema_id"))
    own = _of_object_type(store, project_schema, row, "SchemaStatus", "status_id")
    return own or _of_workflow(store, schema_row.get("task_workflow_schema_id"))


def types(store: Store, project: Row | None, entity_type: str, row: Row) -> tuple[str, ...]:
    """Return the ids of the types that a context may have, by `sort`: those of its schema, or the task types."""
    project_schema = project.get("project_schema_id") if project else None
    if project_schema is None:
        return ()
    key = ("types", project_schema, entity_type, row.get("object_type_id"))
    if key not in store.lookup_cache:
        store.lookup_cache[key] = _types(store, project_schema, entity_type, row)
    ids: tuple[str, ...] = store.lookup_cache[key]
    return ids


def _types(store: Store, project_schema: str, entity_type: str, row: Row) -> tuple[str, ...]:
    if entity_type != _TASK:
        return _of_object_type(store, project_schema, row, "SchemaType", "type_id")
    schema_row = store.find("ProjectSchema", (project_schema,))
    if schema_row is None or schema_row.get("task_type_schema_id") is None:
        return ()
    return _linked(store, "TaskTypeSchema", "types", schema_row["task_type_schema_id"], "Type")


def _of_object_type(store: Store, project_schema: str, row: Row, link: str, key: str) -> tuple[str, ...]:
    links = [
        (each["sort"] or 0, each[key])
        for schema in _object_type_schemas(store, project_schema, row)
        for each in store.rows(link, schema_id=schema["id"])
    ]
    return tuple(id_ for _, id_ in sorted(links))


def _object_type_schemas(store: Store, project_schema: str, row: Row) -> Iterable[Row]:
    column = store.tables.column("Schema", "object_type_id") if "Schema" in store.schema.types else None
    if column is None or row.get("object_type_id") is None:
        return ()
    return store.rows("Schema", **{"project_schema_id": project_schema, column.name: row["object_type_id"]})


def _of_workflow(store: Store, workflow_schema: Any) -> tuple[str, ...]:
    if workflow_schema is None:
        return ()
    return _linked(store, "WorkflowSchema", "statuses", workflow_schema, "Status")


def _linked(store: Store, entity_type: str, relation: str, id_: str, target: str) -> tuple[str, ...]:
    """Return the ids of the targets in a many-to-many collection, ordered by `sort`."""
    key = store.tables.relation(entity_type, relation)
    if not isinstance(key, Through):
        return ()
    _, near, far = store.tables.link(key)
    table = store.tables.table(target)
    statement = near.table.join(table, table.c.id == far).select().where(near == id_).order_by(table.c.sort, table.c.id)
    return tuple(store.connection.execute(statement.with_only_columns(table.c.id)).scalars())
