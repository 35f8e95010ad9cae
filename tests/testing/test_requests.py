"""Counting the requests of a session."""

from __future__ import annotations

import threading

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from ftrack_orm.wire.operations import QueryOperation, QueryServerInformationOperation

USERS = QueryOperation("select id from User")


def test_requests_and_operations_are_counted_inside_the_block_only(session: Session) -> None:
    session.call([USERS])
    with requests_made(session) as made:
        assert made == 0
        session.call([USERS])
        session.call([USERS, QueryServerInformationOperation()])
    session.call([USERS])
    assert made == 2
    assert (made.count, made.operations, int(made)) == (2, 3, 2)
    assert made.seconds > 0
    assert repr(made) == "2 requests"


def test_a_count_compares_like_a_number_after_the_block(session: Session) -> None:
    with requests_made(session) as made:
        session.call([USERS])
    assert made == 1
    assert made != 2
    assert made <= 1
    assert made <= 5
    assert not made <= 0


def test_a_block_with_the_expected_number_of_requests_passes(session: Session) -> None:
    with requests_made(session) == 1:
        session.call([USERS])
    with requests_made(session) <= 2:
        session.call([USERS])
    with requests_made(session) == 0:
        pass


def test_a_block_with_another_number_of_requests_fails_and_lists_them(session: Session) -> None:
    with pytest.raises(AssertionError) as caught, requests_made(session) == 1:
        session.call([USERS])
        session.query("Status").first()
        session.call([QueryServerInformationOperation()])
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 requests were made instead of 1:"
    assert len(lines) == 4
    assert "from User" in lines[1]
    assert "from Status" in lines[2]
    assert "query_server_information" in lines[3]


def test_too_many_requests_and_too_few_fail(session: Session) -> None:
    with pytest.raises(AssertionError, match="1 request was made instead of at most 0"), requests_made(session) <= 0:
        session.call([USERS])
    with pytest.raises(AssertionError, match="0 requests were made instead of 1"), requests_made(session) == 1:
        pass


def test_an_error_in_the_block_is_not_hidden_by_the_count(session: Session) -> None:
    with pytest.raises(ZeroDivisionError), requests_made(session) == 5:
        raise ZeroDivisionError
    assert session.call([USERS])


def test_failed_requests_count(session: Session) -> None:
    with requests_made(session) == 1, pytest.raises(errors.ServerParseError):
        session.call([QueryOperation("select id from User where")])


def test_requests_of_all_threads_count(session: Session) -> None:
    def call() -> None:
        for _ in range(5):
            session.call([USERS])

    with requests_made(session) == 20:
        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)


def test_only_the_sessions_own_requests_count(session: Session, other: Session) -> None:
    with requests_made(session) == 0, requests_made(other) == 1:
        other.call([USERS])


def test_blocks_nest(session: Session) -> None:
    with requests_made(session) == 2:
        session.call([USERS])
        with requests_made(session) == 1:
            session.call([USERS])


def test_a_comparison_without_a_block_is_refused_instead_of_being_true(session: Session) -> None:
    with pytest.raises(errors.UsageError, match="with requests_made"):
        assert requests_made(session) == 1
