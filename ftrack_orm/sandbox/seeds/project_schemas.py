"""Edge: inserts the project schemas of a fresh ftrack server, with their workflows, types and task templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from . import workflows
from .row_writer import RowWriter, named_id

if TYPE_CHECKING:
    from .workflows import ProjectSchemaSeed


def insert(writer: RowWriter, project_schema: ProjectSchemaSeed, object_types: Mapping[str, str]) -> None:
    """Insert a project schema and everything that belongs to it; *object_types* are ids by entity type."""
    _insert_workflow(writer, project_schema.task_workflow, f"{project_schema.name} tasks", project_schema.task_statuses)
    _insert_workflow(
        writer, project_schema.version_workflow, f"{project_schema.name} versions", project_schema.version_statuses
    )
    _insert_task_types(writer, project_schema)
    row = (
        project_schema.id, project_schema.name, project_schema.task_workflow, project_schema.version_workflow,
        project_schema.task_type_schema,
    )  # fmt: skip
    writer.insert(
        "ProjectSchema", "id name task_workflow_schema_id asset_version_workflow_schema_id task_type_schema_id", [row]
    )
    _insert_object_types(writer, project_schema, object_types)
    _insert_schemas(writer, project_schema, object_types)
    _insert_overrides(writer, project_schema)
    _insert_task_templates(writer, project_schema)


def _insert_workflow(writer: RowWriter, id_: str, name: str, statuses: Sequence[str]) -> None:
    writer.insert("WorkflowSchema", "id name", [(id_, name)])
    links = writer.links("WorkflowSchema", "statuses")
    for status in statuses:
        links.add(id_, workflows.status_id(status))


def _insert_task_types(writer: RowWriter, project_schema: ProjectSchemaSeed) -> None:
    row = (project_schema.task_type_schema, f"{project_schema.name} task types")
    writer.insert("TaskTypeSchema", "id name", [row])
    types = writer.links("TaskTypeSchema", "types")
    for name in project_schema.task_types:
        types.add(project_schema.task_type_schema, workflows.type_id(name))


def _insert_object_types(writer: RowWriter, project_schema: ProjectSchemaSeed, object_types: Mapping[str, str]) -> None:
    """Allow the object types of the project schema, and those that only the studio has."""
    allowed = writer.links("ProjectSchema", "object_types")
    for entity_type, object_type in object_types.items():
        if entity_type in project_schema.object_types or entity_type not in workflows.VFX.object_types:
            allowed.add(project_schema.id, object_type)


def _insert_schemas(writer: RowWriter, project_schema: ProjectSchemaSeed, object_types: Mapping[str, str]) -> None:
    for entity_type, (statuses, types) in project_schema.schemas.items():
        if entity_type not in object_types:
            continue
        id_ = named_id("Schema", project_schema.name, entity_type)
        row = (id_, project_schema.id, object_types[entity_type])
        writer.insert("Schema", "id project_schema_id object_type_id", [row])
        rows = [(id_, workflows.status_id(name), sort) for sort, name in enumerate(statuses)]
        writer.insert("SchemaStatus", "schema_id status_id sort", rows)
        rows = [(id_, workflows.type_id(name), sort) for sort, name in enumerate(types)]
        writer.insert("SchemaType", "schema_id type_id sort", rows)


def _insert_overrides(writer: RowWriter, project_schema: ProjectSchemaSeed) -> None:
    for task_type, statuses in project_schema.overrides.items():
        workflow = named_id("WorkflowSchema", project_schema.name, task_type)
        _insert_workflow(writer, workflow, f"{project_schema.name} {task_type}", statuses)
        override = named_id("ProjectSchemaOverride", project_schema.name, task_type)
        row = (override, project_schema.id, workflows.type_id(task_type), workflow)
        writer.insert("ProjectSchemaOverride", "id project_schema_id type_id workflow_schema_id", [row])


def _insert_task_templates(writer: RowWriter, project_schema: ProjectSchemaSeed) -> None:
    for name, task_types in project_schema.templates.items():
        template = named_id("TaskTemplate", project_schema.name, name)
        writer.insert("TaskTemplate", "id name project_schema_id", [(template, name, project_schema.id)])
        items = [(named_id(template, item), template, workflows.type_id(item)) for item in task_types]
        writer.insert("TaskTemplateItem", "id template_id task_type_id", items)
