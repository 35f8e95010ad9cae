"""Timers of users, and the time logs that they become."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.behaviours.timers import _now
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production

UTC = datetime.timezone.utc


@pytest.fixture
def user(session: Session, production: Production) -> Any:
    user = session.create("User", username=f"timer of {production.name}")
    session.commit()
    return user


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


def timers(other: Session, user: Entity) -> list[Entity]:
    return other.query("Timer").where(user_id=user.id).all()


def test_a_timer_starts_and_stops_at_once_and_commits_nothing_else(
    session: Session, other: Session, user: Any, task: Entity
) -> None:
    task.description = "pending"
    timer = user.start_timer(task, comment="keys", name="blocking")
    assert [each.id for each in timers(other, user)] == [timer.id]
    assert abs(datetime.datetime.now(UTC) - timer.start) < datetime.timedelta(minutes=1)
    timelog = user.stop_timer()
    assert timers(other, user) == []
    read = existing(other.get("Timelog", timelog.id))
    assert (read.user_id, read.context_id, read.comment, read.name) == (user.id, task.id, "keys", "blocking")
    assert read.start == timer.start
    assert session.modified == [task]


def test_the_duration_is_the_time_since_the_start_in_seconds(session: Session, user: Any, task: Entity) -> None:
    start = datetime.datetime.now(UTC) - datetime.timedelta(days=1, hours=2)
    session.create("Timer", user=user, context=task, start=start)
    session.commit()
    assert abs(user.stop_timer().duration - 26 * 3600) < 60


def test_a_start_in_the_future_makes_a_duration_of_zero(session: Session, user: Any, task: Entity) -> None:
    session.create("Timer", user=user, context=task, start=datetime.datetime.now(UTC) + datetime.timedelta(hours=1))
    session.commit()
    assert user.stop_timer().duration == 0


def test_a_second_timer_is_refused_or_replaces_the_first(
    session: Session, other: Session, user: Any, task: Entity
) -> None:
    first = user.start_timer(task)
    with pytest.raises(errors.DuplicateEntryError, match=r"is running already: stop it with stop_timer\(\)") as caught:
        user.start_timer(task)
    assert caught.value.exception
    assert session.created == []
    second = user.start_timer(task.parent, force=True)
    assert [each.id for each in timers(other, user)] == [second.id]
    assert [each.context_id for each in other.query("Timelog").where(user_id=user.id).all()] == [first.context_id]


def test_a_timer_needs_no_context_and_force_no_running_timer(other: Session, user: Any) -> None:
    timer = user.start_timer(force=True)
    assert [each.id for each in timers(other, user)] == [timer.id]
    assert user.stop_timer().context_id is None


def test_stopping_without_a_timer_is_an_error(user: Any) -> None:
    with pytest.raises(errors.NoResult, match=r"No timer of <User .*> is running"):
        user.stop_timer()


def test_a_server_without_timezones_is_taken_to_set_the_time_of_this_machine() -> None:
    local = datetime.datetime.now().astimezone().utcoffset()
    assert local is not None
    difference = _now(is_timezone_support_enabled=False) - _now(is_timezone_support_enabled=True)
    assert abs(difference - local) < datetime.timedelta(seconds=10)


def test_a_start_that_fails_leaves_nothing_for_a_later_commit(box: Sandbox, connect: Connect, user: Any) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport, retries=0)
    person: Any = existing(session.get("User", user.id))
    transport.refuses_requests = True
    with pytest.raises(errors.TransportError):
        person.start_timer()
    transport.refuses_requests = False
    assert session.created == []
    assert session.commit() == 0
    person.start_timer()
    # The server starts the timer, and no response arrives.
    person.stop_timer()
    transport.loses_responses = True
    with pytest.raises(errors.CommitOutcomeUnknown):
        person.start_timer()
    transport.loses_responses = False
    assert session.created == []
    assert session.commit() == 0
    assert person.stop_timer().user_id == user.id
