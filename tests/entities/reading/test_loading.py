"""Loading missing values when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production
from tests.stateful.oracle import plain

from .tasks import query_tasks


def test_a_loaded_value_costs_no_request(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production, "name")
    with requests_made(session) as made:
        assert [task.name for task in tasks] == [f"task{n:02}" for n in range(12)]
    assert made == 0


def test_a_missing_scalar_loads_the_row_of_all_peers(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production, "name")
    with requests_made(session) as made:
        assert [task.bid for task in tasks] == list(range(12))
        assert {task.description for task in tasks} == {None}
        assert {task.priority_id for task in tasks} != {None}
    assert made == 1


def test_each_hop_takes_one_request_for_the_whole_result(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production)
    with requests_made(session) as made:
        names = {(task.parent.name, task.parent.parent.name) for task in tasks}
    assert names == {("sh0", "sq0"), ("sh1", "sq0"), ("sh2", "sq1"), ("sh3", "sq1")}
    assert made == 2


def test_a_reference_is_loaded_with_the_row_of_its_target(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production)
    with requests_made(session) as made:
        assert all(task.status.name and task.status.color and task.status.sort is not None for task in tasks)
    assert made == 1


def test_a_target_in_memory_is_not_requested(session: Session, production: Production) -> None:
    project = existing(session.get("Project", production.project))
    tasks = query_tasks(session, production, "name", "project_id")
    with requests_made(session) as made:
        assert all(task.project is project for task in tasks)
    assert made == 0


def test_an_empty_key_makes_an_empty_reference_without_a_request(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production, "thumbnail_id")
    with requests_made(session) as made:
        assert {task.thumbnail for task in tasks} == {None}
    assert made == 0


def test_targets_known_by_key_are_requested_once_each(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production, "parent_id")
    sent: list[Any] = []
    session.observe(lambda exchange: sent.extend(exchange.operations))
    assert {task.parent.name for task in tasks} == {"sh0", "sh1", "sh2", "sh3"}
    (query,) = sent
    assert sorted(id for id in production.shots if id in query.expression) == sorted(production.shots)


def test_a_collection_is_loaded_for_all_peers_in_one_request(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production)
    with requests_made(session) as made:
        assert [list(task.notes) for task in tasks] == [[]] * 12
    assert made == 1
    shots = session.query("Shot").where(f'project_id is "{production.project}"').all()
    with requests_made(session) as made:
        assert sorted(len(shot.children) for shot in shots) == [3, 3, 3, 3]
        assert all(child.name for shot in shots for child in shot.children)
    assert made == 1


def test_a_collection_of_mixed_types_holds_entities_of_their_own_types(
    session: Session, production: Production
) -> None:
    project = existing(session.get("Project", production.project))
    assert {type(child).__name__ for child in project.children} == {"Sequence"}
    assert {type(child).__name__ for child in project.descendants} == {"Sequence", "Shot", "Task"}
    assert len(project.descendants) == 18


def test_mode_one_loads_for_one_entity_only(connect: Connect, production: Production) -> None:
    session = connect(fetch="one")
    tasks = query_tasks(session, production, "name")
    with requests_made(session) as made:
        assert [tasks[0].bid, tasks[1].bid] == [0, 1]
    assert made == 2


def test_mode_never_uses_memory_only_and_names_the_projection_to_add(connect: Connect, production: Production) -> None:
    session = connect(fetch="never")
    project = existing(session.get("Project", production.project))
    tasks = query_tasks(session, production, "name", "project_id")
    with requests_made(session) as made:
        assert tasks[0].name == "task00"
        assert tasks[0].project is project
        with pytest.raises(errors.NotFetched, match=r"Task\.bid .* \.select\(Task\.bid\)"):
            _ = tasks[0].bid
        assert getattr(tasks[0], "bid", "absent") == "absent"
    assert made == 0


def test_the_mode_of_a_block_overrides_others_until_its_end(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production, "name")
    with session.fetching("never"), pytest.raises(errors.NotFetched):
        _ = tasks[0].bid
    assert tasks[0].bid == 0


def test_more_entities_than_one_expression_holds_take_one_request(
    connect: Connect, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_orm.entities.row_queries.IDS_PER_QUERY", 5)
    session = connect()
    tasks = query_tasks(session, production, "name")
    with requests_made(session) as made:
        assert [task.bid for task in tasks] == list(range(12))
    assert made == 1
    assert made.operations == 3


def test_loading_an_entity_that_another_user_deleted_is_an_error(
    session: Session, other: Session, production: Production
) -> None:
    tasks = query_tasks(session, production, "name")
    other.delete(existing(other.get("Task", production.tasks[3])))
    other.commit()
    with pytest.raises(errors.EntityDeleted, match="any more"):
        _ = tasks[3].bid
    # The other tasks can still be loaded.
    assert tasks[4].bid == 4


def test_computed_attributes_are_loaded_alone(session: Session, production: Production) -> None:
    tasks = query_tasks(session, production, "name")
    with requests_made(session) as made:
        assert [part["name"] for part in tasks[0].link] == [production.name, "sq0", "sh0", "task00"]
        assert tasks[5].link[-1]["name"] == "task05"
    assert made == 1
    assert "bid" not in inspect(tasks[0]).loaded


def test_restricted_attributes_cannot_be_read(session: Session, production: Production) -> None:
    with pytest.raises(errors.UsageError, match="criteria only"):
        _ = existing(session.get("Task", production.tasks[0])).custom_attribute_links


def test_ancestors_come_nearest_first(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    assert [entity.name for entity in task.ancestors] == ["sh0", "sq0"]


def test_an_unknown_attribute_is_refused_with_a_suggestion_without_a_request(
    session: Session, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    with requests_made(session) as made:
        with pytest.raises(errors.UnknownAttribute, match="Did you mean 'status'"):
            _ = task.statsu
        with pytest.raises(KeyError):
            task["statsu"]
        with pytest.raises(AttributeError):
            task.statsu = None
        assert not hasattr(task, "statsu")
    assert made == 0


def test_the_mode_of_a_block_does_not_apply_to_other_sessions(
    session: Session, other: Session, production: Production
) -> None:
    task = other.query("Task").where(id=production.tasks[1]).select("name").one()
    with session.fetching("never"):
        assert task.bid == 1


def test_the_items_of_a_collection_refer_back_to_its_owner(session: Session, production: Production) -> None:
    shot = session.query("Shot").where(id=production.shots[0]).select("children").one()
    with requests_made(session) as made:
        assert all(child.parent is shot for child in shot.children)
    assert made == 0


def test_entities_reached_from_the_results_of_a_query_inherit_its_mode(
    connect: Connect, production: Production
) -> None:
    session = connect(fetch="never")
    Task = session.types.Task
    task = session.query(Task).where(Task.id == production.tasks[0]).fetching("peers").select(Task.name).one()
    assert task.bid == 0
    assert list(task.notes) == []
    assert task.parent.parent.name == "sq0"


def test_twenty_tasks_and_their_names_bids_and_statuses_cost_four_requests_from_a_cold_start(
    connect: Connect, production: Production, tmp_path: Path
) -> None:
    """The official client makes 62 requests for this."""
    session = connect(schema_cache_path=tmp_path)
    with requests_made(session) as made:
        tasks = session.query("Task").limit(20).all()
        assert [(task.name, task.bid, task.status.name) for task in tasks]
    assert made <= 4


@pytest.mark.parametrize("name", ["name", "status", "link", "metadata", "children", "custom_attributes"])
def test_a_value_that_changes_during_each_request_is_the_one_that_the_server_had_then(
    session: Session, other: Session, production: Production, name: str
) -> None:
    key = production.shots[0] if name == "children" else production.tasks[0]
    kind = "Shot" if name == "children" else "Task"
    entity, theirs = existing(session.get(kind, key)), existing(other.get(kind, key))
    getattr(entity, name)
    session.expire(entity, name)
    session.observe(lambda exchange: session._workspace.expiry.expire_all())
    assert plain(getattr(entity, name)) == plain(getattr(theirs, name))
