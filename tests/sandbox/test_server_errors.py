"""The errors of the embedded server, as a client receives them."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.error_response import error_object
from ftrack_orm.wire.response import server_error


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
def test_a_client_raises_the_same_class(error: errors.ServerError) -> None:
    assert type(server_error(error_object(error))) is type(error)


def test_a_duplicate_names_the_values_and_the_attributes() -> None:
    error = server_errors.duplicate_entry("ListObject", ["list_id", "entity_id"], ["l", "t"], names_error=False)
    assert error.content == "Duplicate entry 'l-t' for key 'ListObject.list_id_entity_id'"
