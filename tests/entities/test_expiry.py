"""Change notices expire the attributes they name, which are then read again, and no others."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ftrack_orm import Session
from ftrack_orm.entities import expiry
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.expiry import ExpiryLog
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.testing import requests_made
from ftrack_orm.values import ChangeNotice
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def log(session: Session) -> ExpiryLog:
    session.schema  # noqa: B018 - so that entities can be made
    return session._workspace.expiry


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task = existing(session.get("Task", production.tasks[0]))
    task.status.name  # noqa: B018 - loads it
    return task


def notice(entity: Entity, *names: str) -> ChangeNotice:
    return ChangeNotice(family="Context", key=(entity.id,), names=frozenset(names))


def test_only_named_attributes_expire(session: Session, log: ExpiryLog, task: Entity) -> None:
    status = task.status
    log.apply([notice(task, "name")])
    assert "name" not in task.__dict__
    with requests_made(session) == 0:
        assert task.status is status


def test_applying_notices_makes_no_request(session: Session, log: ExpiryLog, task: Entity) -> None:
    with requests_made(session) == 0:
        log.apply([notice(task, "name", "status", "children"), ChangeNotice(family=None, key=("unknown",), names=None)])


def test_the_key_of_an_entity_never_expires(log: ExpiryLog, task: Entity) -> None:
    log.apply([ChangeNotice(family=None, key=(task.id,), names=None)])
    assert list(task.__dict__) == ["id"]


def test_a_notice_without_a_family_finds_the_entity_by_its_id(log: ExpiryLog, task: Entity) -> None:
    log.apply([ChangeNotice(family=None, key=(task.id,), names=frozenset({"name"}))])
    assert "name" not in task.__dict__


def test_a_notice_without_a_key_is_about_a_whole_family(
    session: Session, log: ExpiryLog, production: Production
) -> None:
    tasks = session.query("Task").where(parent_id=production.shots[0]).select("name").all()
    log.apply([ChangeNotice(family="Context", key=(), derived=frozenset({"name"}))])
    assert not any("name" in task.__dict__ for task in tasks)


def test_an_edited_value_stays(log: ExpiryLog, task: Entity) -> None:
    task.name = "mine"
    log.apply([notice(task, "name"), ChangeNotice(family=None, key=(), names=None)])
    assert task.name == "mine"


def test_a_deletion_that_names_some_values_leaves_none_of_an_edited_entity(
    session: Session, log: ExpiryLog, task: Entity
) -> None:
    # The server names the values that the entity had, not those that were null.
    assert task.thumbnail_id is None
    task.bid = 9
    log.apply([attrs.evolve(notice(task, "name"), is_deleted=True)])
    assert (task.bid, sorted(task.__dict__)) == (9, ["bid", "id"])
    session.rollback()
    assert list(task.__dict__) == ["id"]


def test_everything_but_keys_and_edits_can_expire_at_once(session: Session, log: ExpiryLog, task: Entity) -> None:
    status = task.status
    task.name = "mine"
    log.expire_all()
    assert set(task.__dict__) == {"id", "name"}
    assert set(status.__dict__) == {"id"}


def test_an_attribute_from_a_response_older_than_the_notice_is_requested_again(
    session: Session, log: ExpiryLog, production: Production
) -> None:
    query = session.query("Task").where(id=production.tasks[0]).select("name")
    row = {"__entity_type__": "Task", "id": production.tasks[0], "name": "before"}
    revision = session._workspace.revision
    log.apply([ChangeNotice(family="Context", key=(production.tasks[0],), names=frozenset({"name"}))])
    merged = merged_row(session, row, revision)
    assert "name" not in merged.__dict__
    assert merged.name == query.one().name == "task00"


def test_a_response_to_a_request_after_the_notice_is_used(
    session: Session, log: ExpiryLog, production: Production
) -> None:
    log.apply([ChangeNotice(family="Context", key=(production.tasks[0],), names=frozenset({"name"}))])
    row = {"__entity_type__": "Task", "id": production.tasks[0], "name": "after"}
    assert merged_row(session, row, session._workspace.revision).__dict__["name"] == "after"


def test_a_response_older_than_all_notices_kept_expires_as_a_whole(
    session: Session, log: ExpiryLog, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "_NOTICES_KEPT", 2)
    revision = session._workspace.revision
    for id_ in production.tasks[:4]:
        log.apply([ChangeNotice(family="Context", key=(id_,), names=frozenset({"name"}))])
    row = {"__entity_type__": "Task", "id": production.tasks[0], "name": "before"}
    assert "name" not in merged_row(session, row, revision).__dict__


def merged_row(session: Session, row: dict[str, Any], revision: int) -> Entity:
    (entity,) = Merger(session._workspace, None, revision).rows([row])
    return entity


def test_an_expired_reference_is_not_resolved_by_its_old_key(
    session: Session, log: ExpiryLog, task: Entity, other: Session
) -> None:
    theirs = existing(other.get("Task", task.id))
    theirs.status = next(s for s in other.query("Status").all() if s is not theirs.status)
    other.commit()
    log.apply([notice(task, "status_id", "status")])
    with requests_made(session) == 1:
        assert task.status.id == theirs.status.id


def test_an_expired_mapping_is_loaded_again_once(session: Session, log: ExpiryLog, task: Entity) -> None:
    metadata = task.metadata
    log.apply([notice(task, "metadata")])
    with requests_made(session) == 1:
        assert "x" not in metadata
    with requests_made(session) == 0:
        assert "x" not in metadata


def test_assigning_the_current_content_to_a_stale_collection_is_no_change(
    session: Session, log: ExpiryLog, other: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    scopes = shot.scopes
    assert list(scopes) == []
    log.apply([notice(shot, "scopes")])
    shot.scopes = []
    with requests_made(session) == 1:  # which reads the present members; there is nothing to remove
        assert session.commit() == 0
    assert session.modified == []


def test_only_values_of_requests_that_were_sent_since_are_noted(session: Session, log: ExpiryLog, task: Entity) -> None:
    workspace, row = session._workspace, {"__entity_type__": "Task", "id": task.id}
    before = workspace.revision
    log.apply([notice(task, "name")])
    noted: list[Any] = []
    with log.noting_values(task, "name", noted):
        sent_at = workspace.revision
        log.apply([notice(task, "name")])
        Merger(workspace, sent_at=before).rows([{**row, "name": "older than the block"}])
        Merger(workspace, sent_at=sent_at).rows([{**row, "name": "read in the block"}])
    assert noted == ["read in the block"]
    assert "name" not in task.__dict__
