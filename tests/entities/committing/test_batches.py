"""Committing in several requests: borders where the server can carry out what comes before, and what stays of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm import errors, inspect
from ftrack_orm.entities.committing.planning import Creation, group_creations
from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.testing import requests_made
from ftrack_orm.values import Reference


@pytest.fixture
def shot(session, production):
    return session.get("Shot", production.shots[0])


def test_a_commit_is_cut_into_requests_of_the_size_and_tells_its_progress(session, other, production, shot):
    tasks = [session.create("Task", name=f"new{n}", parent=shot) for n in range(7)]
    told = []
    with requests_made(session) == 3:
        assert session.commit(batch_size=3, on_progress=lambda *numbers: told.append(numbers)) == 7
    assert told == [(3, 7), (6, 7), (7, 7)]
    assert session.plan() == []
    assert all(other.get("Task", task.id) is not None for task in tasks)


def test_without_a_size_all_goes_in_one_request_and_progress_is_told_once(session, shot):
    for n in range(7):
        session.create("Task", name=f"new{n}", parent=shot)
    told = []
    with requests_made(session) == 1:
        session.commit(on_progress=lambda *numbers: told.append(numbers))
    assert told == [(7, 7)]


def test_each_batch_can_be_carried_out_on_its_own_whatever_the_order_of_creation(session, other, production):
    sequence, shot, task = (session.create(kind, name=f"new {kind}") for kind in ("Sequence", "Shot", "Task"))
    task.parent = shot
    shot.parent = sequence
    sequence.parent = session.get("Project", production.project)
    task.metadata["a"] = "1"
    gone = session.get("Task", production.tasks[0])
    session.delete(gone)
    session.commit(batch_size=1)
    seen = other.get("Task", task.id)
    assert seen.parent.parent.name == "new Sequence"
    assert dict(seen.metadata) == {"a": "1"}
    assert other.get("Task", gone.id) is None


def test_children_are_deleted_in_batches_before_their_parents(session, other, production, shot):
    tasks = session.query("Task").where(f'parent_id is "{shot.id}"').select("parent_id").all()
    for entity in (shot, *tasks):
        session.delete(entity)
    session.commit(batch_size=1)
    assert inspect(shot).state is Lifecycle.DELETED
    assert other.get("Shot", shot.id) is None


def test_when_a_batch_is_refused_those_before_it_stay_done_and_the_rest_stays_recorded(
    session, other, production, shot
):
    first = session.create("Task", name="first", parent=shot)
    project = session.get("Project", production.project)
    twin = session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)
    task = session.get("Task", production.tasks[0])
    task.bid = 17
    told = []
    with pytest.raises(errors.IntegrityError):
        session.commit(batch_size=1, on_progress=lambda *numbers: told.append(numbers))
    assert told == [(1, 3)]
    assert inspect(first).state is Lifecycle.PERSISTENT
    assert (session.created, session.modified) == ([twin], [task])
    assert other.get("Task", first.id).name == "first"
    assert other.get("Task", task.id).bid == 0
    twin.name += " twin"
    assert session.commit(batch_size=1) == 2
    with other.begin():
        other.delete(other.get("Project", twin.id))


def test_what_is_called_back_during_a_commit_can_neither_commit_nor_roll_back(session, shot):
    for n in range(2):
        session.create("Task", name=f"new{n}", parent=shot)
    refused = []

    def interfere(done, total):
        for action in (session.commit, session.rollback):
            with pytest.raises(errors.UsageError, match="is committing"):
                action()
            refused.append(done)

    assert session.commit(batch_size=1, on_progress=interfere) == 2
    assert refused == [1, 1, 2, 2]
    assert session.commit() == 0


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "2"])
def test_a_size_that_is_none_is_refused(session, shot, size):
    session.create("Task", name="new", parent=shot)
    with requests_made(session) == 0, pytest.raises(errors.InvalidValue, match="batch_size"):
        session.commit(batch_size=size)
    assert len(session.created) == 1


def _creation(number, needs):
    references = {f"to{n}": Reference("Task", (("id", f"id{n}"),)) for n in needs}
    return Creation(Reference("Task", (("id", f"id{number}"),)), {"id": f"id{number}", **references})


def test_what_refers_to_each_other_in_a_circle_is_not_parted():
    creations = [_creation(0, [1]), _creation(1, [2]), _creation(2, [1]), _creation(3, [0])]
    groups = [sorted(c.reference.id for c in group) for group in group_creations(creations)]
    assert groups == [["id1", "id2"], ["id0"], ["id3"]]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=6, max_size=6))
def test_no_group_needs_a_later_one_and_nothing_is_left_out(needs):
    creations = [_creation(n, needed) for n, needed in enumerate(needs)]
    groups = group_creations(creations)
    assert sorted(c.reference.id for group in groups for c in group) == [f"id{n}" for n in range(6)]
    there = set()
    for group in groups:
        there |= {creation.reference.id for creation in group}
        for creation in group:
            assert {value.id for value in creation.data.values() if isinstance(value, Reference)} <= there
