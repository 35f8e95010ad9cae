"""Statuses and types by workflows, overrides and object types."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.behaviours.project_schemas import loaded_paths
from ftrack_orm.sandbox.seeds import workflows
from ftrack_orm.schema.model import Schema
from ftrack_orm.testing import requests_made
from tests.production import Production


@pytest.fixture
def project_schema(session: Session) -> Any:
    return session.query("ProjectSchema").where(id=workflows.VFX.id).select("name").one()


def names(entities: list[Any]) -> tuple[str, ...]:
    return tuple(entity.name for entity in entities)


def in_order(known: Iterable[str], chosen: Iterable[str]) -> tuple[str, ...]:
    """Return the *chosen* names in the order of the *known* ones, by which the server has sorted them."""
    return tuple(sorted(chosen, key=[*known].index))


def test_one_request_loads_the_statuses_and_types_of_all_types(session: Session, project_schema: Any) -> None:
    VFX = workflows.VFX
    with requests_made(session) as made:
        assert names(project_schema.get_statuses("Task")) == in_order(workflows.STATUSES, VFX.task_statuses)
        assert names(project_schema.get_statuses("AssetVersion")) == in_order(workflows.STATUSES, VFX.version_statuses)
        assert names(project_schema.get_types("Task")) == in_order(workflows.TYPES, VFX.task_types)
        for object_type, (statuses, types) in VFX.schemas.items():
            assert names(project_schema.get_statuses(object_type)) == statuses
            assert names(project_schema.get_types(object_type)) == types
        for name, statuses in VFX.overrides.items():
            of_type = project_schema.get_statuses("Task", workflows.type_id(name))
            assert names(of_type) == in_order(workflows.STATUSES, statuses)
        status = project_schema.get_statuses("Shot")[0]
        assert (status.color, status.state.short, status.sort) != (None, None, None)
    assert made == 1


def test_types_are_given_as_classes_and_entities_too(session: Session, project_schema: Any) -> None:
    types = session.types
    production = session.query("Type where name is Production").one()
    assert project_schema.get_statuses(types.Shot) == project_schema.get_statuses("Shot")
    assert names(project_schema.get_statuses(types.Task, production)) != names(project_schema.get_statuses("Task"))
    # A type without a workflow of its own has that of all tasks.
    other_type = session.query("Type where name is Animation").one()
    assert project_schema.get_statuses("Task", other_type) == project_schema.get_statuses("Task")


def test_a_type_without_statuses_is_refused(session: Session, project_schema: Any) -> None:
    for name in ("Folder", "Note", "Project"):
        with pytest.raises(errors.InvalidValue, match=f"{name} has no statuses in <ProjectSchema 'VFX'") as caught:
            project_schema.get_statuses(name)
        assert caught.value.entity_type == name
        with pytest.raises(errors.InvalidValue, match=f"{name} has no types in"):
            project_schema.get_types(name)
    with pytest.raises(errors.UnknownEntityType, match="Did you mean 'Shot'"):
        project_schema.get_statuses("Shots")
    with pytest.raises(errors.InvalidValue, match="the name of a type is needed"):
        project_schema.get_statuses(None)


def test_a_changed_workflow_is_read_again(session: Session, other: Session, project_schema: Any) -> None:
    before = names(project_schema.get_statuses("Task"))
    workflow = other.query("WorkflowSchema").where(id=workflows.VFX.task_workflow).one()
    added = other.create("Status", name="Added", color="#fff", is_active=True, state=other.query("State").first())
    workflow.statuses.append(added)
    other.commit()
    try:
        session.reset()
        assert sorted(names(project_schema.get_statuses("Task"))) == sorted([*before, "Added"])
    finally:
        workflow.statuses.remove(added)
        other.delete(added)
        other.commit()


def test_the_result_is_a_list_of_the_callers_own(project_schema: Any) -> None:
    statuses = project_schema.get_statuses("Task")
    statuses.clear()
    assert project_schema.get_statuses("Task")


@pytest.fixture(params=[{}, {"former": True}])
def schema(session: Session, request: pytest.FixtureRequest) -> Schema:
    """The schema of the embedded server, as it is and with the former names of attributes only."""
    answer = copy.deepcopy(session.schemas)
    if request.param:
        properties = next(each for each in answer if each["id"] == "ProjectSchema")["properties"]
        for name in [name for name in properties if f"_{name}" in properties or name.endswith(("_schema", "_schemas"))]:
            if not name.startswith("_"):
                del properties[name]
        properties.pop("task_workflow_schema_overrides", None)
    return Schema.from_response(answer)


def test_the_paths_have_the_names_of_the_server(schema: Schema) -> None:
    paths = loaded_paths(schema, "project_schema.")
    first = "task_workflow_schema" if "task_workflow_schema" in schema.types["ProjectSchema"].attributes else None
    assert f"project_schema.{first or '_task_workflow'}.statuses.name" in paths
    assert all(path.startswith("project_schema.") for path in paths)
    assert len(paths) == len(set(paths)) > 20


def test_a_project_leads_to_its_project_schema(session: Session, production: Production) -> None:
    project = session.get("Project", production.project)
    assert project is not None
    assert project.project_schema.get_statuses("Shot")
