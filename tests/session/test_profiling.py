"""The profile counts and times requests and names the lines that cause them."""

from __future__ import annotations

import inspect as python
import threading

import pytest

from ftrack_orm import Exchange, Session, errors
from ftrack_orm.entities.reading.call_sites import CallSite
from tests.assertions import existing
from tests.production import Production


def line_below() -> int:
    frame = python.currentframe()
    return existing(existing(frame).f_back).f_lineno + 1


def test_a_request_is_recorded_with_its_costs_and_the_line_that_caused_it(
    session: Session, production: Production
) -> None:
    seen: list[Exchange] = []
    session.observe(seen.append)
    task = existing(session.get("Task", production.tasks[0]))
    with session.profile() as profile:
        where = line_below()
        assert task.status.name
    (request,) = profile.requests
    assert request.line == CallSite(__file__, where)
    assert "from Task where" in request.description
    assert "status.name" in request.description
    exchange = seen[-1]
    costs = (request.operations, request.request_bytes, request.answer_bytes, request.seconds, request.error)
    assert costs == (1, exchange.request_bytes, exchange.answer_bytes, exchange.seconds, None)
    assert request.answer_bytes > 0
    assert request.seconds > 0


def test_only_requests_inside_the_block_are_counted(session: Session, production: Production) -> None:
    session.query("Status").first()
    with session.profile() as profile:
        session.query("Status").first()
        session.call([{"action": "query_server_information"}] * 2)
    session.query("Status").first()
    assert [request.operations for request in profile.requests] == [1, 2]
    assert (len(profile), profile.operations) == (2, 3)
    assert profile.seconds == sum(request.seconds for request in profile.requests)
    assert profile.answer_bytes == sum(request.answer_bytes for request in profile.requests)


def test_lines_are_found_through_queries_and_commits(session: Session, production: Production) -> None:
    lines = []
    with session.profile() as profile:
        lines.append(line_below())
        for task in session.query("Task").where(project_id=production.project):
            task.bid = 40
        lines.append(line_below())
        session.commit()
    assert [request.line for request in profile.requests] == [CallSite(__file__, number) for number in lines]
    # The commit reads the values that it overwrites in the same request.
    assert "Update Task" in profile.requests[1].description


def test_pages_that_are_fetched_ahead_have_no_line(session: Session, production: Production) -> None:
    with session.profile() as profile:
        assert len(session.query("Task", page_size=5).where(project_id=production.project).all()) == 12
    assert [request.line is None for request in profile.requests] == [False, True, True]
    assert "(fetched ahead)" in str(profile)


def test_a_refused_request_is_recorded_with_its_error(session: Session) -> None:
    with session.profile() as profile, pytest.raises(errors.ServerError):
        session.call([{"action": "query", "expression": "nonsense from"}])
    assert isinstance(profile.requests[0].error, errors.ServerError)
    assert f"{type(profile.requests[0].error).__name__}: nonsense from" in str(profile)


def test_requests_of_other_threads_are_counted_with_their_own_lines(session: Session) -> None:
    def ask(name: str) -> None:
        session.query(name).first()

    with session.profile() as profile:
        threads = [threading.Thread(target=ask, args=[name]) for name in ("Status", "Type", "Priority")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {existing(request.line).file for request in profile.requests} == {__file__}
    assert len(profile) == 3


def test_it_prints_as_a_table_with_totals(session: Session, production: Production) -> None:
    with session.profile() as profile:
        session.get("Task", production.tasks[0])
        session.query("Status").where(name="x" * 200).all()
    heading, first, second, total = str(profile).splitlines()
    assert heading.split() == ["#", "operations", "sent", "received", "ms", "line", "request"]
    assert first.split()[:2] == ["1", "1"]
    assert "test_profiling.py:" in first
    assert second.endswith("...")
    assert total.split()[:2] == ["2", "2"]
    assert total.endswith("in all")
    assert repr(profile).startswith("<profile of 2 requests, 0.")


def test_a_block_without_requests_prints_too(session: Session) -> None:
    with session.profile() as profile:
        pass
    assert str(profile).splitlines()[-1].split()[:2] == ["0", "0"]
