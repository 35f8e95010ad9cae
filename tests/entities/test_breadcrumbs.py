"""The path of an entity from its project, with unsaved edits, in a number of requests that does not grow."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


def test_the_path_of_a_context_is_one_request_for_all_its_peers(session: Session, production: Production) -> None:
    tasks = session.query("Task").where(f'project_id is "{production.project}"').order_by("name").all()
    with requests_made(session) == 1:
        paths = [inspect(task).path for task in tasks]
    assert paths[0] == f"{production.name}/sq0/sh0/task00"
    assert paths[11] == f"{production.name}/sq1/sh3/task11"
    with requests_made(session) == 0:
        assert inspect(tasks[0]).path == paths[0]


def test_the_steps_of_a_breadcrumb_can_be_loaded(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    steps = inspect(task).breadcrumb
    assert [step.name for step in steps] == [str(step) for step in steps] == [production.name, "sq0", "sh0", "task00"]
    assert [step.id for step in steps] == [production.project, production.sequences[0], production.shots[0], task.id]
    assert steps[-1].entity_type == "Task"
    for step in steps:
        assert existing(session.get(step.entity_type, step.id)).name == step.name


def test_unsaved_names_and_moves_count(session: Session, production: Production) -> None:
    first, second = (existing(session.get("Shot", id_)) for id_ in (production.shots[0], production.shots[3]))
    task = existing(session.get("Task", production.tasks[0]))
    first.name = "renamed"
    assert inspect(task).path == f"{production.name}/sq0/renamed/task00"
    first.parent = second.parent
    assert inspect(task).path == f"{production.name}/sq1/renamed/task00"
    task.parent = second
    assert inspect(task).path == f"{production.name}/sq1/sh3/task00"
    new = session.create("Task", name="new", parent=first)
    assert inspect(new).path == f"{production.name}/sq1/renamed/new"
    session.commit()
    assert inspect(task).path == f"{production.name}/sq1/sh3/task00"
    assert inspect(new).path == f"{production.name}/sq1/renamed/new"


def test_a_cycle_of_unsaved_moves_is_an_error(session: Session, production: Production) -> None:
    shot, sequence = (
        existing(session.get(kind, id_))
        for kind, id_ in (("Shot", production.shots[0]), ("Sequence", production.sequences[0]))
    )
    sequence.parent = shot
    with pytest.raises(errors.UsageError, match="a parent of itself"):
        inspect(shot).path  # noqa: B018
    session.rollback()


def test_versions_components_lists_and_notes_continue_the_path_of_what_they_belong_to(
    session: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    asset = session.create("Asset", name="plate", parent=shot, type=session.query("AssetType").first())
    version = session.create("AssetVersion", asset=asset)
    assert inspect(version).path == f"{production.name}/sq0/sh0/plate/new version"
    component = session.create("FileComponent", name="main", file_type=".exr", version=version)
    note = session.create("Note", content="look", parent_id=version.id, parent_type="AssetVersion")
    category = session.create("ListCategory", name="category")
    chosen = session.create("AssetVersionList", name="dailies", project_id=production.project, category=category)
    session.commit()
    assert inspect(asset).path == f"{production.name}/sq0/sh0/plate"
    assert inspect(component).path == f"{production.name}/sq0/sh0/plate/v001/main.exr"
    assert inspect(note).path == f"{production.name}/sq0/sh0/plate/v001/Note"
    assert inspect(chosen).path == f"{production.name}/dailies"


def test_an_entity_that_belongs_to_nothing_is_its_only_step(session: Session) -> None:
    user = existing(session.query("User").first())
    assert inspect(user).path == user.username
    assert inspect(existing(session.query("Status").first())).path == existing(session.query("Status").first()).name


def test_the_fetch_mode_holds(connect: Connect, production: Production) -> None:
    session = connect()
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()
    with session.fetching("never"), pytest.raises(errors.NotFetched):
        inspect(task).path  # noqa: B018


def test_a_path_of_another_form_is_an_error_of_the_protocol(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.__dict__["link"] = [{"id": task.id}]
    with pytest.raises(errors.ProtocolError, match=r"Task\.link"):
        inspect(task).path  # noqa: B018
