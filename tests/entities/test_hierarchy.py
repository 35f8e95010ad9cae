"""The path from an entity up to its project, and moves that it does not show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.hierarchy import (
    entity_at,
    has_other_parent,
    is_new,
    parent_relation,
    path_upwards,
    was_moved,
)
from ftrack_orm.testing import requests_made
from tests.entities.offline_workspace import offline_workspace
from tests.production import Production


@pytest.fixture
def merge() -> Callable[..., list[Entity]]:
    workspace = offline_workspace()
    return lambda *rows: workspace.loader.merge(list(rows))


def row(entity_type: str, key: str, **values: Any) -> dict[str, Any]:
    return {"__entity_type__": entity_type, "id": key, **values}


LINK = [
    {"id": "film", "type": "Project", "name": "film"},
    {"id": "sh1", "type": "Shot", "name": "sh1"},
    {"id": "anim", "type": "Task", "name": "anim"},
]


def test_the_path_of_a_context_is_its_link_from_the_entity_upwards(merge: Callable[..., list[Entity]]) -> None:
    (task,) = merge(row("Task", "anim", link=list(LINK)))
    assert [step["id"] for step in path_upwards(task)] == ["anim", "sh1", "film"]


def test_the_path_of_a_version_leads_through_its_asset(merge: Callable[..., list[Entity]]) -> None:
    shot = row("Shot", "sh1", link=LINK[:2])
    (version,) = merge(row("AssetVersion", "v1", asset=row("Asset", "model", parent=shot)))
    steps = [(step["type"], step["id"]) for step in path_upwards(version)]
    assert steps == [("AssetVersion", "v1"), ("Asset", "model"), ("Shot", "sh1"), ("Project", "film")]


def test_the_loaded_part_of_a_path_needs_no_request(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("parent.name").one()
    with requests_made(session) == 0:
        steps = path_upwards(task, only_loaded=True)
    assert [step["id"] for step in steps] == [task.id, task.parent.id]


def test_an_entity_on_a_path_is_found_if_the_session_has_it(merge: Callable[..., list[Entity]]) -> None:
    task, shot = merge(row("Task", "anim", link=list(LINK)), row("Shot", "sh1"))
    assert [entity_at(task, step) for step in path_upwards(task)] == [task, shot, None]


def test_a_step_of_a_type_that_the_schema_lacks_is_a_context(merge: Callable[..., list[Entity]]) -> None:
    task, shot = merge(row("Task", "anim"), row("Shot", "sh1"))
    assert entity_at(task, {"id": "sh1", "type": "Episode9"}) is shot


@pytest.mark.parametrize(
    ("entity_type", "relation"),
    [("Task", "parent"), ("AssetVersion", "asset"), ("Asset", "parent"), ("ListObject", "list"), ("User", None)],
)
def test_the_relation_to_the_parent_depends_on_the_type(
    merge: Callable[..., list[Entity]], entity_type: str, relation: str | None
) -> None:
    (entity,) = merge(row(entity_type, "x"))
    assert parent_relation(entity) == relation


def test_an_entity_was_moved_if_its_parent_differs_from_its_path(merge: Callable[..., list[Entity]]) -> None:
    (task,) = merge(row("Task", "anim", link=list(LINK), parent_id="sh1"))
    assert not was_moved(task)
    assert not has_other_parent(task, "sh1")
    merge(row("Task", "anim", parent_id="sh2"))
    assert was_moved(task)
    assert has_other_parent(task, "sh1")


def test_an_unsaved_edit_of_the_parent_is_a_move(merge: Callable[..., list[Entity]]) -> None:
    task, shot = merge(row("Task", "anim", link=list(LINK), parent_id="sh1"), row("Shot", "sh2"))
    task.parent = shot
    assert was_moved(task)


def test_a_new_entity_has_no_path_to_rely_on(session: Session) -> None:
    task = session.create("Task", name="new")
    assert is_new(task)
    assert was_moved(task)
    session.rollback()
    assert is_new(task)
