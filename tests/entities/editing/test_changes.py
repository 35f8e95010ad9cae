"""Recording changes: what is refused, what cancels out, and what belongs together."""

import datetime

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.testing import requests_made
from ftrack_orm.values import NOT_LOADED


@pytest.fixture
def task(session, production):
    return (
        session.query("Task").where(f'id is "{production.tasks[0]}"').select("name", "bid", "status", "status_id").one()
    )


@pytest.fixture
def statuses(session):
    return session.query("Status").select("name").all()


def test_setting_records_and_sends_nothing(session, task):
    with requests_made(session) as made:
        task.name = "new name"
        task["bid"] = 7
    assert made == 0
    assert (task.name, task.bid) == ("new name", 7)
    assert session.modified == [task]
    changes = inspect(task).changes
    assert (changes["name"].old, changes["name"].new) == ("task00", "new name")
    assert (changes["bid"].old, changes["bid"].new) == (0, 7)


def test_setting_the_same_value_is_no_change(session, task):
    task.name = "task00"
    assert session.modified == []
    assert session.plan() == []


def test_setting_back_is_no_change(session, task):
    task.name = "x"
    task.bid = 3
    task.name = "task00"
    assert set(inspect(task).changes) == {"bid"}
    task.bid = 0
    assert session.modified == []
    assert not inspect(task).is_modified


def test_what_was_not_loaded_is_set_without_loading_it(session, task):
    with requests_made(session) as made:
        task.description = "about"
    assert made == 0
    assert inspect(task).changes["description"].old is NOT_LOADED


def test_a_reference_and_its_key_are_one_change(session, task, statuses):
    before, after = task.status, next(status for status in statuses if status is not task.status)
    task.status = after
    assert task.status_id == after.id
    (operation,) = session.plan()
    assert operation.data == {"status_id": after.id}
    task.status_id = before.id
    assert task.status is before
    assert session.modified == []


def test_setting_a_key_of_something_unknown_loads_it_when_it_is_read(connect, production):
    session = connect()
    task = session.get("Task", production.tasks[0])
    task.parent_id = production.shots[3]
    with requests_made(session) as made:
        assert task.parent.name == "sh3"
    assert made == 1
    assert session.plan()[0].data == {"parent_id": production.shots[3]}


def test_setting_back_a_reference_whose_key_was_not_loaded_is_no_change(session, production, statuses):
    task = session.query("Task").where(f'id is "{production.tasks[1]}"').select("status.name").one()
    before = task.status
    task.status = next(status for status in statuses if status is not before)
    task.status = before
    assert session.modified == []


def test_clearing_a_reference_clears_its_key(session, task):
    task.thumbnail = None
    assert task.thumbnail_id is None


def test_values_of_a_wrong_type_are_refused_and_nothing_changes(session, task, production):
    shot = session.get("Shot", production.shots[0])
    for name, value, said in [
        ("name", 3, "text"),
        ("bid", "eight", "number"),
        ("start_date", datetime.datetime(2026, 1, 1), "timezone"),
        ("status", "Done", "must be a Status"),
        ("status", shot, "must be a Status, not <Shot"),
    ]:
        with pytest.raises(errors.InvalidValue, match=said) as caught:
            task[name] = value
        assert f"Task.{name}" in str(caught.value)
    assert session.modified == []


def test_an_id_given_to_a_reference_says_where_ids_go(task, statuses):
    with pytest.raises(errors.InvalidValue, match="To set it by id, assign 'status_id'"):
        task.status = statuses[0].id


def test_computed_and_immutable_attributes_are_refused_with_the_reason(task):
    with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
        task.link = []
    with pytest.raises(errors.ReadOnlyAttribute, match="computed by the server"):
        task.time_logged = 3
    with pytest.raises(errors.ReadOnlyAttribute, match="when the Task is created"):
        task.id = "x"
    with pytest.raises(errors.ReadOnlyAttribute, match="when the Task is created"):
        task.object_type_id = "x"


def test_an_attribute_a_subtype_fixes_is_refused_on_it_only(session, production):
    sequence, task = session.get("Sequence", production.sequences[0]), session.get("Task", production.tasks[0])
    task.bid = 3
    with pytest.raises(errors.ReadOnlyAttribute, match=r"Sequence\.bid"):
        sequence.bid = 3


def test_entities_of_another_session_are_refused(task, other):
    foreign = other.query("Status").first()
    with pytest.raises(errors.InvalidValue, match="another session"):
        task.status = foreign


def test_deleting_an_attribute_says_how_to_clear_it(task):
    with pytest.raises(errors.UsageError, match="None to clear"):
        del task.name


def test_what_is_about_to_be_deleted_cannot_be_changed(session, task):
    session.delete(task)
    with pytest.raises(errors.EntityDeleted, match="rollback"):
        task.name = "x"


def test_entities_are_made_by_sessions_only(session):
    with pytest.raises(errors.UsageError, match=r"session\.create"):
        session.types.Task(name="x")


def test_an_entity_cannot_be_pickled_and_says_what_to_do(task):
    import pickle

    with pytest.raises(errors.UsageError, match="pass its id"):
        pickle.dumps(task)


def test_printing_an_entity_asks_nothing(session, task):
    with requests_made(session) as made:
        assert repr(task) == f"<Task 'task00' {task.id} persistent>"
    assert made == 0
