"""What reading a missing value asks the server, and for whom."""

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.testing import requests_made


def tasks_of(session, production, *projections):
    Task = session.types.Task
    return session.query(Task).where(Task.project_id == production.project).select(*projections).order_by("name").all()


def test_a_loaded_value_costs_no_request(session, production):
    tasks = tasks_of(session, production, "name")
    with requests_made(session) as made:
        assert [task.name for task in tasks] == [f"task{n:02}" for n in range(12)]
    assert made == 0


def test_one_missing_scalar_brings_the_whole_row_for_everything_that_arrived_with_it(session, production):
    tasks = tasks_of(session, production, "name")
    with requests_made(session) as made:
        assert [task.bid for task in tasks] == list(range(12))
        assert {task.description for task in tasks} == {None}
        assert {task.priority_id for task in tasks} != {None}
    assert made == 1


def test_each_hop_of_a_walk_is_one_request_for_the_whole_result(session, production):
    tasks = tasks_of(session, production)
    with requests_made(session) as made:
        names = {(task.parent.name, task.parent.parent.name) for task in tasks}
    assert names == {("sh0", "sq0"), ("sh1", "sq0"), ("sh2", "sq1"), ("sh3", "sq1")}
    assert made == 2


def test_a_reference_comes_with_the_row_of_what_it_leads_to(session, production):
    tasks = tasks_of(session, production)
    with requests_made(session) as made:
        assert all(task.status.name and task.status.color and task.status.sort is not None for task in tasks)
    assert made == 1


def test_what_is_known_by_its_key_is_not_asked_for(session, production):
    project = session.get("Project", production.project)
    tasks = tasks_of(session, production, "name", "project_id")
    with requests_made(session) as made:
        assert all(task.project is project for task in tasks)
    assert made == 0


def test_a_key_that_is_empty_makes_an_empty_reference_without_asking(session, production):
    tasks = tasks_of(session, production, "thumbnail_id")
    with requests_made(session) as made:
        assert {task.thumbnail for task in tasks} == {None}
    assert made == 0


def test_targets_known_by_key_are_asked_for_once_each(session, production):
    tasks = tasks_of(session, production, "parent_id")
    asked = []
    session.observe(lambda exchange: asked.extend(exchange.operations))
    assert {task.parent.name for task in tasks} == {"sh0", "sh1", "sh2", "sh3"}
    (query,) = asked
    assert sorted(id for id in production.shots if id in query.expression) == sorted(production.shots)


def test_a_collection_is_loaded_for_all_peers_in_one_request_and_is_empty_where_nothing_is(session, production):
    tasks = tasks_of(session, production)
    with requests_made(session) as made:
        assert [list(task.notes) for task in tasks] == [[]] * 12
    assert made == 1
    shots = session.query("Shot").where(f'project_id is "{production.project}"').all()
    with requests_made(session) as made:
        assert sorted(len(shot.children) for shot in shots) == [3, 3, 3, 3]
        assert all(child.name for shot in shots for child in shot.children)
    assert made == 1


def test_a_collection_of_mixed_types_holds_entities_of_their_own_types(session, production):
    project = session.get("Project", production.project)
    assert {type(child).__name__ for child in project.children} == {"Sequence"}
    assert {type(child).__name__ for child in project.descendants} == {"Sequence", "Shot", "Task"}
    assert len(project.descendants) == 18


def test_peers_of_mixed_types_are_loaded_by_the_type_they_share(session, production):
    found = session.query("TypedContext").where(f'project_id is "{production.project}"').select("name").all()
    assert len({type(entity).__name__ for entity in found}) == 3
    with requests_made(session) as made:
        assert sum(entity.bid for entity in found) == sum(range(12))
        assert all(entity.status is not None for entity in found)
    assert made == 2


def test_mode_one_loads_for_one_entity_only(connect, production):
    session = connect(fetch="one")
    tasks = tasks_of(session, production, "name")
    with requests_made(session) as made:
        assert [tasks[0].bid, tasks[1].bid] == [0, 1]
    assert made == 2


def test_mode_never_answers_from_memory_and_otherwise_names_the_projection_to_add(connect, production):
    session = connect(fetch="never")
    project = session.get("Project", production.project)
    tasks = tasks_of(session, production, "name", "project_id")
    with requests_made(session) as made:
        assert tasks[0].name == "task00"
        assert tasks[0].project is project
        with pytest.raises(errors.NotFetched, match=r"Task\.bid .* \.select\(Task\.bid\)"):
            _ = tasks[0].bid
        assert getattr(tasks[0], "bid", "absent") == "absent"
    assert made == 0


def test_the_mode_of_a_block_wins_and_ends_with_it(session, production):
    tasks = tasks_of(session, production, "name")
    with session.fetching("never"), pytest.raises(errors.NotFetched):
        _ = tasks[0].bid
    assert tasks[0].bid == 0


