"""Who changed what when, from the records of the server."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import NOT_LOADED, HistoryEntry, Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Production


def test_changes_have_values_user_and_time_the_oldest_first(
    session: Session, other: Session, production: Production
) -> None:
    task: Any = session.query("Task").where(id=production.tasks[0]).select("bid", "name").one()
    task.bid = 5
    session.commit()
    theirs: Any = existing(other.get("Task", task.id))
    theirs.bid, theirs.name = 6, "renamed"
    other.commit()
    created, first, second = session.history(task)
    assert isinstance(created, HistoryEntry)
    assert (created.action, created.new["name"]) == ("create", "task00")
    assert (first.action, first.names, first.old["bid"], first.new["bid"]) == ("update", ("bid",), 0, 5)
    assert sorted(second.names) == ["bid", "name"]
    assert (second.old["name"], second.new["name"]) == ("task00", "renamed")
    assert second.user.username == session.api_user
    assert isinstance(second.time, datetime.datetime)
    assert second.entity is task
    assert session.api_user in str(second)


def test_attributes_select_changes_and_values(session: Session, production: Production) -> None:
    task: Any = session.query("Task").where(id=production.tasks[1]).select("bid", "name").one()
    task.bid = 5
    session.commit()
    task.name = "other"
    session.commit()
    entries = session.history(task, attributes="bid")
    assert [(entry.action, dict(entry.old), dict(entry.new)) for entry in entries] == [
        ("create", {"bid": None}, {"bid": 1}),
        ("update", {"bid": 1}, {"bid": 5}),
    ]
    newest = entries[-1].time
    assert newest is not None
    later = newest + datetime.timedelta(seconds=1)
    assert session.history(task, attributes=["bid"], since=later) == []
    assert len(session.history(task, attributes=["bid"], since=newest)) >= 1


def test_a_changed_status_is_one_entry_although_it_has_two_records(session: Session, production: Production) -> None:
    task: Any = session.query("Task").where(id=production.tasks[2]).select("status.name").one()
    former = task.status
    task.status = session.query("Status").where(session.types.Status.name != former.name).first()
    session.commit()
    *_, changed = session.history(task, attributes=["status"])
    assert changed.names == ("status",)
    assert (changed.old["status"], changed.new["status"]) == (former, task.status)
    assert len([each for each in session.history(task, attributes=["status"]) if each.action == "update"]) == 1


def test_several_entities_of_several_types_take_one_request(session: Session, production: Production) -> None:
    entities = [existing(session.get("Task", each)) for each in production.tasks]
    entities += [existing(session.get("Shot", each)) for each in production.shots]
    with requests_made(session) as made:
        entries = session.history(entities)
    assert made == 1
    assert {entry.entity for entry in entries} == set(entities)


def test_custom_attributes_are_named_by_their_keys(
    session: Session, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", default=5)
    task: Any = existing(session.get("Task", production.tasks[3]))
    task["custom_attributes"][key] = 7
    session.commit()
    (entry,) = session.history(task, attributes=[key])
    assert (entry.old[key], entry.new[key]) == (5, 7)


def test_records_in_another_form_have_names_without_values(session: Session, production: Production) -> None:
    task: Any = existing(session.get("Task", production.tasks[4]))
    session.call(
        [
            {
                "action": "create",
                "entity_type": "Event",
                "entity_data": {
                    "__entity_type__": "Event",
                    "parent_id": task["id"],
                    "parent_type": "task",
                    "insert": "update",
                    "action": "change.name.task",
                    "data": "not JSON",
                },
            }
        ]
    )
    *_, last = session.history(task, attributes=["name"])
    assert (last.action, last.names, last.old["name"], last.new["name"]) == (
        "update",
        ("name",),
        NOT_LOADED,
        NOT_LOADED,
    )


def test_a_new_entity_has_no_history(session: Session, production: Production) -> None:
    task = session.create("Task", name="new", parent_id=production.shots[0])
    with requests_made(session) as made:
        assert session.history(task) == []
    assert made == 0


def test_names_that_have_no_history_are_refused(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[5]))
    with pytest.raises(errors.UnknownAttribute, match=r"biid.*'bid'"):
        session.history(task, attributes=["biid"])
    with pytest.raises(errors.InvalidValue, match=r"no history of Task\.notes"):
        session.history(task, attributes=["notes"])
    with pytest.raises(errors.InvalidValue, match="entities of this session"):
        session.history(["x"])  # type: ignore[list-item]
    with pytest.raises(errors.InvalidValue, match="timezone"):
        session.history(task, since=datetime.datetime(2026, 1, 1))
