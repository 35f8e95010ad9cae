"""Errors as JSON objects with an HTTP status."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.error_response import error_object, http_status


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


def test_an_unexpected_error_names_its_class() -> None:
    assert error_object(ZeroDivisionError("x")) == {
        "exception": "ServerError",
        "content": "The embedded server failed: ZeroDivisionError: x",
        "error_code": None,
    }
