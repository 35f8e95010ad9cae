"""A transport to a function in the same process."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

from ftrack_orm.errors import RequestCancelled
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.in_process import InProcess

API = "https://x.test/api"


@pytest.mark.parametrize("body", [b"[1]", io.BytesIO(b"[1]")], ids=["bytes", "stream"])
def test_a_request_reaches_the_function_with_lower_case_headers_and_its_response_is_returned(body: Any) -> None:
    calls = []

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        calls.append((method, path, dict(headers), body))
        return 201, "application/json", b"[]"

    request = Request("PUT", f"{API}?id=1", {"Ftrack-User": "jane"}, body)
    response = InProcess(handle).send(request)
    assert calls == [("PUT", "/api?id=1", {"ftrack-user": "jane"}, b"[1]")]
    assert (response.status, response.headers["content-type"], response.read()) == (201, "application/json", b"[]")


def test_a_cancelled_request_does_not_reach_the_function() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(RequestCancelled) as caught:
        InProcess(lambda *given: pytest.fail("it was called")).send(Request("POST", API), cancellation)
    assert caught.value.safe_to_retry is True


@pytest.mark.parametrize("idempotent", [True, False])
def test_cancelling_while_the_function_works_is_an_error_afterwards(idempotent: bool) -> None:
    cancellation = Cancellation()

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        cancellation.cancel()
        return 200, "application/json", b"[]"

    with pytest.raises(RequestCancelled) as caught:
        InProcess(handle).send(Request("POST", API, idempotent=idempotent), cancellation)
    assert caught.value.safe_to_retry is idempotent


def test_an_exception_of_the_function_is_not_translated() -> None:
    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        InProcess(handle).send(Request("POST", API))
