"""Values that the server derives from an own commit follow it, without the event hub: one example for each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.testing import requests_made
from tests.production import Production


class Scene:
    """A shot with a task, and an asset with two versions, all loaded."""

    def __init__(self, session: Session, production: Production) -> None:
        self.session = session
        self.shot: Any = session.get("Shot", production.shots[0])
        self.other_shot: Any = session.get("Shot", production.shots[1])
        self.task: Any = session.create("Task", name="scene", parent=self.shot)
        self.asset: Any = session.create(
            "Asset", name="scene", parent=self.shot, type=session.query("AssetType").first()
        )
        session.commit()
        self.first: Any = session.create("AssetVersion", asset=self.asset, task=self.task)
        session.commit()

    def commit(self, entity_type: str, **data: Any) -> Any:
        entity = self.session.create(entity_type, **data)
        self.session.commit()
        return entity


@pytest.fixture
def scene(session: Session, production: Production) -> Scene:
    return Scene(session, production)


def new_version(scene: Scene) -> None:
    scene.commit("AssetVersion", asset=scene.asset)


def rename(scene: Scene) -> None:
    scene.shot.name = "renamed"
    scene.session.commit()


def move(scene: Scene) -> None:
    scene.task.parent = scene.other_shot
    scene.session.commit()


def move_to_other_project(scene: Scene) -> None:
    schema = scene.session.query("ProjectSchema").first()
    scene.shot.parent = scene.session.create(
        "Project", name=f"else {scene.shot.id}", full_name="Else", project_schema=schema
    )
    scene.session.commit()


def log_time(scene: Scene) -> None:
    scene.commit("Timelog", context_id=scene.task.id, duration=3600)


def change_status(scene: Scene) -> None:
    scene.task.status = next(each for each in scene.session.query("Status") if each is not scene.task.status)
    scene.session.commit()


def write_note(scene: Scene) -> None:
    author = scene.session.query("User").first()
    scene.commit("Note", content="x", parent_id=scene.task.id, parent_type="Task", author=author)


def link(scene: Scene) -> None:
    scene.commit("TypedContextLink", from_id=scene.other_shot.id, to_id=scene.shot.id)


def list_it(scene: Scene) -> None:
    category = scene.session.query("ListCategory").first() or scene.session.create("ListCategory", name="c")
    a_list = scene.session.create("AssetVersionList", name="l", project=scene.shot.project, category=category)
    scene.commit("ListObject", list_id=a_list.id, entity_id=scene.first.id)


def use_version(scene: Scene) -> None:
    user = scene.session.create("AssetVersion", asset=scene.asset)
    scene.commit("AssetVersionLink", from_id=scene.first.id, to_id=user.id)


def add_metadata_row(scene: Scene) -> None:
    scene.commit("Metadata", parent_id=scene.task.id, parent_type="Task", key="row", value="1")


def delete_task(scene: Scene) -> None:
    scene.session.delete(scene.task)
    scene.session.commit()


def bid(scene: Scene) -> None:
    scene.task.bid = 7200
    scene.session.commit()


EXAMPLES: list[tuple[str, Callable[[Scene], Any], Callable[[Scene], None]]] = [
    ("latest_version", lambda scene: scene.asset.latest_version.id, new_version),
    ("is_latest_version", lambda scene: scene.first.is_latest_version, new_version),
    ("link", lambda scene: [step["name"] for step in scene.task.link], rename),
    ("link of a version", lambda scene: [step["name"] for step in scene.first.link], rename),
    ("ancestors", lambda scene: {each.id for each in scene.task.ancestors}, move),
    ("descendants", lambda scene: {each.id for each in scene.other_shot.descendants}, move),
    ("project_id", lambda scene: scene.task.project_id, move_to_other_project),
    ("project", lambda scene: scene.task.project.id, move_to_other_project),
    ("time_logged", lambda scene: scene.shot.time_logged, log_time),
    ("bid_time_logged_difference", lambda scene: scene.task.bid_time_logged_difference, log_time),
    ("bid_time_logged_difference by bid", lambda scene: scene.task.bid_time_logged_difference, bid),
    ("status_changes", lambda scene: len(scene.task.status_changes), change_status),
    ("notes", lambda scene: len(scene.task.notes), write_note),
    ("incoming_links", lambda scene: len(scene.shot.incoming_links), link),
    ("lists", lambda scene: len(scene.first.lists), list_it),
    ("used_in_versions", lambda scene: len(scene.first.used_in_versions), use_version),
    ("metadata", lambda scene: dict(scene.task.metadata), add_metadata_row),
    ("task_id", lambda scene: scene.first.task_id, delete_task),
]


@pytest.mark.parametrize(("read", "change"), [each[1:] for each in EXAMPLES], ids=[each[0] for each in EXAMPLES])
def test_a_derived_value_follows_an_own_commit(
    scene: Scene, read: Callable[[Scene], Any], change: Callable[[Scene], None]
) -> None:
    before = read(scene)
    change(scene)
    assert read(scene) != before


def test_an_inherited_value_follows_the_deletion_of_its_row(session: Session, scene: Scene) -> None:
    project, text = scene.shot.project, session.query("CustomAttributeType").where(name="text").one()
    configuration = session.create(
        "CustomAttributeConfiguration",
        {"key": f"tree_{project.id}", "label": "x", "type": text, "entity_type": "show", "is_hierarchical": True,
         "project_id": project.id, "default": "", "config": "{}"},
    )  # fmt: skip
    session.commit()
    row = session.create("CustomAttributeValue", configuration=configuration, entity_id=scene.shot.id, value="set")
    session.commit()
    key = configuration.key
    assert scene.task.custom_attributes.get(key, inherited=True).value == "set"
    session.delete(row)
    session.commit()
    assert scene.task.custom_attributes.get(key, inherited=True).value in ("", None)


def test_a_deletion_takes_the_contexts_below_along(session: Session, scene: Scene) -> None:
    task, version = scene.task, scene.first
    project = scene.shot.project
    assert task in project.descendants
    session.delete(scene.shot)
    with requests_made(session) == 1:
        session.commit(undoable=False)
    for gone in (task, scene.asset, version):
        assert inspect(gone).state is Lifecycle.DELETED
        assert session.get(gone.__entity_type__, gone.id) is None
    assert task not in project.descendants


def test_get_asks_for_an_entity_of_which_only_the_key_is_loaded(session: Session, other: Session, scene: Scene) -> None:
    task = scene.task
    theirs = other.get("Task", task.id)
    assert theirs is not None
    other.delete(theirs)
    other.commit()
    session.expire(task)
    assert session.get("Task", task.id) is None
    assert inspect(task).state is Lifecycle.DELETED


def test_an_entity_is_deleted_once_a_refresh_or_a_read_has_not_found_it(
    session: Session, other: Session, scene: Scene
) -> None:
    tasks: list[Entity] = [session.create("Task", name=f"t{n}", parent=scene.shot) for n in range(2)]
    session.commit()
    children = scene.shot.children
    assert set(tasks) <= set(children)
    for task in tasks:
        theirs = other.get("Task", task["id"])
        assert theirs is not None
        other.delete(theirs)
    other.commit()
    with pytest.raises(Exception, match="any more"):
        session.refresh(tasks[0])
    session.expire(tasks[1])
    with pytest.raises(Exception, match="any more"):
        tasks[1]["name"]
    assert [inspect(task).state for task in tasks] == [Lifecycle.DELETED] * 2
    assert not set(tasks) & set(children)


def test_after_a_reset_an_entity_that_is_gone_is_deleted_once_it_is_looked_for(
    session: Session, other: Session, scene: Scene
) -> None:
    task, children = scene.task, scene.shot.children
    assert task in children
    theirs = other.get("Task", task.id)
    assert theirs is not None
    other.delete(theirs)
    other.commit()
    session.reset()
    assert session.get("Task", task.id) is None
    assert inspect(task).state is Lifecycle.DELETED
    assert task not in children
