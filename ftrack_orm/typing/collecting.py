"""Edge: reads the content of a studio package from a session: its types, configurations and names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ftrack_orm.behaviours.project_schemas import loaded_paths
from ftrack_orm.errors import InvalidValue

from .content import Names, ProjectSchemaNames, SchemaContent

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.session.session import Session

#: The entity types whose names are read, by the name of the part of the content.
_NAMED = {"statuses": "Status", "types": "Type", "priorities": "Priority", "object_types": "ObjectType"}


def collect_content(session: Session) -> SchemaContent:
    """Return the content of the server of *session*, with few requests. Types that the server lacks are left out."""
    _ = session.server_information  # a cached schema may be outdated
    schema = session.schema
    named = {part: name for part, name in _NAMED.items() if name in schema}
    queries = [session.query(name).select("name") for name in named.values()]
    has_project_schemas = "ProjectSchema" in schema
    if has_project_schemas:
        queries.append(session.query("ProjectSchema").select("name", *loaded_paths(schema)))
    results = session.all(*queries)
    project_schemas = results.pop() if has_project_schemas else []
    lists = {part: _names(found) for part, found in zip(named, results, strict=True)}
    names = Names(
        **lists,
        project_schemas={
            str(each.name): _names_of_project_schema(each, schema) for each in project_schemas if each.name is not None
        },
    )
    return SchemaContent.of(session.schemas, session.configurations, names)


def _names_of_project_schema(project_schema: Any, schema: Schema) -> ProjectSchemaNames:
    of_object_types = [name for name, each in schema.types.items() if "object_type_id" in each.classifiers]
    types = {name: _allowed(project_schema.get_types, name) for name in dict.fromkeys(("Task", *of_object_types))}
    statuses = {
        name: _allowed(project_schema.get_statuses, name)
        for name in dict.fromkeys(("Task", "AssetVersion", *of_object_types))
        if name in schema
    }
    # A type of tasks may have a workflow of its own.
    workflows = [_allowed(project_schema.get_statuses, "Task", each) for each in types["Task"]]
    statuses["Task"] = [status for each in (statuses["Task"], *workflows) for status in each]
    return ProjectSchemaNames(
        {name: _names(each) for name, each in statuses.items() if each},
        {name: _names(each) for name, each in types.items() if each},
    )


def _allowed(get: Callable[..., list[Any]], *arguments: Any) -> list[Any]:
    """Return the entities that *get* returns; none for an object type that the project schema does not have."""
    try:
        return get(*arguments)
    except InvalidValue:
        return []


def _names(entities: Iterable[Any]) -> list[str]:
    return [each.name for each in entities if isinstance(each.name, str)]
