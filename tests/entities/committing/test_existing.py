"""Existing entities are found with one query, as one query for each of them would find them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors
from ftrack_orm.entities.committing import existing as existing_module
from ftrack_orm.entities.committing.existing import ExistingEntities
from ftrack_orm.entities.committing.identifying import wanted_entities
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport, body_of
from tests.production import Connect, Production
from tests.property_settings import IN_FULL, examples


def queries_of(session: Session) -> list[str]:
    """Return the list to which the expressions of later queries are added."""
    expressions: list[str] = []
    session.observe(lambda exchange: expressions.extend(each.summary for each in exchange.operations))
    return expressions


@pytest.fixture
def shots(session: Session, production: Production) -> list[Entity]:
    return [existing(session.get("Shot", key)) for key in production.shots]


def test_all_rows_of_all_parents_are_found_with_one_query(
    session: Session, production: Production, shots: list[Entity]
) -> None:
    data = [{"name": f"TASK{n:02}", "parent": shots[n // 3], "bid": n} for n in range(12)]
    queries = queries_of(session)
    with requests_made(session) == 1:
        tasks = session.ensure_many("Task", data, ["name", "parent"])
    assert [task.id for task in tasks] == production.tasks
    (query,) = queries
    assert query.count(" or ") == 3  # an alternative for each shot
    assert query.endswith("limit 13")


def test_the_attribute_with_the_most_values_is_listed(
    session: Session, production: Production, shots: list[Entity]
) -> None:
    queries = queries_of(session)
    session.ensure_many("Task", [{"name": "lookdev", "parent": shot} for shot in shots], ["name", "parent"])
    assert 'name is "lookdev" and parent_id in (' in queries[0]
    assert " or " not in queries[0]


def test_many_rows_bring_the_values_of_their_data_only(
    session: Session, production: Production, shots: list[Entity]
) -> None:
    data = [{"name": f"new {n}", "parent": shots[0], "bid": n} for n in range(50)]
    session.ensure_many("Task", data, ["name", "parent"])
    queries = queries_of(session)
    session.ensure_many("Task", data, ["name", "parent"])
    assert queries[0].startswith("select id, name, parent_id, bid from Task")


def test_existing_rows_cost_a_hundred_bytes_each_at_most(connect: Connect, shots: list[Entity]) -> None:
    count = 1_000 if IN_FULL else 150
    session = connect()
    status = existing(session.query("Status").first())

    def data(session: Session) -> list[dict[str, Any]]:
        shot = session.get("Shot", shots[0].id)
        return [{"name": f"new {n}", "parent": shot, "bid": n, "status_id": status.id} for n in range(count)]

    session.ensure_many("Task", data(session), ["name", "parent"])
    fresh = connect()
    items = data(fresh)
    with fresh.profile() as profile:
        tasks = fresh.ensure_many("Task", items, ["name", "parent"])
    assert len(set(tasks)) == count
    assert (len(profile), profile.operations) == (1, 1)
    assert profile.request_bytes + profile.answer_bytes < 100 * count


def test_the_values_of_references_are_compared_without_loading_them(
    session: Session, connect: Connect, shots: list[Entity]
) -> None:
    first, second = session.query("Status").limit(2)
    data = [{"name": f"new {n}", "parent": shots[0], "status": first} for n in range(30)]
    session.ensure_many("Task", data, ["name", "parent"])
    fresh = connect()
    mine = [
        {**each, "parent": fresh.get("Shot", shots[0].id), "status": fresh.get("Status", first.id)} for each in data
    ]
    with requests_made(fresh) == 1:
        fresh.ensure_many("Task", mine, ["name", "parent"])
    for each in mine[:2]:
        each["status"] = fresh.get("Status", second.id)
    with requests_made(fresh) == 2:
        tasks = fresh.ensure_many("Task", mine, ["name", "parent"])
    assert [task.status_id for task in tasks[:3]] == [second.id, second.id, first.id]


def test_nothing_is_asked_about_children_of_new_parents(session: Session, production: Production) -> None:
    sequence = session.create("Sequence", name="new", parent_id=production.project)
    with requests_made(session) == 0:
        shots = session.ensure_many(
            "Shot", [{"name": f"n{n}", "parent": sequence} for n in range(30)], ["name", "parent"], commit=False
        )
        data = [{"name": "comp", "parent_id": shot.id} for shot in shots]
        tasks = session.ensure_many("Task", data, ["name", "parent_id"], commit=False)
        assert session.ensure_many("Task", data, ["name", "parent_id"], commit=False) == tasks
    with requests_made(session) == 1:
        session.commit()


def test_only_the_others_are_asked_for_when_some_parents_are_new(
    session: Session, production: Production, shots: list[Entity]
) -> None:
    new = session.create("Shot", name="new", parent_id=production.sequences[0])
    queries = queries_of(session)
    data = [{"name": "task00", "parent": parent} for parent in (shots[0], new)]
    old, fresh = session.ensure_many("Task", data, ["name", "parent"], commit=False)
    assert (old.id, fresh.parent) == (production.tasks[0], new)
    assert new.id not in queries[0]


def test_entities_without_a_value_are_found(session: Session, production: Production, shots: list[Entity]) -> None:
    data = [{"name": f"task{n:02}", "description": None, "parent": shots[0]} for n in range(3)]
    data.append({"name": "task00", "description": "else", "parent": shots[0]})
    found = ExistingEntities(session._workspace, session.schema.type("Task"))
    wanted = wanted_entities(session.schema.type("Task"), data, None, session.schema)
    assert [entity.id for entity in found.find(wanted).values()] == production.tasks[:3]


def test_values_that_cannot_be_listed_are_alternatives(session: Session, production: Production) -> None:
    data = [{"bid": n} for n in range(4)]
    queries = queries_of(session)
    with pytest.raises(errors.MultipleResults):  # other projects of the server have such tasks too
        session.ensure_many("Task", [*data, *({"bid": n} for n in range(3))])
    assert "bid is 0 or bid is 1" in queries[0]


def test_several_matches_are_an_error_whatever_else_is_asked_for(
    session: Session, production: Production, shots: list[Entity]
) -> None:
    data = [{"parent": shots[0], "bid": 0}, {"parent": shots[1], "bid": 3}]
    with requests_made(session) <= 2, pytest.raises(errors.MultipleResults, match="more than one Task"):
        session.ensure_many("Task", data, ["parent"])
    assert session.plan() == []


class Collating(ForwardingTransport):
    """A server whose database takes é and e for the same letter in the names of the test."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        import attrs

        return super().send(
            attrs.evolve(request, body=body_of(request).replace(b'\\"resume\\"', b'\\"r\\u00e9sum\\u00e9\\"')),
            cancellation,
        )


