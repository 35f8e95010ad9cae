"""Errors as they look on the line."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.error_response import error_object, http_status
from ftrack_orm.wire.response import server_error


@pytest.mark.parametrize(
    ("error", "name", "code"),
    [
        (server_errors.invalid_credentials(), "InvalidCredentialsError", 401),
        (server_errors.validation_error("x"), "ValidationError", 400),
        (server_errors.integrity_error("x"), "IntegrityError", 400),
        (server_errors.entity_not_found("Task", ["x"]), "ValueError", 400),
        (server_errors.parse_error("x", "y"), "ParseError", 400),
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
    assert error_object(error)["exception"] == name
    assert (http_status(error, strict=True), http_status(error, strict=False)) == (code, 200)


@pytest.mark.parametrize(
    "error",
    [
        server_errors.invalid_credentials(),
        server_errors.validation_error("x"),
        server_errors.integrity_error("x"),
        server_errors.entity_not_found("Task", ["x"]),
        server_errors.parse_error("x", "y"),
        server_errors.invalid_action("x"),
        server_errors.duplicate_entry("Timer", ["user_id"], ["u"], names_error=True),
    ],
)
def test_the_client_makes_the_same_kind_of_error_of_it(error: errors.ServerError) -> None:
    assert type(server_error(error_object(error))) is type(error)
