"""Detecting changes by other users before a commit overwrites them."""

from __future__ import annotations

import pickle

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = session.query("Task").where(id=production.tasks[0]).select("name", "bid", "metadata").one()
    return task


@pytest.fixture
def theirs(other: Session, task: Entity) -> Entity | None:
    """The same task in the session of another user."""
    return existing(other.get("Task", task.id))


def test_a_value_that_another_user_changed_is_a_conflict_and_nothing_is_sent(
    session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    with other.begin():
        theirs.name = "theirs"
    task.name, task.bid = "mine", 5
    with requests_made(session) == 2, pytest.raises(errors.CommitConflict) as caught:
        session.commit(on_conflict="raise")
    error = caught.value
    assert (error.entity_type, error.key, error.attribute) == ("Task", (task.id,), "name")
    assert (error.read, error.present) == ("task00", "theirs")
    assert f"name of Task {task.id} was 'task00' when it was read and is 'theirs' now" in str(error)
    assert session.modified == [task]
    assert pickle.loads(pickle.dumps(error)).conflicts == error.conflicts
    other.refresh(theirs)
    assert (theirs.name, theirs.bid) == ("theirs", 0)


def test_after_refreshing_the_same_change_is_not_a_conflict(
    session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    with other.begin():
        theirs.name = "theirs"
    task.name = "mine"
    with pytest.raises(errors.CommitConflict):
        session.commit(on_conflict="raise")
    session.refresh(task)
    assert session.commit(on_conflict="raise") == 1
    other.refresh(theirs)
    assert theirs.name == "mine"


def test_by_default_a_commit_overwrites(session: Session, other: Session, task: Entity, theirs: Entity) -> None:
    with other.begin():
        theirs.name = "theirs"
    task.name = "mine"
    assert session.commit() == 1


def test_changes_of_other_attributes_or_to_the_same_value_are_not_conflicts(
    session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    with other.begin():
        theirs.description = "elsewhere"
        theirs.name = "agreed"
    task.name = "agreed"
    with requests_made(session) == 2:
        assert session.commit(on_conflict="raise") == 1


def test_a_changed_metadata_value_is_a_conflict(session: Session, other: Session, task: Entity, theirs: Entity) -> None:
    task.metadata["a"] = "1"
    session.commit()
    with other.begin():
        theirs.metadata["a"] = "theirs"
    task.metadata["a"] = "mine"
    message = rf"metadata\['a'\] of Task {task.id} was '1' when it was read and is 'theirs' now"
    with pytest.raises(errors.CommitConflict, match=message) as caught:
        session.commit(on_conflict="raise")
    error = caught.value
    assert (error.entity_type, error.key, error.attribute, error.item) == ("Task", (task.id,), "metadata", "a")


def test_a_metadata_key_that_another_user_removed_is_a_conflict(
    session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    task.metadata["a"] = "1"
    session.commit()
    with other.begin():
        del theirs.metadata["a"]
    task.metadata["a"] = "mine"
    with pytest.raises(errors.CommitConflict, match="is None now"):
        session.commit(on_conflict="raise")


@pytest.fixture
def frames(other: Session, production: Production) -> str:
    """The key of a custom attribute of the project's tasks: a number, 24 by default."""
    configuration = other.create(
        "CustomAttributeConfiguration",
        key=f"frames_{production.name}",
        label="Frames",
        entity_type="task",
        object_type=other.query("ObjectType").where(name="Task").one(),
        project_id=production.project,
        type=other.query("CustomAttributeType").where(name="number").one(),
        default=24,
        config="{}",
    )
    other.commit()
    return str(configuration.key)


def test_setting_a_custom_attribute_for_the_first_time_is_not_a_conflict(
    session: Session, other: Session, task: Entity, frames: str
) -> None:
    task.custom_attributes[frames] = 48
    assert session.commit(on_conflict="raise") == 1
    assert existing(other.get("Task", task.id)).custom_attributes[frames] == 48


def test_a_custom_attribute_that_another_user_set_is_a_conflict(
    session: Session, other: Session, task: Entity, theirs: Entity, frames: str
) -> None:
    assert task.custom_attributes[frames] == 24
    with other.begin():
        theirs.custom_attributes[frames] = 36
    task.custom_attributes[frames] = 48
    with pytest.raises(errors.CommitConflict, match=rf"custom_attributes\['{frames}'\].* was 24 .* is 36 now"):
        session.commit(on_conflict="raise")


# -- authors ------------------------------------------------------------------------------------------------------


def test_the_error_names_the_author_and_the_time_of_a_status_change(
    box: Sandbox, session: Session, other: Session, production: Production
) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("status_id").one()
    first, second = [status for status in session.query("Status").limit(3) if status.id != task.status_id][:2]
    with other.begin():
        existing(other.get("Task", task.id)).status_id = first.id
    task.status = second
    with requests_made(session) == 2, pytest.raises(errors.CommitConflict) as caught:
        session.commit(on_conflict="raise")
    error = caught.value
    assert error.changed_by == box.api_user
    recorded = other.query("StatusChange").where(parent_id=task.id, status_id=first.id).select("date").one()
    assert error.changed_at == recorded.date
    assert f"now (by {box.api_user} on {recorded.date:%Y-%m-%d}" in str(error)


@pytest.mark.parametrize("attribute", ["name", "metadata", "custom_attributes"])
def test_the_error_names_the_author_from_the_log_of_events(
    box: Sandbox, session: Session, other: Session, task: Entity, theirs: Entity, frames: str, attribute: str
) -> None:
    def change(entity: Entity, value: str) -> None:
        if attribute == "name":
            entity.name = value
        elif attribute == "metadata":
            entity.metadata["a"] = value
        else:
            entity.custom_attributes[frames] = len(value)

    task.metadata["a"] = "1"
    session.commit()
    change(task, "mine")
    with other.begin():
        change(theirs, "theirs")
    with pytest.raises(errors.CommitConflict, match=rf"\(by {box.api_user} on ") as caught:
        session.commit(on_conflict="raise")
    assert (caught.value.attribute, caught.value.changed_by) == (attribute, box.api_user)


def test_the_error_names_the_user_who_deleted_an_entity(
    box: Sandbox, session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    task.name = "mine"
    with other.begin():
        other.delete(theirs)
    with pytest.raises(errors.CommitConflict, match=rf"was deleted \(by {box.api_user} on ") as caught:
        session.commit(on_conflict="raise")
    assert (caught.value.attribute, caught.value.changed_by) == (None, box.api_user)


def test_the_error_says_when_the_server_has_no_record(
    session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    with other.begin():
        theirs.name = "theirs"
    other.query("Event").where(parent_id=task.id).delete()
    task.name = "mine"
    with pytest.raises(errors.CommitConflict, match="the server has no record of the user") as caught:
        session.commit(on_conflict="raise")
    assert (caught.value.changed_by, caught.value.changed_at) == (None, None)


def test_changing_an_entity_that_another_user_deleted_is_a_conflict(
    session: Session, other: Session, task: Entity, theirs: Entity
) -> None:
    task.name = "mine"
    with other.begin():
        other.delete(theirs)
    with pytest.raises(errors.CommitConflict, match="was deleted") as caught:
        session.commit(on_conflict="raise")
    assert caught.value.attribute is None


def test_creations_alone_need_no_comparison(session: Session, production: Production) -> None:
    session.create("Task", name="new", parent_id=production.shots[0])
    with requests_made(session) == 1:
        session.commit(on_conflict="raise")


def test_an_unknown_conflict_handling_is_refused(session: Session, task: Entity) -> None:
    task.name = "mine"
    with pytest.raises(errors.InvalidValue, match="'merge'"):
        session.commit(on_conflict="merge")  # type: ignore[arg-type]  # which is tested
