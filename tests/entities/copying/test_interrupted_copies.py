"""Copies that are interrupted, or made by several processes at once, are made once and completely."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import CopyResult, Lifecycle, Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production
from tests.property_settings import examples

#: The parts that a copy of a context can include.
PARTS = ("tasks", "assignments", "notes", "links", "assets", "versions")


def contents(session: Session, shot_id: str) -> Counter[Any]:
    """Return the content of a shot as another session reads it, without ids."""
    session.reset()
    shot = existing(session.get("Shot", shot_id))
    found = [repr((shot.description, sorted(shot.metadata.items())))]
    for task in shot.children:
        links = sorted(link.to.name for link in task.outgoing_links)
        people = sorted(each.resource.username for each in task.assignments)
        found.append(
            repr((task.name, task.status.name, task.bid, links, people, sorted(task.custom_attributes.items())))
        )
    for note in shot.notes:
        labels = sorted(link.label.name for link in note.note_label_links)
        recipients = sorted(each.resource_id for each in note.recipients)
        replies = [reply.content for reply in note.replies]
        found.append(repr((note.content, note.date, note.user_id, labels, recipients, replies)))
    for asset in shot.assets:
        for version in asset.versions:
            uses = sorted(used.version for used in version.uses_versions)
            task = version.task and version.task.name
            found.append(repr((asset.name, version.version, version.comment, task, uses)))
    return Counter(found)


@pytest.mark.parametrize("happens", ["lost", "replaced"])
def test_a_copy_whose_reply_is_lost_is_made_once(
    connect: Connect, box: Sandbox, other: Session, shot: Entity, happens: str
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport, retries=0)
    own = existing(session.get("Shot", shot.id))
    name = f"copy_{happens}"

    def interfere() -> None:
        transport.loses_responses = happens == "lost"
        transport.replaces_responses = happens == "replaced"

    transport.before_write = interfere
    with pytest.raises(errors.FtrackError):
        session.copy(own, include="all", values={"name": name})
    assert (session.created, session.modified) == ([], [])
    transport.before_write = lambda: None
    transport.loses_responses = transport.replaces_responses = False
    result = session.copy(own, include="all", values={"name": name})
    (copy,) = other.query("Shot").where(name=name, parent_id=own.parent_id).all()
    assert copy.id == result[own]
    complete = other.copy(existing(other.get("Shot", shot.id)), include="all", values={"name": f"{name}_2"})
    assert contents(other, copy.id) == contents(other, complete[shot])
    assert (session.created, session.modified) == ([], [])


def test_a_reply_that_is_lost_once_is_found_by_asking(
    connect: Connect, box: Sandbox, other: Session, shot: Entity
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport)
    own = existing(session.get("Shot", shot.id))

    def lose_once() -> None:
        transport.before_write = lambda: None
        transport.loses_responses = True
        transport.meanwhile_once(lambda: setattr(transport, "meanwhile", recover))

    def recover() -> None:
        transport.loses_responses = False

    transport.before_write = lose_once
    result = session.copy(own, values={"name": "asked"})
    assert existing(other.get("Shot", result[own])).name == "asked"


def test_copies_that_are_made_at_the_same_time_are_one(connect: Connect, other: Session, shot: Entity) -> None:
    sessions = [connect() for _ in range(4)]
    results: list[str] = []
    barrier = threading.Barrier(len(sessions))

    def copy(session: Session) -> None:
        own = existing(session.get("Shot", shot.id))
        barrier.wait()
        results.append(session.copy(own, include="all", values={"name": "race"})[own])

    threads = [threading.Thread(target=copy, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == len(sessions)
    (copied,) = other.query("Shot").where(name="race", parent_id=shot.parent_id).all()
    assert set(results) == {copied.id}
    complete = other.copy(existing(other.get("Shot", shot.id)), include="all", values={"name": "race_2"})
    assert contents(other, copied.id) == contents(other, complete[shot])


def test_threads_of_one_session_make_the_same_copy_once(connect: Connect, shot: Entity) -> None:
    session = connect()
    own = existing(session.get("Shot", shot.id))
    results: list[CopyResult] = []
    threads = [
        threading.Thread(target=lambda: results.append(session.copy(own, include="all", values={"name": "threads"})))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({result.entity for result in results}) == 1
    assert sorted(result.created > 0 for result in results) == [False, False, False, True]


def test_a_copy_that_another_user_deleted_is_made_again(session: Session, other: Session, shot: Entity) -> None:
    first = session.copy(shot, include="all", values={"name": "deleted"})
    other.delete(existing(other.get("Shot", first.entity.id)))
    other.commit()
    second = session.copy(shot, include="all", values={"name": "deleted"})
    assert (dict(second), second.created) == (dict(first), first.created)
    assert inspect(first.entity).state is Lifecycle.DELETED
    assert second.entity is not first.entity
    assert contents(other, second[shot]) == contents(other, shot.id)
    # A version loses the task that it belongs to, and copies that exist are left as they are.
    task = next(child for child in shot.children if child.name != "task00")
    other.delete(existing(other.get("Task", second[task])))
    other.commit()
    assert session.copy(shot, include="all", values={"name": "deleted"}).created > 0
    assert contents(other, second[shot]) == contents(other, shot.id)


class Interrupted(Exception):
    """Ends a copy after one of its requests."""


@settings(max_examples=examples(2, 30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_copy_is_completed_after_any_interruption(
    connect: Connect, other: Session, production: Production, shot: Entity, data: st.DataObject
) -> None:
    """After any part of a copy, of any size and with any parts included, the same call completes the same copy."""
    include = data.draw(st.lists(st.sampled_from(PARTS), unique=True))
    size = data.draw(st.integers(1, 12))
    ends_after = data.draw(st.integers(1, 12))
    session = connect()
    own = existing(session.get("Shot", shot.id))
    destination = existing(session.get("Sequence", production.sequences[1]))
    name = f"copy{data.draw(st.uuids())}"
    done = 0

    def interrupt(*_: int) -> None:
        nonlocal done
        done += 1
        if done == ends_after:
            raise Interrupted

    try:
        session.copy(own, destination, include=include, values={"name": name}, batch_size=size, on_progress=interrupt)
    except Interrupted:
        assert session.created == []
    result = session.copy(own, destination, include=include, values={"name": name})
    complete = session.copy(own, destination, include=include, values={"name": f"{name}_2"})
    assert len(result) == len(complete)
    assert contents(other, result[own]) == contents(other, complete[own])
    if set(include) == set(PARTS):
        assert contents(other, result[own]) == contents(other, own.id)
    assert session.copy(own, destination, include=include, values={"name": name}).created == 0
