"""The statuses, types, object types and priorities of a project by name."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.behaviours.project_vocabulary import Names
from ftrack_orm.sandbox.seeds import workflows
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


@pytest.fixture
def project(session: Session, production: Production) -> Any:
    return existing(session.get("Project", production.project))


def test_one_request_loads_the_vocabulary(session: Session, project: Any) -> None:
    with requests_made(session) as made:
        vocabulary = project.vocabulary
        assert vocabulary.statuses["Approved"].id == workflows.status_id("Approved")
        assert vocabulary.types["Animation"].id == workflows.type_id("Animation")
        assert vocabulary.priorities["High"].id == workflows.priority_id("High")
        assert vocabulary.object_types["Shot"].id == session.schema.types["Shot"].classifiers["object_type_id"]
        assert "Completed" in vocabulary.statuses
        assert project.vocabulary.statuses["Approved"] is vocabulary.statuses["Approved"]
        assert list(project.vocabulary.priorities) == list(vocabulary.priorities)
    assert made == 1
    schema = next(each for each in workflows.PROJECT_SCHEMAS if each.id == project.project_schema.id)
    expected = {*schema.task_statuses, *schema.version_statuses}
    expected |= {name for statuses, _ in schema.schemas.values() for name in statuses}
    expected |= {name for statuses in schema.overrides.values() for name in statuses}
    assert set(vocabulary.statuses) == expected
    expected = {*schema.task_types, *(name for _, types in schema.schemas.values() for name in types)}
    assert set(vocabulary.types) == expected
    assert set(vocabulary.priorities) == set(workflows.PRIORITIES)


def test_it_makes_setting_values_by_name_easy(session: Session, other: Session, project: Any) -> None:
    vocabulary = project.vocabulary
    task = session.create(
        "Task", name="anim", parent=project, type=vocabulary.types["Animation"], status=vocabulary.statuses["Approved"]
    )
    session.commit()
    read = existing(other.get("Task", task.id))
    assert (read.type.name, read.status.name) == ("Animation", "Approved")


def test_a_missing_name_is_an_error_with_near_names(project: Any) -> None:
    with pytest.raises(errors.UnknownName, match=r"has no status 'Aproved'\. Did you mean 'Approved'") as caught:
        project.vocabulary.statuses["Aproved"]
    assert isinstance(caught.value, KeyError)
    assert project.vocabulary.types.get("Nothing") is None
    assert "Nothing" not in project.vocabulary.priorities


def test_a_name_of_several_entities_is_an_error(session: Session) -> None:
    types = [session.create("Type", name=name) for name in ("Comp", "Comp", "Light")]
    named = Names("type", "'demo'", [*types, types[0]])
    assert list(named) == ["Comp", "Light"]
    assert len(named) == 2
    with pytest.raises(errors.MultipleResults, match="has several type 'Comp'"):
        named["Comp"]
    assert repr(named) == "<type of 'demo': Comp, Light>"


def test_everything_is_read_again_after_a_reset(session: Session, other: Session, project: Any) -> None:
    assert "Added" not in project.vocabulary.priorities
    added = other.create("Priority", name="Added", color="#fff", sort=99, value=9)
    other.commit()
    try:
        session.reset()
        with requests_made(session) as made:
            assert project.vocabulary.priorities["Added"].id == added.id
        assert made == 1
    finally:
        other.delete(added)
        other.commit()


def test_a_project_that_is_not_committed_has_the_vocabulary_of_its_schema(session: Session) -> None:
    schema = session.query("ProjectSchema").first()
    new = session.create("Project", name="new", full_name="New", project_schema=schema)
    assert "Approved" in new.vocabulary.statuses
    assert new.vocabulary.priorities


def test_it_is_loaded_in_the_fetch_mode_never_too(connect: Connect, production: Production) -> None:
    project: Any = existing(connect(fetch="never").get("Project", production.project))
    assert project.vocabulary.statuses["Approved"].state.short
    assert project.vocabulary.priorities["High"].value is not None
    assert project.project_schema.get_statuses("Shot")
