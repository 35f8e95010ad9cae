"""Recorded changes in a file that one session writes and another commits."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "changes.json"


@pytest.fixture
def task(session: Session, production: Production) -> Entity | None:
    return existing(session.get("Task", production.tasks[0]))


def test_changes_are_a_mapping_of_entities_to_changed_attributes(
    session: Session, task: Entity, production: Production
) -> None:
    _ = task.bid
    task.bid = 9
    new = session.create("Task", name="new", parent_id=production.shots[0])
    deleted = existing(session.get("Task", production.tasks[1]))
    deleted.name = "never sent"
    session.delete(deleted)
    changes = session.changes()
    assert list(changes) == [new, task]
    assert (changes[task]["bid"].old, changes[task]["bid"].new) == (0, 9)
    assert (changes.created, changes.deleted, len(changes)) == ((new,), (deleted,), 2)
    assert repr(changes) == "<SessionChanges: 1 created, 1 modified, 1 deleted>"
    session.rollback()
    assert not session.changes()
    assert changes[task]["bid"].new == 9


def test_another_session_commits_saved_changes(
    session: Session, other: Session, connect: Connect, production: Production, path: Path, task: Entity
) -> None:
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
    deleted = existing(session.get("Task", production.tasks[1]))
    session.delete(deleted)
    planned = sorted(map(repr, session.plan()))
    session.changes().save(path)
    session.rollback()

    loading = connect()
    loaded = loading.load_changes(path)
    assert [len(loading.created), len(loading.modified), len(loading.deleted)] == [5, 1, 1]
    assert len(loaded.created) == 5
    assert sorted(map(repr, loading.plan())) == planned
    loading.commit()
    saved = existing(other.get("Task", child.id))
    assert (saved.parent.name, saved.end_date, dict(saved.metadata)) == ("new shot", moment, {"a": "1"})
    assert [each.name for each in saved.scopes] == ["scope"]
    assert [each.content for each in saved.notes] == ["ä"]
    saved = existing(other.get("Task", task.id))
    assert (saved.bid, saved.parent_id, dict(saved.metadata)) == (9, shot.id, {"b": "2"})
    assert other.get("Task", deleted.id) is None


def _user(session: Session) -> Entity | None:
    return session.query("User").first()


def test_a_file_committed_twice_creates_nothing_twice(
    session: Session, connect: Connect, production: Production, path: Path
) -> None:
    session.create("Task", name="only once", parent_id=production.shots[0])
    session.changes().save(path)
    session.commit()
    loading = connect()
    loading.load_changes(path)
    with pytest.raises(errors.IntegrityError):
        loading.commit()
    assert session.query("Task").where(project_id=production.project, name="only once").count() == 1


def test_values_that_the_server_has_already_are_not_sent_again(
    session: Session, connect: Connect, path: Path, task: Entity
) -> None:
    _ = task.bid
    task.bid = 9
    session.changes().save(path)
    session.commit()
    loading = connect()
    assert len(loading.load_changes(path)) == 0
    assert loading.plan() == []


def test_metadata_of_others_stays_when_saved_changes_are_committed(
    session: Session, other: Session, connect: Connect, path: Path, task: Entity
) -> None:
    task.metadata.update(mine="1", removed="1")
    session.commit()
    task.metadata["mine"] = "2"
    del task.metadata["removed"]
    session.changes().save(path)
    with other.begin():
        existing(other.get("Task", task.id)).metadata["theirs"] = "3"
    loading = connect()
    loading.load_changes(path)
    loading.commit()
    assert dict(existing(loading.get("Task", task.id)).metadata) == {"mine": "2", "theirs": "3"}


def test_loading_takes_one_request_for_each_updated_type(
    session: Session, connect: Connect, production: Production, path: Path
) -> None:
    for key in production.tasks:
        existing(session.get("Task", key)).bid = 77
    session.changes().save(path)
    loading = connect()
    loading.server_information  # noqa: B018 - makes the handshake, which the test does not count
    with requests_made(loading) == 1:
        loading.load_changes(path)
    assert len(loading.modified) == 12


def test_a_deleted_entity_is_an_error_and_nothing_is_recorded(
    session: Session, other: Session, connect: Connect, production: Production, path: Path, task: Entity
) -> None:
    task.bid = 9
    session.create("Task", name="new", parent_id=production.shots[0])
    session.changes().save(path)
    with other.begin():
        other.delete(existing(other.get("Task", task.id)))
    loading = connect()
    with pytest.raises(errors.EntityDeleted, match=task.id):
        loading.load_changes(path)
    assert loading.plan() == []


def test_the_file_is_readable_json_with_format_and_version(session: Session, path: Path, task: Entity) -> None:
    _ = task.bid
    task.bid = 9
    session.changes().save(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["format"], document["version"]) == ("ftrack_orm changes", 1)
    assert document["updated"] == [{"__entity_type__": "Task", "id": task.id, "changes": {"bid": {"old": 0, "new": 9}}}]


@pytest.mark.parametrize(
    ("content", "error", "message"),
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
def test_a_file_with_other_content_is_refused(
    session: Session, path: Path, content: str, error: type[Exception], message: str
) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(error, match=message):
        session.load_changes(path)
    assert session.plan() == []


@pytest.fixture
def saved(session: Session, path: Path, task: Entity) -> Path:
    """A file with changes of a scalar, a mapping and a collection of a task, made when its name was task00."""
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


def test_loaded_changes_are_not_a_conflict_while_the_server_has_the_old_values(
    connect: Connect, task: Entity, saved: Path
) -> None:
    loading = connect()
    loading.load_changes(saved)
    assert loading.commit(on_conflict="raise") == 2
    assert existing(loading.get("Task", task.id)).name == "mine"


@pytest.mark.parametrize("attribute", ["name", "metadata", "scopes"])
def test_a_change_by_another_user_since_the_file_was_saved_is_a_conflict(
    other: Session, connect: Connect, task: Entity, saved: Path, attribute: str
) -> None:
    theirs = existing(other.get("Task", task.id))
    if attribute == "name":
        theirs.name = "theirs"
    elif attribute == "metadata":
        theirs.metadata["a"] = "theirs"
    else:
        theirs.scopes.append(other.create("Scope", name="theirs"))
    other.commit()
    loading = connect()
    loading.load_changes(saved)
    with pytest.raises(errors.CommitConflict) as caught:
        loading.commit(on_conflict="raise")
    assert (caught.value.key, caught.value.attribute) == ((task.id,), attribute)
    # After refreshing, the values of the other user may be overwritten.
    loading.refresh(loading.modified)
    loading.commit(on_conflict="raise")
    other.refresh(theirs)
    assert (theirs.name, theirs.metadata["a"]) == ("mine", "mine")


def test_reverted_loaded_changes_are_not_compared(other: Session, connect: Connect, task: Entity, saved: Path) -> None:
    existing(other.get("Task", task.id)).name = "theirs"
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
