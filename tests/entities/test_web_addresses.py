"""Addresses in the web interface follow from loaded values and make no request."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def version(session: Session, production: Production) -> Entity:
    shot = existing(session.get("Shot", production.shots[0]))
    asset = session.create("Asset", name="plate", parent=shot, type=session.query("AssetType").first())
    version = session.create("AssetVersion", asset=asset)
    session.create("FileComponent", name="main", version=version)
    session.create("Note", content="look", parent_id=shot.id, parent_type="Shot")
    session.commit()
    return version


def test_contexts_are_shown_over_their_project(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    project = existing(session.get("Project", production.project))
    with requests_made(session) == 0:
        assert inspect(task).url == (
            f"{session.server_url}/#slideEntityId={task.id}&slideEntityType=task"
            f"&view=tasks&itemId=projects&entityId={project.id}&entityType=show"
        )
        assert inspect(project).url == (
            f"{session.server_url}/#slideEntityId={project.id}&slideEntityType=show"
            f"&view=tasks&itemId=projects&entityId={project.id}&entityType=show"
        )


def test_versions_and_their_components_are_shown_as_versions(session: Session, version: Entity) -> None:
    project_id = version.asset.parent.project_id
    component = version.components[0]
    page = (
        f"{session.server_url}/#slideEntityId={version.id}&slideEntityType=assetversion"
        f"&view=versions_v1&itemId=projects&entityId={project_id}&entityType=show"
    )
    with requests_made(session) == 0:
        assert inspect(version).url == page
        assert inspect(component).url == page


def test_without_a_known_project_a_version_is_shown_over_the_home_page(other: Session, version: Entity) -> None:
    alone = other.query("AssetVersion").where(id=version.id).select("version").one()
    alone.__dict__.pop("project_id", None)
    with requests_made(other) == 0:
        assert inspect(alone).url == (
            f"{other.server_url}/#slideEntityId={version.id}&slideEntityType=assetversion&itemId=home"
        )


def test_assets_and_notes_are_shown_with_the_context_they_belong_to(
    session: Session, other: Session, production: Production, version: Entity
) -> None:
    shot_id = production.shots[0]
    note = existing(other.query("Note").where(parent_id=shot_id).select("parent_id", "parent_type").first())
    asset = existing(other.get("Asset", version.asset.id))
    for entity in (note, asset):
        assert f"slideEntityId={shot_id}&slideEntityType=task" in str(inspect(entity).url)
    existing(other.get("Shot", shot_id))
    assert f"entityId={production.project}" in str(inspect(asset).url)


def test_types_without_a_page_have_no_address(session: Session) -> None:
    assert inspect(existing(session.query("Status").first())).url is None
    assert inspect(existing(session.query("User").first())).url is None
