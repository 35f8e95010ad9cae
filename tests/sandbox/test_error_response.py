"""Errors as they look on the line."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.error_response import envelope, status
from ftrack_orm.wire.response import server_error


@pytest.mark.parametrize(
    ("error", "name", "code"),
    [
        (server_errors.credentials(), "InvalidCredentialsError", 401),
        (server_errors.validation("x"), "ValidationError", 400),
        (server_errors.integrity("x"), "IntegrityError", 400),
        (server_errors.missing("Task", ["x"]), "ValueError", 400),
        (server_errors.parse("x", "y"), "ParseError", 400),
        (errors.PermissionDenied("no", exception="PermissionError", content="no"), "PermissionError", 403),
        (errors.SandboxUnsupported("x"), "NotImplementedError", 400),
        (errors.UnknownAttribute("x"), "KeyError", 400),
        (errors.UnknownEntityType("x"), "KeyError", 400),
        (errors.InvalidValue("x"), "ValidationError", 400),
        (errors.QueryError("x"), "ValueError", 400),
        (ZeroDivisionError("x"), "ServerError", 500),
    ],
)
def test_every_error_has_a_name_and_a_status(error: Exception, name: str, code: int) -> None:
    assert envelope(error)["exception"] == name
    assert (status(error, strict=True), status(error, strict=False)) == (code, 200)


@pytest.mark.parametrize(
    "error",
    [
        server_errors.credentials(),
        server_errors.validation("x"),
        server_errors.integrity("x"),
        server_errors.missing("Task", ["x"]),
        server_errors.parse("x", "y"),
        server_errors.action("x"),
        server_errors.duplicate("Timer", ["user_id"], ["u"], named=True),
    ],
)
def test_the_client_makes_the_same_kind_of_error_of_it(error: errors.ServerError) -> None:
    assert type(server_error(envelope(error))) is type(error)
