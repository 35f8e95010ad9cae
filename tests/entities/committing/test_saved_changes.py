"""Recorded changes as a file: written by one session, committed by another."""

import datetime
import json

import pytest

from ftrack_orm import errors
from ftrack_orm.testing import requests_made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "changes.json"


@pytest.fixture
def task(session, production):
    return session.get("Task", production.tasks[0])


def test_changes_are_a_mapping_of_entities_to_what_changed(session, task, production):
    _ = task.bid
    task.bid = 9
    new = session.create("Task", name="new", parent_id=production.shots[0])
    gone = session.get("Task", production.tasks[1])
    gone.name = "never sent"
    session.delete(gone)
    changes = session.changes()
    assert list(changes) == [new, task]
    assert (changes[task]["bid"].old, changes[task]["bid"].new) == (0, 9)
    assert (changes.created, changes.deleted, len(changes)) == ((new,), (gone,), 2)
    assert repr(changes) == "<SessionChanges: 1 created, 1 modified, 1 deleted>"
    session.rollback()
    assert not session.changes()
    assert changes[task]["bid"].new == 9


def test_another_session_commits_what_was_saved(session, other, connect, production, path, task):
    moment = datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
    scope = session.create("Scope", name="scope")
    shot = session.create("Shot", name="new shot", parent_id=production.sequences[0])
    child = session.create("Task", name="new", parent=shot, end_date=moment)
    child.metadata["a"] = "1"
    child.scopes.append(scope)
    note = session.create("Note", content="ä", parent_id=child.id, parent_type="Task", author=_user(session))
    session.create("Recipient", note=note, recipient=_user(session))
    task.bid = 9
    task.parent = shot
    task.metadata["b"] = "2"
    gone = session.get("Task", production.tasks[1])
    session.delete(gone)
    planned = sorted(map(repr, session.plan()))
    session.changes().save(path)
    session.rollback()

    loading = connect()
    loaded = loading.load_changes(path)
    assert [len(loading.created), len(loading.modified), len(loading.deleted)] == [5, 1, 1]
    assert len(loaded.created) == 5
    assert sorted(map(repr, loading.plan())) == planned
    loading.commit()
    seen = other.get("Task", child.id)
    assert (seen.parent.name, seen.end_date, dict(seen.metadata)) == ("new shot", moment, {"a": "1"})
    assert [each.name for each in seen.scopes] == ["scope"]
    assert [each.content for each in seen.notes] == ["ä"]
    seen = other.get("Task", task.id)
    assert (seen.bid, seen.parent_id, dict(seen.metadata)) == (9, shot.id, {"b": "2"})
    assert other.get("Task", gone.id) is None


def _user(session):
    return session.query("User").first()


def test_a_file_committed_twice_creates_nothing_twice(session, connect, production, path):
    session.create("Task", name="only once", parent_id=production.shots[0])
    session.changes().save(path)
    session.commit()
    loading = connect()
    loading.load_changes(path)
    with pytest.raises(errors.IntegrityError):
        loading.commit()
    assert session.query("Task").where(project_id=production.project, name="only once").count() == 1


def test_what_the_server_has_by_now_is_not_sent_again(session, connect, path, task):
    _ = task.bid
    task.bid = 9
    session.changes().save(path)
    session.commit()
    loading = connect()
    assert len(loading.load_changes(path)) == 0
    assert loading.plan() == []


def test_others_metadata_stays_when_saved_changes_are_committed(session, other, connect, path, task):
    task.metadata.update(mine="1", gone="1")
    session.commit()
    task.metadata["mine"] = "2"
    del task.metadata["gone"]
    session.changes().save(path)
    with other.begin():
        other.get("Task", task.id).metadata["theirs"] = "3"
    loading = connect()
    loading.load_changes(path)
    loading.commit()
    assert dict(loading.get("Task", task.id).metadata) == {"mine": "2", "theirs": "3"}


def test_loading_asks_once_for_each_type_to_be_updated(session, connect, production, path):
    for key in production.tasks:
        session.get("Task", key).bid = 77
    session.changes().save(path)
    loading = connect()
    loading.server_information  # noqa: B018 - asked for before what is counted or cut
    with requests_made(loading) == 1:
        loading.load_changes(path)
    assert len(loading.modified) == 12


def test_an_entity_that_is_gone_is_told_and_nothing_is_recorded(session, other, connect, production, path, task):
    task.bid = 9
    session.create("Task", name="new", parent_id=production.shots[0])
    session.changes().save(path)
    with other.begin():
        other.delete(other.get("Task", task.id))
    loading = connect()
    with pytest.raises(errors.EntityDeleted, match=task.id):
        loading.load_changes(path)
    assert loading.plan() == []


