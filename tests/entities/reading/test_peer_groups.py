"""The entities that are loaded together."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from tests.production import Connect, Production

from .tasks import query_tasks

EXPLANATION = Path(__file__).parents[3] / "docs" / "explanation"


def test_peers_of_mixed_types_are_loaded_by_their_common_type(session: Session, production: Production) -> None:
    contexts = session.query("TypedContext").where(f'project_id is "{production.project}"').select("name").all()
    assert len({type(entity).__name__ for entity in contexts}) == 3
    with requests_made(session) as made:
        assert sum(entity.bid for entity in contexts) == sum(range(12))
        assert all(entity.status is not None for entity in contexts)
    assert made == 2


def test_peers_that_no_longer_exist_are_not_loaded(connect: Connect, production: Production) -> None:
    session = connect(recent_size=0)
    first, *rest = query_tasks(session, production, "name")
    del rest
    sent: list[Any] = []
    session.observe(lambda exchange: sent.extend(exchange.operations))
    assert first.bid == 0
    (query,) = sent
    assert [id for id in production.tasks if id in query.expression] == [first.id]


def test_targets_from_other_queries_become_peers_of_each_other(connect: Connect, production: Production) -> None:
    session = connect()
    shots = [session.query("Shot").where(id=key).select("name").one() for key in production.shots]
    tasks = query_tasks(session, production, "name", "parent_id")
    with requests_made(session) as made:
        assert [task.parent for task in tasks[::3]] == shots
        assert {task.parent.parent.name for task in tasks} == {"sq0", "sq1"}
    assert made == 1


def test_targets_from_memory_and_from_the_server_become_peers_of_each_other(
    connect: Connect, production: Production
) -> None:
    session = connect()
    known = session.query("Shot").where(id=production.shots[0]).select("name").one()
    tasks = query_tasks(session, production, "name")
    with requests_made(session) as made:
        assert tasks[0].parent is known
        assert len({task.parent.parent for task in tasks}) == 2
    assert made == 2


def test_entities_known_by_key_only_are_loaded_together(session: Session, production: Production) -> None:
    first, second = (
        session.query("Task").where(id=key).select("parent.id").one()
        for key in (production.tasks[0], production.tasks[4])
    )
    with requests_made(session) as made:
        assert first.parent.name == "sh0"
        assert second.parent.name == "sh1"
    assert made == 1


@pytest.fixture(scope="module")
def drawing() -> dict[str, Any]:
    """The functions that draw the picture of the page about N+1."""
    return runpy.run_path(str(EXPLANATION / "n_plus_one.py"))


def test_the_picture_in_the_documentation_is_that_of_its_program(drawing: dict[str, Any]) -> None:
    picture = (EXPLANATION / "n-plus-one.svg").read_text(encoding="utf-8")
    assert drawing["picture"]() == picture, "run: python docs/explanation/n_plus_one.py"


@pytest.mark.parametrize(("mode", "requests"), [("peers", "requests_of_peers"), ("one", "requests_for_each")])
def test_the_loop_of_the_picture_makes_the_requests_that_it_shows(
    connect: Connect, production: Production, drawing: dict[str, Any], mode: Any, requests: str
) -> None:
    session = connect()
    Task: Any = session.types["Task"]
    with session.fetching(mode), requests_made(session) as made:
        for task in session.query(Task).where(Task.id.in_(production.tasks[::4])).select("id"):
            assert task.parent.project.name
    # The parents of these tasks have one project, which is read once.
    shown = [text for text, _ in drawing[requests](3) if text not in ("project of parent 2", "project of parent 3")]
    assert made == len(shown)
