"""Snapshots have the values at their paths, or those that are loaded, and share what entities share."""

from __future__ import annotations

import pytest

from ftrack_orm import NOT_LOADED, Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.reading.snapshots import frozen
from ftrack_orm.entities.snapshot import FrozenMapping
from ftrack_orm.testing import requests_made
from tests.production import Production


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    return session.query("Task").where(project_id=production.project).order_by("name").select("name").all()


def test_a_path_has_the_values_on_its_way_and_no_others(session: Session, tasks: list[Entity]) -> None:
    (snapshot,) = session.snapshot(tasks[:1], "parent.name")
    assert set(dict(snapshot)) == {"id", "parent"}
    assert dict(snapshot.parent) == {"id": tasks[0].parent.id, "name": "sh0"}


def test_a_relation_at_the_end_of_a_path_has_its_loaded_values(session: Session, tasks: list[Entity]) -> None:
    snapshot = session.snapshot(tasks[0], "status", "parent.children")
    assert snapshot.status.name == tasks[0].status.name
    assert {child.name for child in snapshot.parent.children} == {"task00", "task01", "task02"}
    assert isinstance(snapshot.parent.children, tuple)


def test_entities_that_are_shared_are_taken_once(session: Session, tasks: list[Entity]) -> None:
    snapshots = session.snapshot(tasks, "status.name", "parent.name")
    assert len({id(snapshot.status) for snapshot in snapshots}) == 1
    assert len({id(snapshot.parent) for snapshot in snapshots}) == 4


def test_without_paths_related_entities_come_without_their_relations(session: Session, tasks: list[Entity]) -> None:
    session.populate(tasks, "parent.children, parent.parent, metadata")
    with requests_made(session) as made:
        snapshot = session.snapshot(tasks[0])
    assert made == 0
    assert snapshot.parent.id == tasks[0].parent.id
    assert "children" not in snapshot.parent
    assert isinstance(snapshot.metadata, FrozenMapping)


def test_values_that_are_not_loaded_and_stale_ones_are_left_out(session: Session, tasks: list[Entity]) -> None:
    children = tasks[0].parent.children
    assert len(children) == 3
    session.expire(tasks[0].parent, "children")
    with requests_made(session) as made:
        assert "children" not in session.snapshot(tasks[0].parent)
        session.expire(tasks[0])
        assert dict(session.snapshot(tasks[0])) == {"id": tasks[0].id}
    assert made == 0


def test_entities_that_are_new_or_deleted_have_the_values_of_the_session(session: Session, tasks: list[Entity]) -> None:
    new = session.create("Task", name="new", parent=tasks[0].parent)
    assert session.snapshot(new, "name, bid, parent.name, metadata").parent.name == "sh0"
    assert session.snapshot(new).name == "new"
    session.delete(tasks[1])
    session.commit()
    assert session.snapshot(tasks[1]).name == "task01"
    with pytest.raises(errors.EntityDeleted):
        session.snapshot(tasks[1], "assignments.resource.username")


def test_the_fetch_mode_never_does_not_forbid_paths(session: Session, tasks: list[Entity]) -> None:
    with session.fetching("never"):
        assert session.snapshot(tasks[0], "status.name").status.name
        with pytest.raises(errors.NotFetched):
            tasks[0].description  # noqa: B018  # the access is tested


def test_a_closed_session_gives_the_values_that_are_loaded(session: Session, tasks: list[Entity]) -> None:
    session.close()
    assert session.snapshot(tasks[0]).name == "task00"
    with pytest.raises(errors.SessionClosed):
        session.snapshot(tasks[0], "description")


def test_an_aggregate_is_no_path(session: Session, tasks: list[Entity]) -> None:
    with pytest.raises(errors.QueryError, match="not the aggregate count"):
        session.snapshot(tasks, session.types.Task.id.count())


def test_json_values_are_frozen_at_any_depth() -> None:
    value = frozen({"a": [1, {"b": [2]}], "c": None})
    assert value == {"a": (1, {"b": (2,)}), "c": None}
    assert hash(value) == hash(frozen({"c": None, "a": [1, {"b": [2]}]}))
    assert NOT_LOADED not in value.values()
