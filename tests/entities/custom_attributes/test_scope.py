"""The scope of an entity: family, object type and project."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.custom_attributes.scope import scope_of
from ftrack_orm.schema.custom_attributes import ConfigurationScope
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


def test_the_scope_of_a_context_has_its_object_type_and_project(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("object_type_id", "project_id").one()
    with requests_made(session) == 0:
        scope = scope_of(task)
    assert scope == ConfigurationScope("Context", False, task.object_type_id, production.project)


def test_the_scope_of_a_project_is_its_own(session: Session, production: Production) -> None:
    project = existing(session.get("Project", production.project))
    assert scope_of(project) == ConfigurationScope("Context", True, None, production.project)


def test_an_entity_outside_of_projects_has_no_project(session: Session) -> None:
    user = existing(session.query("User").first())
    assert scope_of(user) == ConfigurationScope("Resource", False, None, None)


def test_a_new_entity_is_in_the_project_of_its_parent(session: Session, production: Production) -> None:
    shot = session.create("Shot", name="new", parent=existing(session.get("Sequence", production.sequences[0])))
    asset = session.create("Asset", name="new", parent=session.create("Task", name="new", parent=shot))
    version = session.create("AssetVersion", asset=asset)
    assert scope_of(version) == ConfigurationScope("AssetVersion", False, None, production.project)
    assert scope_of(session.create("Task", name="nowhere yet")).project_id is None


def test_a_parent_is_not_requested_in_the_mode_never(connect: Connect, production: Production) -> None:
    session = connect()
    task = session.create("Task", name="new", parent_id=production.shots[0])
    with session.fetching("never"), pytest.raises(errors.NotFetched, match="parent is not loaded"):
        scope_of(task)
    assert scope_of(task).project_id == production.project
