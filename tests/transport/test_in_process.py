from __future__ import annotations

import pytest

from ftrack_orm.errors import RequestCancelled
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.in_process import InProcess


def test_a_request_reaches_the_function_with_lower_case_headers_and_its_answer_comes_back():
    seen = []

    def handle(headers, body):
        seen.append((dict(headers), body))
        return 201, "application/json", b"[]"

    answer = InProcess(handle).send(Request(b"[1]", {"Ftrack-User": "jane"}))
    assert seen == [({"ftrack-user": "jane"}, b"[1]")]
    assert (answer.status, answer.headers["content-type"], answer.body) == (201, "application/json", b"[]")


def test_a_cancelled_request_does_not_reach_the_function():
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(RequestCancelled) as caught:
        InProcess(lambda headers, body: pytest.fail("it was called")).send(Request(b"[]"), cancellation)
    assert caught.value.safe_to_retry is True


@pytest.mark.parametrize("repeatable", [True, False])
def test_cancelling_while_the_function_works_is_told_afterwards(repeatable):
    cancellation = Cancellation()

    def handle(headers, body):
        cancellation.cancel()
        return 200, "application/json", b"[]"

    with pytest.raises(RequestCancelled) as caught:
        InProcess(handle).send(Request(b"[]", repeatable=repeatable), cancellation)
    assert caught.value.safe_to_retry is repeatable


def test_a_defect_of_the_server_shows_itself():
    def handle(headers, body):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        InProcess(handle).send(Request(b"[]"))
