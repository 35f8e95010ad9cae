"""Queries of types and attributes that the server knows and its schema does not list."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm import Session, attr, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.fakes.hiding_transport import HIDDEN_TYPE, HidingTransport
from tests.production import Production

MOMENT = datetime.datetime(2024, 5, 31, 10, tzinfo=datetime.timezone.utc)


@pytest.fixture
def session(box: Sandbox) -> Iterator[Session]:
    """A session that does not know all types and attributes of its server."""
    transport = HidingTransport(box)
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False, transport=transport) as session:
        assert HIDDEN_TYPE not in session.schema.types
        yield session


def test_names_are_checked_unless_the_query_says_otherwise(session: Session) -> None:
    with pytest.raises(errors.UnknownEntityType):
        session.query(HIDDEN_TYPE)
    with pytest.raises(errors.UnknownAttribute):
        session.query("Task where bid > 3")


def test_criteria_may_use_attributes_that_are_not_listed(session: Session, production: Production) -> None:
    query = session.query("select name from Task where bid > 8 order by bid descending", check=False)
    tasks = query.where(project_id=production.project).where(attr("bid") < 11).all()
    assert [task.name for task in tasks] == ["task10", "task09"]
    assert {type(task).__name__ for task in tasks} == {"Task"}
    assert session.query(session.types.Task, check=False).where(f"project_id is {production.project}").count() == 12


def test_results_of_a_type_that_is_not_listed_are_plain_rows(
    session: Session, other: Session, production: Production
) -> None:
    user = other.query("User").where(username=other.api_user).one()
    timelogs = [
        other.create("Timelog", user=user, context_id=task, duration=60, start=MOMENT) for task in production.tasks[:2]
    ]
    other.commit()
    query = session.query("select id, start, context.name from Timelog order by context.name", check=False).where(
        f'context.project_id is "{production.project}"'
    )
    rows = query.all()
    assert [(row["__entity_type__"], row["id"], row["start"]) for row in rows] == [
        ("Timelog", timelog.id, MOMENT) for timelog in timelogs
    ]
    assert query.count() == 2
    assert [row["id"] for row in query.dicts()] == [timelog.id for timelog in timelogs]
    assert query.rows("id", "context.name") == [(timelogs[0].id, "task00"), (timelogs[1].id, "task01")]
    assert session.query("Timelog", check=False).where(f"id is {timelogs[1].id}").one().keys() >= {"id"}
    first, types = session.all(query.limit(1), "ObjectType")
    assert (first[0]["id"], type(types[0]).__name__) == (timelogs[0].id, "ObjectType")
    with other.begin():
        for timelog in timelogs:
            other.delete(timelog)


def test_values_that_are_not_listed_are_read_as_rows(session: Session, production: Production) -> None:
    query = session.query("select name, bid from Task order by name", check=False).where(project_id=production.project)
    with requests_made(session) == 0, pytest.raises(errors.UnknownAttribute, match=r"query\.rows\('bid'\)"):
        query.all()
    assert query.rows("name", "bid")[3:5] == [("task03", 3), ("task04", 4)]
    assert query.rows("name", effort="bid", as_="dict")[3] == {"name": "task03", "effort": 3}
    assert [row["bid"] for row in query.dicts()] == list(range(12))


def test_groups_and_relations_are_not_checked_either(session: Session, production: Production) -> None:
    query = session.query("select sum(bid) from Task group by parent.name", check=False)
    rows: list[dict[str, Any]] = query.where(project_id=production.project).all()
    assert sorted(row["sum_bid"] for row in rows) == [3, 12, 21, 30]
    shots = session.query("Shot where children[Task].bid > 10", check=False).where(project_id=production.project)
    assert [shot.name for shot in shots] == ["sh3"]


def test_text_outside_of_the_language_is_refused_with_its_position(session: Session) -> None:
    with pytest.raises(errors.QueryError, match="Task where bid >"):
        session.query("Task where bid >", check=False)


def test_names_that_the_server_does_not_know_are_its_error(session: Session) -> None:
    with pytest.raises(errors.ServerError, match="Nonsense"):
        session.query("Nonsense where x is y", check=False).all()


def test_changes_and_walks_need_a_listed_type(session: Session) -> None:
    query = session.query(f"{HIDDEN_TYPE} where id is x", check=False)
    for run in (lambda: query.update({"id": "y"}), query.delete, query.walk):
        with requests_made(session) == 0, pytest.raises(errors.UnknownEntityType):
            run()