def test_the_server_decides_about_rows_that_match_no_data_here(
    box: Sandbox, connect: Connect, session: Session, shots: list[Entity]
) -> None:
    created = session.ensure("Task", {"name": "résumé", "parent": shots[0]}, ["name", "parent"])
    collating = connect(transport=Collating(box))
    data = [{"name": name, "parent_id": shots[0].id} for name in ("resume", "task00", "task01")]
    with requests_made(collating) == 2:
        tasks = collating.ensure_many("Task", data, ["name", "parent_id"])
    assert tasks[0].id == created.id


def test_a_long_list_becomes_several_queries_of_one_request(
    session: Session, production: Production, shots: list[Entity], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(existing_module, "CHARACTERS_PER_QUERY", 150)
    data = [{"name": f"task{n:02}", "parent": shots[n // 3]} for n in range(12)]
    queries = queries_of(session)
    with requests_made(session) == 1:
        tasks = session.ensure_many("Task", data, ["name", "parent"])
    assert [task.id for task in tasks] == production.tasks
    assert len(queries) == 4


names = st.sampled_from(["task00", "Task01", "TASK02", "task03", "task05", "none", "new", ""])
items = st.fixed_dictionaries(
    {"name": names}, optional={"parent_id": st.integers(-1, 3), "bid": st.integers(0, 3), "description": st.none()}
)


@settings(max_examples=examples(15, 80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(items, min_size=1, max_size=8))
def test_one_query_finds_what_a_query_for_each_item_finds(
    session: Session, production: Production, items: list[dict[str, Any]]
) -> None:
    task = session.schema.type("Task")
    data = [{"project_id": production.project, **item} for item in items]
    for item in data:
        if "parent_id" in item:
            item["parent_id"] = None if item["parent_id"] < 0 else production.shots[item["parent_id"]]
    wanted = wanted_entities(task, data, None, session.schema)
    found = ExistingEntities(session._workspace, task)
    assert found.find(wanted) == found.find(wanted, one_by_one=True)
