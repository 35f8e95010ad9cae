"""Committing in several requests, each of which the server can carry out after the ones before it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.committing.planning import Creation, group_creations
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.testing import requests_made
from ftrack_orm.values import Reference
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def shot(session: Session, production: Production) -> Entity | None:
    return existing(session.get("Shot", production.shots[0]))


def test_a_commit_is_divided_into_requests_of_the_size_and_reports_progress(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    tasks = [session.create("Task", name=f"new{n}", parent=shot) for n in range(7)]
    progress = []
    with requests_made(session) == 3:
        assert session.commit(batch_size=3, on_progress=lambda *numbers: progress.append(numbers)) == 7
    assert progress == [(3, 7), (6, 7), (7, 7)]
    assert session.plan() == []
    assert all(other.get("Task", task.id) is not None for task in tasks)


def test_without_a_size_there_is_one_request_and_one_report_of_progress(session: Session, shot: Entity) -> None:
    for n in range(7):
        session.create("Task", name=f"new{n}", parent=shot)
    progress = []
    with requests_made(session) == 1:
        session.commit(on_progress=lambda *numbers: progress.append(numbers))
    assert progress == [(7, 7)]


def test_each_batch_can_be_carried_out_on_its_own_whatever_the_order_of_creation(
    session: Session, other: Session, production: Production
) -> None:
    sequence, shot, task = (session.create(kind, name=f"new {kind}") for kind in ("Sequence", "Shot", "Task"))
    task.parent = shot
    shot.parent = sequence
    sequence.parent = existing(session.get("Project", production.project))
    task.metadata["a"] = "1"
    deleted = existing(session.get("Task", production.tasks[0]))
    session.delete(deleted)
    session.commit(batch_size=1)
    saved = existing(other.get("Task", task.id))
    assert saved.parent.parent.name == "new Sequence"
    assert dict(saved.metadata) == {"a": "1"}
    assert other.get("Task", deleted.id) is None


def test_children_are_deleted_in_batches_before_their_parents(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    tasks = session.query("Task").where(f'parent_id is "{shot.id}"').select("parent_id").all()
    for entity in (shot, *tasks):
        session.delete(entity)
    session.commit(batch_size=1)
    assert inspect(shot).state is Lifecycle.DELETED
    assert other.get("Shot", shot.id) is None


def test_when_a_batch_is_refused_earlier_ones_stay_saved_and_the_rest_stays_recorded(
    session: Session, other: Session, production: Production, shot: Entity
) -> None:
    first = session.create("Task", name="first", parent=shot)
    project = existing(session.get("Project", production.project))
    twin = session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)
    task = existing(session.get("Task", production.tasks[0]))
    task.bid = 17
    progress = []
    with pytest.raises(errors.IntegrityError):
        session.commit(batch_size=1, on_progress=lambda *numbers: progress.append(numbers))
    assert progress == [(1, 3)]
    assert inspect(first).state is Lifecycle.PERSISTENT
    assert (session.created, session.modified) == ([twin], [task])
    assert existing(other.get("Task", first.id)).name == "first"
    assert existing(other.get("Task", task.id)).bid == 0
    twin.name += " twin"
    assert session.commit(batch_size=1) == 2
    with other.begin():
        other.delete(existing(other.get("Project", twin.id)))


def test_a_callback_of_a_commit_can_neither_commit_nor_roll_back(session: Session, shot: Entity) -> None:
    for n in range(2):
        session.create("Task", name=f"new{n}", parent=shot)
    refused = []

    def interfere(done: int, total: int) -> None:
        for action in (session.commit, session.rollback):
            with pytest.raises(errors.UsageError, match="is committing"):
                action()
            refused.append(done)

    assert session.commit(batch_size=1, on_progress=interfere) == 2
    assert refused == [1, 1, 2, 2]
    assert session.commit() == 0


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "2"])
def test_an_invalid_size_is_refused(session: Session, shot: Entity, size: Any) -> None:
    session.create("Task", name="new", parent=shot)
    with requests_made(session) == 0, pytest.raises(errors.InvalidValue, match="batch_size"):
        session.commit(batch_size=size)
    assert len(session.created) == 1


def _creation(number: int, referenced: list[int]) -> Creation:
    references = {f"to{n}": Reference("Task", (("id", f"id{n}"),)) for n in referenced}
    return Creation(Reference("Task", (("id", f"id{number}"),)), {"id": f"id{number}", **references})


def test_creations_that_refer_to_each_other_in_a_cycle_stay_together() -> None:
    creations = [_creation(0, [1]), _creation(1, [2]), _creation(2, [1]), _creation(3, [0])]
    groups = [sorted(c.reference.id for c in group) for group in group_creations(creations)]
    assert groups == [["id1", "id2"], ["id0"], ["id3"]]


@given(st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=6, max_size=6))
def test_no_group_refers_to_a_later_one_and_no_creation_is_missing(references: list[list[int]]) -> None:
    creations = [_creation(n, numbers) for n, numbers in enumerate(references)]
    groups = group_creations(creations)
    assert sorted(c.reference.id for group in groups for c in group) == [f"id{n}" for n in range(6)]
    earlier = set()
    for group in groups:
        earlier |= {creation.reference.id for creation in group}
        for creation in group:
            assert {value.id for value in creation.data.values() if isinstance(value, Reference)} <= earlier
