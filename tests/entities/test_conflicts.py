"""Committing only if nobody else has changed what is to be overwritten."""

import pickle

import pytest

from ftrack_orm import errors
from ftrack_orm.testing import requests_made


@pytest.fixture
def task(session, production):
    return session.query("Task").where(f'id is "{production.tasks[0]}"').select("name", "bid", "metadata").one()


@pytest.fixture
def theirs(other, task):
    """The same task in somebody else's session."""
    return other.get("Task", task.id)


def test_a_value_somebody_else_changed_is_a_conflict_and_nothing_is_sent(session, other, task, theirs):
    with other.begin():
        theirs.name = "theirs"
    task.name, task.bid = "mine", 5
    with requests_made(session) == 1, pytest.raises(errors.CommitConflict) as caught:
        session.commit(on_conflict="raise")
    error = caught.value
    assert (error.entity_type, error.key, error.attribute) == ("Task", (task.id,), "name")
    assert (error.read, error.present) == ("task00", "theirs")
    assert f"name of Task {task.id} was 'task00' when it was read and is 'theirs' now" in str(error)
    assert session.modified == [task]
    assert pickle.loads(pickle.dumps(error)).conflicts == error.conflicts
    other.refresh(theirs)
    assert (theirs.name, theirs.bid) == ("theirs", 0)


def test_after_refreshing_the_same_change_is_no_conflict_any_more(session, other, task, theirs):
    with other.begin():
        theirs.name = "theirs"
    task.name = "mine"
    with pytest.raises(errors.CommitConflict):
        session.commit(on_conflict="raise")
    session.refresh(task)
    assert session.commit(on_conflict="raise") == 1
    other.refresh(theirs)
    assert theirs.name == "mine"


def test_without_being_asked_a_commit_overwrites(session, other, task, theirs):
    with other.begin():
        theirs.name = "theirs"
    task.name = "mine"
    assert session.commit() == 1


def test_what_others_changed_elsewhere_or_to_the_same_value_is_no_conflict(session, other, task, theirs):
    with other.begin():
        theirs.description = "elsewhere"
        theirs.name = "agreed"
    task.name = "agreed"
    with requests_made(session) == 2:
        assert session.commit(on_conflict="raise") == 1


def test_a_changed_metadata_value_is_a_conflict(session, other, task, theirs):
    task.metadata["a"] = "1"
    session.commit()
    with other.begin():
        theirs.metadata["a"] = "theirs"
    task.metadata["a"] = "mine"
    with pytest.raises(errors.CommitConflict, match="'theirs'"):
        session.commit(on_conflict="raise")


def test_changing_what_somebody_else_deleted_is_a_conflict(session, other, task, theirs):
    task.name = "mine"
    with other.begin():
        other.delete(theirs)
    with pytest.raises(errors.CommitConflict, match="was deleted") as caught:
        session.commit(on_conflict="raise")
    assert caught.value.attribute is None


def test_creating_alone_asks_nothing_first(session, production):
    session.create("Task", name="new", parent_id=production.shots[0])
    with requests_made(session) == 1:
        session.commit(on_conflict="raise")


def test_an_unknown_way_of_handling_conflicts_is_refused(session, task):
    task.name = "mine"
    with pytest.raises(errors.InvalidValue, match="'merge'"):
        session.commit(on_conflict="merge")
