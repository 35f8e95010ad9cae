"""Sessions with `learn_projections` select what was read of the results of a line before."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.reading.call_sites import CallSite
from ftrack_orm.entities.reading.learning import MAX_PATHS, LearnedPaths
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.session import learned_projections
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport, body_of
from tests.production import Connect, Production


@pytest.fixture(autouse=True)
def nothing_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned_projections, "_by_server", {})


def walk(session: Session, production: Production) -> list[Any]:
    """Walk over tasks with a simple loop that selects nothing."""
    return [
        (task.name, task.status.name, task.parent.parent.name, task.parent.status.name, len(task.metadata))
        for task in session.query("Task").where(project_id=production.project).order_by("name")
    ]


@pytest.fixture
def learning(connect: Connect, tmp_path: Path) -> Connect:
    return lambda **settings: connect(learn_projections=True, schema_cache_path=tmp_path, **settings)


def test_a_walk_of_several_requests_is_one_in_the_second_run(learning: Connect, production: Production) -> None:
    session = learning()
    session.server_information  # noqa: B018 - the handshake
    with session.profile() as first:
        expected = walk(session, production)
    assert len(first) > 3
    assert "reads status" in str(first)
    session.close()

    fresh = learning()
    fresh.server_information  # noqa: B018
    with fresh.profile() as second:
        assert walk(fresh, production) == expected
    assert len(second) == 1
    assert re.search(r"learned: .*test_learning\.py:\d+ selects status, .* of Task too", str(second))
    assert all(event.is_selected for event in second.learned)


def test_without_the_setting_nothing_is_learned(connect: Connect, production: Production) -> None:
    for _ in range(2):
        session = connect()
        session.server_information  # noqa: B018
        with session.profile() as profile:
            walk(session, production)
        assert len(profile) > 3
        assert profile.learned == []


def test_a_new_process_knows_what_the_last_one_has_learned(
    learning: Connect, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = learning()
    expected = walk(session, production)
    session.close()
    monkeypatch.setattr(learned_projections, "_by_server", {})
    again = learning()
    with requests_made(again) == 1:
        assert walk(again, production) == expected


def test_each_line_learns_for_itself(learning: Connect, production: Production) -> None:
    session = learning()
    walk(session, production)
    fresh = learning()
    with fresh.profile() as profile:
        fresh.query("Task").where(project_id=production.project).all()
    assert profile.learned == []


def test_attributes_of_subtypes_are_reached_by_a_cast(learning: Connect, production: Production) -> None:
    def read(session: Session) -> list[Any]:
        tasks = session.query("Task").where(project_id=production.project).order_by("name")
        return [task.parent.priority.name for task in tasks]

    first = learning()
    expected = read(first)
    second = learning()
    with second.profile() as profile:
        assert read(second) == expected
    assert len(profile) == 1
    assert any("parent[" in path for event in profile.learned for path in event.paths)


def test_items_of_collections_are_learned(learning: Connect, production: Production) -> None:
    def read(session: Session) -> list[Any]:
        shots = session.query("Shot").where(project_id=production.project).order_by("name")
        return [sorted(child.type.name for child in shot.children) for shot in shots]

    expected = read(learning())
    second = learning()
    with requests_made(second) == 1:
        assert read(second) == expected


def test_entities_that_are_loaded_one_by_one_teach_nothing(learning: Connect, production: Production) -> None:
    session = learning()
    with session.fetching("one"), session.profile() as profile:
        [task.status.name for task in session.query("Task").where(project_id=production.project).limit(2)]
    assert profile.learned == []


class Refusing(ForwardingTransport):
    """A server that refuses queries for the names of statuses."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        if b"select" in body_of(request) and b"status.name" in body_of(request):
            return Response(200, {}, b'{"exception": "ServerError", "content": "No such attribute."}')
        return super().send(request, cancellation)


def test_learned_paths_that_the_server_refuses_are_dropped(
    learning: Connect, box: Sandbox, production: Production
) -> None:
    def read(session: Session, reads_status: bool) -> list[Any]:
        tasks = session.query("Task").where(project_id=production.project).limit(2)
        return [task.status.name if reads_status else task.name for task in tasks]

    read(learning(), reads_status=True)
    refused = learning(transport=Refusing(box))
    refused.server_information  # noqa: B018
    with requests_made(refused) == 2:
        assert len(read(refused, reads_status=False)) == 2
    with requests_made(refused) == 1:
        read(refused, reads_status=False)


def test_a_query_that_is_refused_in_any_form_keeps_what_was_learned(
    learning: Connect, box: Sandbox, production: Production
) -> None:
    def read(session: Session) -> list[Any]:
        tasks = session.query("Task").where(project_id=production.project).where("status.name is_not x").limit(2)
        return [task.priority.name for task in tasks]

    read(learning())
    with pytest.raises(errors.ServerError):
        read(learning(transport=Refusing(box)))
    with requests_made(learning()) == 0:
        pass
    session = learning()
    with session.profile() as profile:
        read(session)
    assert profile.learned


def test_paths_that_the_schema_does_not_have_are_dropped(learning: Connect, production: Production) -> None:
    session = learning()
    learned = learned_projections.learned_paths(session.server_url, session.settings.schema_cache_path)
    assert session._parts.learner is not None
    key = CallSite("x.py", 1), "Task"
    learned.add(key, ["gone", "status.gone.name", "status", "not a path!", "name.first", "parent[Gone].name"])
    texts, paths = session._parts.learner.paths(key, session.schema)
    assert texts == ["status"]
    assert "status.name" in [path.text for path in paths]
    assert learned.of(key) == ("status",)


def test_the_paths_of_one_line_are_bounded() -> None:
    learned, key = LearnedPaths(), (CallSite("x.py", 1), "Task")
    assert len(learned.add(key, map(str, range(MAX_PATHS + 5)))) == MAX_PATHS
    assert learned.add(key, ["more"]) == ()
    assert len(learned.of(key)) == MAX_PATHS