def test_more_entities_than_fit_one_expression_still_take_one_request(connect, production, monkeypatch):
    monkeypatch.setattr("ftrack_orm.entities.row_queries.IDS_PER_QUERY", 5)
    session = connect()
    tasks = tasks_of(session, production, "name")
    with requests_made(session) as made:
        assert [task.bid for task in tasks] == list(range(12))
    assert made == 1
    assert made.operations == 3


def test_an_entity_deleted_by_somebody_else_says_so(session, other, production):
    tasks = tasks_of(session, production, "name")
    other.delete(other.get("Task", production.tasks[3]))
    other.commit()
    with pytest.raises(errors.EntityDeleted, match="any more"):
        _ = tasks[3].bid
    # The others are not held up by it.
    assert tasks[4].bid == 4


def test_computed_attributes_are_loaded_alone(session, production):
    tasks = tasks_of(session, production, "name")
    with requests_made(session) as made:
        assert [part["name"] for part in tasks[0].link] == [production.name, "sq0", "sh0", "task00"]
        assert tasks[5].link[-1]["name"] == "task05"
    assert made == 1
    assert "bid" not in inspect(tasks[0]).loaded


def test_restricted_attributes_say_that_they_cannot_be_read(session, production):
    with pytest.raises(errors.UsageError, match="criteria only"):
        _ = session.get("Task", production.tasks[0]).custom_attribute_links


def test_ancestors_come_nearest_first(session, production):
    task = session.get("Task", production.tasks[0])
    assert [entity.name for entity in task.ancestors] == ["sh0", "sq0"]


def test_an_unknown_attribute_is_refused_with_a_suggestion_and_no_request(session, production):
    task = session.get("Task", production.tasks[0])
    with requests_made(session) as made:
        with pytest.raises(errors.UnknownAttribute, match="Did you mean 'status'"):
            _ = task.statsu
        with pytest.raises(KeyError):
            task["statsu"]
        with pytest.raises(AttributeError):
            task.statsu = None
        assert not hasattr(task, "statsu")
    assert made == 0


def test_peers_that_were_dropped_are_not_loaded(connect, production):
    session = connect(recent_size=0)
    first, *rest = tasks_of(session, production, "name")
    del rest
    asked = []
    session.observe(lambda exchange: asked.extend(exchange.operations))
    assert first.bid == 0
    (query,) = asked
    assert [id for id in production.tasks if id in query.expression] == [first.id]


def test_a_walk_over_entities_known_from_elsewhere_is_still_one_request_for_each_hop(connect, production):
    session = connect()
    shots = [session.query("Shot").where(id=key).select("name").one() for key in production.shots]
    tasks = tasks_of(session, production, "name", "parent_id")
    with requests_made(session) as made:
        assert [task.parent for task in tasks[::3]] == shots
        assert {task.parent.parent.name for task in tasks} == {"sq0", "sq1"}
    assert made == 1


def test_entities_partly_known_and_partly_loaded_go_on_together(connect, production):
    session = connect()
    known = session.query("Shot").where(id=production.shots[0]).select("name").one()
    tasks = tasks_of(session, production, "name")
    with requests_made(session) as made:
        assert tasks[0].parent is known
        assert len({task.parent.parent for task in tasks}) == 2
    assert made == 2


def test_the_mode_of_a_block_does_not_bind_other_sessions(session, other, production):
    task = other.query("Task").where(id=production.tasks[1]).select("name").one()
    with session.fetching("never"):
        assert task.bid == 1


def test_the_items_of_a_collection_know_whose_they_are(session, production):
    shot = session.query("Shot").where(id=production.shots[0]).select("children").one()
    with requests_made(session) as made:
        assert all(child.parent is shot for child in shot.children)
    assert made == 0


def test_entities_known_by_key_only_are_loaded_with_the_first_of_them_that_is_read(session, production):
    first, second = (
        session.query("Task").where(id=key).select("parent.id").one()
        for key in (production.tasks[0], production.tasks[4])
    )
    with requests_made(session) as made:
        assert first.parent.name == "sh0"
        assert second.parent.name == "sh1"
    assert made == 1


def test_the_mode_of_a_query_goes_on_to_what_is_reached_from_its_results(connect, production):
    session = connect(fetch="never")
    Task = session.types.Task
    task = session.query(Task).where(Task.id == production.tasks[0]).fetching("peers").select(Task.name).one()
    assert task.bid == 0
    assert list(task.notes) == []
    assert task.parent.parent.name == "sq0"


def test_twenty_tasks_and_their_names_bids_and_statuses_cost_four_requests_from_a_cold_start(
    connect, production, tmp_path
):
    """The official client makes 62 requests for this."""
    session = connect(schema_cache_path=tmp_path)
    with requests_made(session) as made:
        tasks = session.query("Task").limit(20).all()
        assert [(task.name, task.bid, task.status.name) for task in tasks]
    assert made <= 4
