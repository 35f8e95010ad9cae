"""Values of given entities are loaded, read again, discarded and copied by methods of a session."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftrack_orm import Session, Snapshot, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production

PATHS = "name, bid, status.name, parent.name, parent.parent.name, assignments.resource.username, metadata"


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    return session.query("Task").where(project_id=production.project).order_by("name").select("name").all()


def test_paths_are_loaded_once_and_read_without_a_request(session: Session, tasks: list[Entity]) -> None:
    with requests_made(session) as made:
        snapshots = session.snapshot(tasks, PATHS)
    assert made.count in (1, 2)
    with requests_made(session) as made:
        assert [each.name for each in snapshots] == [task.name for task in tasks]
        assert snapshots[0].parent.parent.name == snapshots[0]["parent"]["parent"]["name"] == "sq0"
        assert session.snapshot(tasks, PATHS) == snapshots
    assert made == 0


def test_without_paths_the_loaded_values_are_taken_without_a_request(session: Session, tasks: list[Entity]) -> None:
    tasks[0].bid = 77
    with requests_made(session) as made:
        snapshot = session.snapshot(tasks[0])
    assert made == 0
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.name, snapshot.bid) == ("task00", 77)
    with pytest.raises(errors.UnknownAttribute, match=r"session\.snapshot\(entities, 'description'\)"):
        snapshot.description  # noqa: B018  # the access is tested


def test_a_snapshot_does_not_follow_its_entity(session: Session, tasks: list[Entity]) -> None:
    task = tasks[0]
    session.populate(task, "metadata", "parent.children")
    snapshot = session.snapshot(task)
    task.name, task.metadata["a"] = "renamed", "1"
    task.parent.children.clear()
    assert (snapshot.name, dict(snapshot.metadata)) == ("task00", {})
    session.rollback()
    session.close()
    assert snapshot.name == "task00"


def test_a_snapshot_crosses_threads_and_processes(session: Session, tasks: list[Entity]) -> None:
    snapshots = session.snapshot(tasks, PATHS)
    with ThreadPoolExecutor(2) as executor:
        assert list(executor.map(lambda each: each.parent.name, snapshots)) == [task.parent.name for task in tasks]
    program = (
        "import pickle, sys; snapshots = pickle.load(sys.stdin.buffer); "
        "print(*[(each.name, each.parent.parent.name, dict(each.metadata)) for each in snapshots][:2]); "
        "print(any(name.startswith('ftrack_orm.session') for name in sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(snapshots), capture_output=True, check=True
    )
    assert result.stdout.decode().splitlines() == ["('task00', 'sq0', {}) ('task01', 'sq0', {})", "False"]


def test_a_snapshot_stands_for_its_entity_in_criteria(session: Session, other: Session, tasks: list[Entity]) -> None:
    snapshot = pickle.loads(pickle.dumps(session.snapshot(tasks[0], "parent.name")))
    Task = other.types.Task
    assert other.query(Task).where(Task.parent == snapshot.parent).count() == 3
    assert other.query(Task).where(parent=snapshot.parent).count() == 3
    assert other.get(snapshot.__entity_type__, snapshot.id) is not None


def test_entities_of_several_types_have_the_paths_of_their_types(session: Session, production: Production) -> None:
    shot, user = existing(session.get("Shot", production.shots[0])), existing(session.query("User").first())
    of_shot, of_user = session.snapshot([shot, user], "name", "username")
    assert (dict(of_shot).keys() >= {"id", "name"}, "username" in of_shot) == (True, False)
    assert ("username" in of_user, "name" in of_user) == (True, False)
    with pytest.raises(errors.UnknownAttribute, match="Did you mean 'status'"):
        session.snapshot(shot, "statsu")


def test_snapshots_are_taken_while_other_threads_edit(session: Session, tasks: list[Entity]) -> None:
    """A snapshot is one moment: name and description are set together, under one unit of work."""
    done = threading.Event()

    def edit() -> None:
        for number in range(200):
            for task in tasks:
                task.metadata[f"{number % 7}"] = str(number)
                task.bid = number
        done.set()

    editor = threading.Thread(target=edit)
    session.populate(tasks, "metadata", "bid")
    editor.start()
    while not done.is_set():
        for snapshot in session.snapshot(tasks):
            assert len(snapshot.metadata) <= 7
    editor.join()
    assert {snapshot.bid for snapshot in session.snapshot(tasks)} == {199}
