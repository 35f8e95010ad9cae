"""State: the statuses and types that a project schema allows, by workflows, their overrides and object types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue, NotFetched
from ftrack_orm.query.language.literals import entity_type_of_class
from ftrack_orm.values import FetchMode

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.schema.model import Schema

    T = TypeVar("T")

#: The attribute of a project schema -> its former name, which older servers use.
_FORMER_NAMES = {
    "task_workflow_schema": "_task_workflow",
    "asset_version_workflow_schema": "_version_workflow",
    "task_workflow_schema_overrides": "_overrides",
    "task_type_schema": "_task_type_schema",
    "object_type_schemas": "_schemas",
}
_STATUS = ("name", "color", "sort", "is_active", "state.name", "state.short")
_TYPE = ("name", "color", "sort", "is_billable")
_OBJECT_TYPE = ("name", "icon", "sort")

#: The attribute of a project schema -> the paths below it that are loaded together. Those that a server lacks are left
#: out.
_LOADED = {
    "task_workflow_schema": [f"statuses.{name}" for name in _STATUS],
    "asset_version_workflow_schema": [f"statuses.{name}" for name in _STATUS],
    "task_workflow_schema_overrides": ["type_id", *(f"workflow_schema.statuses.{name}" for name in _STATUS)],
    "task_type_schema": [f"types.{name}" for name in _TYPE],
    "object_type_schemas": [
        *("type_id", "statuses.sort", "types.sort"),
        *(f"statuses.task_status.{name}" for name in _STATUS),
        *(f"types.task_type.{name}" for name in _TYPE),
    ],
    "object_types": list(_OBJECT_TYPE),
}


class Workflow(Mixin):
    """The behaviour of project schemas."""

    __slots__ = ()

    def get_statuses(self, schema: type[Entity] | str, type_id: Entity | str | None = None) -> list[Entity]:
        """Return the statuses that entities of a type may have, in the order in which the studio has sorted them.

        *schema* is an entity class or the name of a type: `"Task"`, `"AssetVersion"`, or an object type such as
        `"Shot"`. *type_id* is the type of a task or its id, since a type may have a workflow of its own. The first call
        loads all workflows of the project schema with one request; later ones make none. Raises `UnknownEntityType`,
        and `InvalidValue` for a type that has no statuses in this project schema.
        """
        name = _name_of(schema)
        wanted = type_id if type_id is None or isinstance(type_id, str) else type_id.id
        return read_or_load(self, lambda: _statuses(self, name, wanted))

    def get_types(self, schema: type[Entity] | str) -> list[Entity]:
        """Return the types that entities of a type may have: `"Task"`, or an object type such as `"AssetBuild"`.

        Loads as `get_statuses` does and raises the same errors.
        """
        name = _name_of(schema)
        return read_or_load(self, lambda: _types(self, name))


def read_or_load(project_schema: Entity, read: Callable[[], T]) -> T:
    """Return the result of *read*, after loading the project schema with all workflows if something is not loaded."""
    services = services_of(project_schema)
    try:
        with services.workspace.fetching(FetchMode.NEVER):
            return read()
    except NotFetched:
        services.populate([project_schema], ", ".join(loaded_paths(services.schema)))
        return read()


def loaded_paths(schema: Schema, prefix: str = "") -> list[str]:
    """Return the paths of a project schema that are loaded together, without those that the server does not have."""
    paths = [f"{_present_name(schema, name)}.{path}" for name, below in _LOADED.items() for path in below]
    return [prefix + path for path in paths if _exists(schema, "ProjectSchema", path)]


def all_statuses(project_schema: Entity) -> Iterator[Entity]:
    """Yield the statuses of all workflows, those of tasks first. Some come several times."""
    for workflow in ("task_workflow_schema", "asset_version_workflow_schema"):
        yield from _workflow_statuses(_related(project_schema, workflow))
    for override in _related(project_schema, "task_workflow_schema_overrides"):
        yield from _workflow_statuses(override.workflow_schema)
    for each in _related(project_schema, "object_type_schemas"):
        yield from _sorted(each.statuses, "task_status")


def all_types(project_schema: Entity) -> Iterator[Entity]:
    """Yield the types of tasks, and then those of object types. Some come several times."""
    schema = _related(project_schema, "task_type_schema")
    yield from _sorted(schema.types) if schema is not None else ()
    for each in _related(project_schema, "object_type_schemas"):
        yield from _sorted(each.types, "task_type")


def _statuses(project_schema: Entity, name: str, type_id: str | None) -> list[Entity]:
    if name == "AssetVersion":
        return _workflow_statuses(_related(project_schema, "asset_version_workflow_schema"))
    if name == "Task":
        for override in _related(project_schema, "task_workflow_schema_overrides") if type_id is not None else ():
            if override.type_id == type_id:
                return _workflow_statuses(override.workflow_schema)
        return _workflow_statuses(_related(project_schema, "task_workflow_schema"))
    return _sorted(_schema_of(project_schema, name, "statuses").statuses, "task_status")


def _types(project_schema: Entity, name: str) -> list[Entity]:
    if name == "Task":
        schema = _related(project_schema, "task_type_schema")
        return [] if schema is None else _sorted(schema.types)
    return _sorted(_schema_of(project_schema, name, "types").types, "task_type")


def _workflow_statuses(workflow: Entity | None) -> list[Entity]:
    return [] if workflow is None else _sorted(workflow.statuses)


def _schema_of(project_schema: Entity, name: str, plural: str) -> Entity:
    """Return the `Schema` of an object type in the project schema."""
    classifiers = services_of(project_schema).schema.type(name).classifiers
    object_type_id = classifiers.get("object_type_id")
    for each in _related(project_schema, "object_type_schemas") if object_type_id is not None else ():
        if each.type_id == object_type_id:
            found: Entity = each
            return found
    raise InvalidValue(f"{name} has no {plural} in {project_schema!r}.", entity_type=name)


def _sorted(rows: Iterable[Any], name: str | None = None) -> list[Entity]:
    """Return *rows* by their `sort`, or the entities that *name* of each leads to."""
    ordered = sorted(rows, key=lambda row: row.sort or 0)
    return ordered if name is None else [row[name] for row in ordered if row[name] is not None]


def _related(project_schema: Entity, name: str) -> Any:
    return project_schema[_present_name(services_of(project_schema).schema, name)]


def _present_name(schema: Schema, name: str) -> str:
    attributes = schema.type("ProjectSchema").attributes
    former = _FORMER_NAMES.get(name, name)
    return name if name in attributes or former not in attributes else former


def _exists(schema: Schema, entity_type: str, path: str) -> bool:
    for step in path.split("."):
        attribute = schema.types[entity_type].attributes.get(step)
        if attribute is None:
            return False
        entity_type = attribute.target or ""
    return True


def _name_of(schema: Any) -> str:
    name = schema if isinstance(schema, str) else entity_type_of_class(schema)
    if name is None:
        raise InvalidValue(f"An entity class or the name of a type is needed, not {schema!r:.200}.")
    return name
