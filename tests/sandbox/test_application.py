"""Requests: credentials, the transaction, options in headers, and errors as responses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.studio import Studio


def query(expression: str) -> dict[str, Any]:
    return {"action": "query", "expression": expression}


@pytest.mark.parametrize(("user", "key"), [("jane", "wrong"), ("bob", "jane-key"), ("jane", ""), ("", "jane-key")])
def test_wrong_credentials_are_refused_with_the_documented_text(studio: Studio, user: str, key: str) -> None:
    status, error = studio.post(b"[]", ftrack_user=user, ftrack_api_key=key)
    assert (status, error["exception"], error["error_code"]) == (200, "InvalidCredentialsError", None)
    assert error["content"].startswith("The supplied API key is not valid.")


def test_a_key_belongs_to_one_user(studio: Studio) -> None:
    studio.create("User", username="bob")
    _, error = studio.post(b"[]", ftrack_user="bob", ftrack_api_key=studio.key)
    assert error["exception"] == "InvalidCredentialsError"


def test_header_names_and_user_names_are_case_insensitive(studio: Studio) -> None:
    for user in ("Jane", "JANE"):
        headers = {"FTRACK-User": user, "Ftrack-Api-Key": studio.key}
        status, _, body = studio.application.handle("POST", "/api", headers, b"[]")
        assert (status, json.loads(body)) == (200, [])


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "/api", "There is no GET /api here."),
        ("POST", "/api/x", "There is no POST /api/x here."),
        ("GET", "/component/get?id=x", "The embedded server does not support GET /component/get?id=x."),
    ],
)
def test_other_requests_than_post_api_are_not_found(studio: Any, method: str, path: str, content: str) -> None:
    status, content_type, body = studio.application.handle(method, path, {}, b"")
    assert (status, content_type) == (404, "application/json")
    assert json.loads(body) == {"exception": "NotFound", "content": content, "error_code": None}


def test_an_empty_batch_has_an_empty_response(studio: Studio) -> None:
    assert studio.call() == []


def test_an_error_rolls_back_the_whole_batch_and_is_the_whole_response(production: Studio) -> None:
    before = {name: production.rows(name) for name in ("Context", "Scope")}
    name, _ = production.refused(
        production.creating("Scope", name="s"),
        production.updating("Task", ["T1"], name="renamed"),
        production.deleting("Task", ["T2"]),
        production.creating("Task", name="orphan"),
    )
    assert name == "IntegrityError"
    assert {name: production.rows(name) for name in before} == before


def test_both_spellings_of_the_options_denormalise(production: Studio) -> None:
    expression = query('select name, parent.name from Task where parent_id is "H"')
    for options in ("strict:1;denormalize:1", "denormalize=True;strict=True"):
        (reply,) = production.call(expression, ftrack_api_options=options)
        assert [task["parent"]["name"] for task in reply["data"]] == ["sh010", "sh010"]
    (reply,) = production.call(expression, ftrack_api_options="denormalize=1")  # works only together with strict
    assert [task["parent"].get("name") for task in reply["data"]] == ["sh010", None]


def test_update_events_are_published_after_the_commit_only(production: Studio) -> None:
    events: list[dict[str, Any]] = []
    production.application.on_update_event(events.append)
    production.call(query("select id from Task"))
    production.refused(production.updating("Task", ["T1"], name="x"), production.creating("Task", name="orphan"))
    assert events == []
    production.update("Task", ["T1"], name="x")
    (event,) = events
    assert event["topic"] == "ftrack.update"


# -- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"3",
        b"\xff\xfe",
        b'{"action": "query"}',
        b"[3]",
        b"[{}]",
        b'[{"action": 3}]',
        b'[{"action": "query"}]',
        b'[{"action": "create", "entity_type": "Task"}]',
        b'[{"action": "create", "entity_type": "Task", "entity_data": 3}]',
        b'[{"action": "update", "entity_type": 3, "entity_key": [], "entity_data": {}}]',
    ],
)
def test_the_response_to_a_malformed_request_is_an_error_object(studio: Studio, body: bytes) -> None:
    status, error = studio.post(body)
    assert (status, error["exception"]) == (200, "ValidationError")
    assert set(error) == {"exception", "content", "error_code"}


@pytest.mark.parametrize(
    ("operation", "headers", "expected"),
    [
        ({"action": "query", "expression": "select name from Task"}, {"ftrack_api_key": "wrong"}, 401),
        ({"action": "query", "expression": "Task where"}, {}, 400),
        ({"action": "create", "entity_type": "Task", "entity_data": {"name": "x"}}, {}, 400),
        ({"action": "permissions"}, {}, 400),
        ({"action": "query", "expression": "select name from Task"}, {}, 200),
    ],
)
def test_errors_have_http_statuses_for_strict_clients(
    studio: Studio, operation: dict[str, Any], headers: dict[str, str], expected: int
) -> None:
    body = json.dumps([operation]).encode()
    assert studio.post(body, ftrack_strict_api="true", **headers)[0] == expected
    assert studio.post(body, ftrack_strict_api="false", **headers)[0] == 200


def test_an_unexpected_failure_is_an_error_object_too(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    with studio.engine.begin() as connection:
        connection.exec_driver_sql('DROP TABLE "Scope"')
    body = json.dumps([query("select name from Scope")]).encode()
    status, error = studio.post(body, ftrack_strict_api="true")
    assert (status, error["exception"]) == (500, "ServerError")
    assert "no such table" in caplog.text
    assert studio.query("select id from User") != []  # the server keeps working


@pytest.mark.parametrize(
    "operation",
    [
        b'{"action": "create", "entity_type": "User", "entity_data": {"username": "\\uDCE9"}}',
        b'{"action": "query", "expression": "User where username is \\"\\udce9\\""}',
    ],
)
def test_half_a_surrogate_pair_is_refused(studio: Studio, operation: bytes) -> None:
    _, error = studio.post(b"[" + operation + b"]")
    assert "udce9" in error["content"]
    assert "UTF-8 cannot encode" in error["content"]


def test_a_whole_surrogate_pair_is_a_character(studio: Studio) -> None:
    _, (reply,) = studio.post(
        b'[{"action": "create", "entity_type": "User", "entity_data": {"username": "\\ud83c\\udfac"}}]'
    )
    assert reply["data"]["username"] == "\U0001f3ac"