def test_the_file_is_readable_and_says_what_it_is(session, path, task):
    _ = task.bid
    task.bid = 9
    session.changes().save(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["format"], document["version"]) == ("ftrack_orm changes", 1)
    assert document["updated"] == [{"__entity_type__": "Task", "id": task.id, "changes": {"bid": {"old": 0, "new": 9}}}]


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("{", errors.InvalidValue, "not JSON"),
        ("[]", errors.InvalidValue, "not a file of changes"),
        ('{"format": "ftrack_orm changes", "version": 2}', errors.InvalidValue, "version 2"),
        ('{"format": "ftrack_orm changes", "version": 1}', errors.InvalidValue, "created"),
        (
            '{"format": "ftrack_orm changes", "version": 1, "deleted": [], "updated": [], '
            '"created": [{"__entity_type__": "Taks", "values": {}}]}',
            errors.UnknownEntityType,
            "Did you mean 'Task'",
        ),
        (
            '{"format": "ftrack_orm changes", "version": 1, "deleted": [], "updated": [], '
            '"created": [{"__entity_type__": "Task", "id": "1", "values": {"nmae": "x"}}]}',
            errors.UnknownAttribute,
            "Did you mean 'name'",
        ),
    ],
)
def test_a_file_with_something_else_is_refused(session, path, content, error, said):
    path.write_text(content, encoding="utf-8")
    with pytest.raises(error, match=said):
        session.load_changes(path)
    assert session.plan() == []


def test_files_that_cannot_be_read_or_written_are_storage_errors(session, tmp_path, task):
    with pytest.raises(errors.StorageError, match="could not be read"):
        session.load_changes(tmp_path / "none.json")
    task.bid = 9
    with pytest.raises(errors.StorageError, match="could not be written"):
        session.changes().save(tmp_path / "no folder" / "changes.json")


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(session, tmp_path, task):
    task.bid = 9
    (tmp_path / "taken").mkdir()
    with pytest.raises(errors.StorageError):
        session.changes().save(tmp_path / "taken")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


@pytest.fixture
def saved(session, path, task):
    """A file with changes of everything a task has, made when its name was task00."""
    scopes = [session.create("Scope", name=f"scope{n}") for n in range(2)]
    task.metadata["a"] = "1"
    task.scopes.append(scopes[0])
    session.commit()
    session.refresh(task)
    task.name, task.metadata["a"] = "mine", "mine"
    task.scopes.append(scopes[1])
    session.changes().save(path)
    session.rollback()
    return path


def test_loaded_changes_are_no_conflict_while_the_server_is_as_it_was(connect, task, saved):
    loading = connect()
    loading.load_changes(saved)
    assert loading.commit(on_conflict="raise") == 2
    assert loading.get("Task", task.id).name == "mine"


@pytest.mark.parametrize("what", ["name", "metadata", "scopes"])
def test_what_somebody_changed_since_the_changes_were_saved_is_a_conflict(other, connect, task, saved, what):
    theirs = other.get("Task", task.id)
    if what == "name":
        theirs.name = "theirs"
    elif what == "metadata":
        theirs.metadata["a"] = "theirs"
    else:
        theirs.scopes.append(other.create("Scope", name="theirs"))
    other.commit()
    loading = connect()
    loading.load_changes(saved)
    with pytest.raises(errors.CommitConflict) as caught:
        loading.commit(on_conflict="raise")
    assert (caught.value.key, caught.value.attribute) == ((task.id,), what)
    # Having looked at what is there now, one may decide to overwrite it.
    loading.refresh(loading.modified)
    loading.commit(on_conflict="raise")
    other.refresh(theirs)
    assert (theirs.name, theirs.metadata["a"]) == ("mine", "mine")


def test_loaded_changes_that_were_taken_back_leave_nothing_to_compare_with(other, connect, task, saved):
    other.get("Task", task.id).name = "theirs"
    other.commit()
    loading = connect()
    loading.load_changes(saved)
    (mine,) = loading.modified
    loading.revert(mine, "name")
    mine.name = "again"
    loading.commit(on_conflict="raise")
    loading.load_changes(saved)
    loading.rollback()
    mine.name = "and again"
    loading.commit(on_conflict="raise")
    assert other.query("Task").where(id=task.id).select("name").populate_existing().one().name == "and again"
