"""Marking what news name: what is marked is read again, and nothing else is touched."""

import pytest

from ftrack_orm.entities import expiry as news_module
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.testing import requests_made
from ftrack_orm.values import ChangeNotice


@pytest.fixture
def log(session):
    session.schema  # noqa: B018 - so that entities can be made
    return session._workspace.expiry


@pytest.fixture
def task(session, production):
    task = session.get("Task", production.tasks[0])
    task.status.name  # noqa: B018 - loads it
    return task


def about(entity, *names, **rest):
    return ChangeNotice(family="Context", key=(entity.id,), names=frozenset(names), **rest)


def test_only_what_is_named_is_marked(session, log, task):
    status = task.status
    log.apply([about(task, "name")])
    assert "name" not in task.__dict__
    with requests_made(session) == 0:
        assert task.status is status


def test_taking_news_asks_nothing(session, log, task):
    with requests_made(session) == 0:
        log.apply([about(task, "name", "status", "children"), ChangeNotice(family=None, key=("unknown",), names=None)])


def test_the_key_of_an_entity_is_never_stale(log, task):
    log.apply([ChangeNotice(family=None, key=(task.id,), names=None)])
    assert list(task.__dict__) == ["id"]


def test_news_without_a_family_find_the_entity_by_its_id(log, task):
    log.apply([ChangeNotice(family=None, key=(task.id,), names=frozenset({"name"}))])
    assert "name" not in task.__dict__


def test_news_without_a_key_are_about_all_of_a_family(session, log, production):
    tasks = session.query("Task").where(parent_id=production.shots[0]).select("name").all()
    log.apply([ChangeNotice(family="Context", key=(), derived=frozenset({"name"}))])
    assert not any("name" in task.__dict__ for task in tasks)


def test_an_edited_value_is_never_touched(log, task):
    task.name = "mine"
    log.apply([about(task, "name"), ChangeNotice(family=None, key=(), names=None)])
    assert task.name == "mine"


def test_everything_but_keys_and_edits_is_suspect_when_nobody_knows(session, log, task):
    status = task.status
    task.name = "mine"
    log.expire_all()
    assert set(task.__dict__) == {"id", "name"}
    assert set(status.__dict__) == {"id"}


def test_an_answer_older_than_the_news_is_asked_for_again(session, log, production):
    query = session.query("Task").where(id=production.tasks[0]).select("name")
    row = {"__entity_type__": "Task", "id": production.tasks[0], "name": "before"}
    asked_at = session._workspace.revision
    log.apply([ChangeNotice(family="Context", key=(production.tasks[0],), names=frozenset({"name"}))])
    merged = merged_row(session, row, asked_at)
    assert "name" not in merged.__dict__
    assert merged.name == query.one().name == "task00"


def test_an_answer_to_a_question_after_the_news_is_taken(session, log, production):
    log.apply([ChangeNotice(family="Context", key=(production.tasks[0],), names=frozenset({"name"}))])
    row = {"__entity_type__": "Task", "id": production.tasks[0], "name": "after"}
    assert merged_row(session, row, session._workspace.revision).__dict__["name"] == "after"


def test_an_answer_that_saw_too_many_news_go_by_is_suspect(session, log, production, monkeypatch):
    monkeypatch.setattr(news_module, "_NOTICES_KEPT", 2)
    asked_at = session._workspace.revision
    for id_ in production.tasks[:4]:
        log.apply([ChangeNotice(family="Context", key=(id_,), names=frozenset({"name"}))])
    row = {"__entity_type__": "Task", "id": production.tasks[0], "name": "before"}
    assert "name" not in merged_row(session, row, asked_at).__dict__


def merged_row(session, row, asked_at):
    (entity,) = Merger(session._workspace, None, asked_at).rows([row])
    return entity


def test_a_reference_that_changed_is_not_taken_from_its_old_key(session, log, task, other):
    theirs = other.get("Task", task.id)
    theirs.status = next(s for s in other.query("Status").all() if s is not theirs.status)
    other.commit()
    log.apply([about(task, "status_id", "status")])
    with requests_made(session) == 1:
        assert task.status.id == theirs.status.id


def test_a_mapping_that_has_a_changed_key_is_behind(session, log, task):
    metadata = task.metadata
    log.apply([about(task, "metadata")])
    with requests_made(session) == 1:
        assert "x" not in metadata
    with requests_made(session) == 0:
        assert "x" not in metadata


def test_assigning_to_a_collection_that_is_behind_replaces_what_the_server_has(session, log, other, production):
    shot = session.get("Shot", production.shots[0])
    scopes = shot.scopes
    assert list(scopes) == []
    log.apply([about(shot, "scopes")])
    shot.scopes = []
    with requests_made(session) == 1:  # which reads the present members; there is nothing to remove
        assert session.commit() == 0
    assert session.modified == []
