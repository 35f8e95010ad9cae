"""A request as a whole: who may ask, what a batch is, and what an error looks like."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ftrack_orm.sandbox.actions import UNSUPPORTED_ACTIONS


def _query(expression: str) -> dict[str, Any]:
    return {"action": "query", "expression": expression}


# -- credentials --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("user", "key"), [("jane", "wrong"), ("nobody", "jane-key"), ("jane", ""), ("", "jane-key")])
def test_wrong_credentials_are_refused_in_the_documented_words(studio: Any, user: str, key: str) -> None:
    status, answer = studio.post(b"[]", ftrack_user=user, ftrack_api_key=key)
    assert (status, answer["exception"], answer["error_code"]) == (200, "InvalidCredentialsError", None)
    assert answer["content"].startswith("The supplied API key is not valid.")


def test_a_key_lets_in_only_its_own_user(studio: Any) -> None:
    studio.create("User", username="bob")
    _, answer = studio.post(b"[]", ftrack_user="bob", ftrack_api_key=studio.key)
    assert answer["exception"] == "InvalidCredentialsError"


def test_header_names_and_user_names_are_read_without_regard_to_case(studio: Any) -> None:
    assert studio.application.handle({"FTRACK-User": "Jane", "Ftrack-Api-Key": studio.key}, b"[]").status == 200
    status, _, body = studio.application.handle({"FTRACK-User": "JANE", "Ftrack-Api-Key": studio.key}, b"[]")
    assert (status, json.loads(body)) == (200, [])


# -- batches ------------------------------------------------------------------------------------------------------


def test_an_empty_batch_has_an_empty_answer(studio: Any) -> None:
    assert studio.call() == []


def test_answers_come_in_the_order_of_the_operations(production: Any) -> None:
    answers = production.call(
        _query("select id from Project"),
        production.creating("Scope", id="s", name="s"),
        production.updating("Scope", ["s"], name="t"),
        production.deleting("Scope", ["s"]),
        production.deleting("Task", ["T1"]),
        {"action": "query_server_information"},
    )
    assert [answer.get("action") for answer in answers] == ["query", "create", "update", "delete", "delete", None]


def test_reads_see_the_writes_before_them_in_the_batch(production: Any) -> None:
    answers = production.call(
        _query('select name from Task where parent_id is "H"'),
        production.creating("Task", id="T3", name="new", parent_id="H"),
        production.updating("Task", ["T1"], name="renamed"),
        production.deleting("Task", ["T2"]),
        _query('select name from Task where parent_id is "H"'),
        _query('select id from Task where ancestors any (id is "Q") and id is "T3"'),
    )
    assert {task["name"] for task in answers[0]["data"]} == {"animation", "lighting"}
    assert {task["name"] for task in answers[4]["data"]} == {"renamed", "new"}
    assert len(answers[5]["data"]) == 1


def test_an_error_undoes_the_whole_batch_and_is_the_whole_answer(production: Any) -> None:
    before = {name: production.rows(name) for name in ("Context", "Scope")}
    name, _ = production.refused(
        production.creating("Scope", name="s"),
        production.updating("Task", ["T1"], name="renamed"),
        production.deleting("Task", ["T2"]),
        production.creating("Task", name="orphan"),
    )
    assert name == "IntegrityError"
    assert {name: production.rows(name) for name in before} == before


def test_an_entity_is_told_once_in_an_answer_and_then_referred_to(production: Any) -> None:
    first, second = production.call(_query('select name from Task where id is "T1"'), _query("select name from Task"))
    assert first["data"][0]["name"] == "animation"
    assert [task.get("name") for task in second["data"] if task["id"] == "T1"] == [None]


def test_both_spellings_of_the_options_denormalise(production: Any) -> None:
    expression = _query('select name, parent.name from Task where parent_id is "H"')
    for options in ("strict:1;denormalize:1", "denormalize=True;strict=True"):
        (answer,) = production.call(expression, ftrack_api_options=options)
        assert [task["parent"]["name"] for task in answer["data"]] == ["sh010", "sh010"]
    (answer,) = production.call(expression, ftrack_api_options="denormalize=1")  # works only together with strict
    assert [task["parent"].get("name") for task in answer["data"]] == ["sh010", None]


def test_a_page_says_where_the_next_one_starts(production: Any) -> None:
    (answer,) = production.call(_query("select id from Task limit 1"))
    assert (len(answer["data"]), answer["metadata"]) == (1, {"next": {"offset": 1}})
    (answer,) = production.call(_query("select id from Task offset 1 limit 1"))
    assert (len(answer["data"]), answer["metadata"]) == (1, {"next": {"offset": None}})


def test_a_thousand_creates_are_a_few_statements_each(production: Any) -> None:
    production.statements.clear()
    production.call(*(production.creating("Task", name=f"t{number}", parent_id="H") for number in range(200)))
    assert len(production.statements) < 200 * 2 + 40


# -- actions ------------------------------------------------------------------------------------------------------


def test_the_schema_is_answered_bare_and_hashes_to_what_is_said_of_it(studio: Any) -> None:
    schemas, information = studio.call({"action": "query_schemas"}, {"action": "query_server_information"})
    assert len(schemas) == 116
    # As the official client checks its cache.
    assert information["schema_hash"] == hashlib.md5(json.dumps(schemas, sort_keys=True).encode()).hexdigest()
    assert set(information) == {"storage_scenario", "schema_hash", "version", "is_timezone_support_enabled"}


def test_values_choose_what_is_said_about_the_server(studio: Any) -> None:
    (answer,) = studio.call(
        {"action": "query_server_information", "values": ["user_information", "workday_length", "never_heard_of"]}
    )
    assert set(answer) == {"user_information", "workday_length"}
    assert (answer["user_information"]["id"], answer["user_information"]["username"]) == ("user-jane", "jane")


def test_an_action_no_server_has_is_refused_in_the_words_clients_look_for(studio: Any) -> None:
    _, text = studio.refused({"action": "make_coffee"})
    assert text == "Invalid action u'make_coffee'"


@pytest.mark.parametrize("action", sorted(UNSUPPORTED_ACTIONS))
def test_an_action_only_real_servers_have_is_refused_by_name(studio: Any, action: str) -> None:
    name, text = studio.refused({"action": action, "expression": "Task", "entity_type": "Task", "terms": ["x"]})
    assert (name, repr(action) in text) == ("NotImplementedError", True)


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
def test_a_malformed_request_is_answered_with_an_error_object(studio: Any, body: bytes) -> None:
    status, answer = studio.post(body)
    assert (status, answer["exception"]) == (200, "ValidationError")
    assert set(answer) == {"exception", "content", "error_code"}


def test_a_query_that_cannot_be_read_is_quoted(studio: Any) -> None:
    name, text = studio.refused(_query("select name from Task where"))
    assert name == "ParseError"
    assert text.startswith("Failed to parse: select name from Task where. ")


@pytest.mark.parametrize(
    ("expression", "suggested"), [("select nmae from Task", "'name'"), ("select name from Taks", "'Task'")]
)
def test_an_unknown_name_in_a_query_is_refused_with_the_nearest(studio: Any, expression: str, suggested: str) -> None:
    name, text = studio.refused(_query(expression))
    assert (name, suggested in text) == ("KeyError", True)


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
def test_statuses_tell_errors_apart_when_asked_to(
    studio: Any, operation: dict[str, Any], headers: dict[str, str], expected: int
) -> None:
    body = json.dumps([operation]).encode()
    assert studio.post(body, ftrack_strict_api="true", **headers)[0] == expected
    assert studio.post(body, ftrack_strict_api="false", **headers)[0] == 200


def test_an_unexpected_failure_is_an_error_object_too(studio: Any, caplog: pytest.LogCaptureFixture) -> None:
    with studio.engine.begin() as connection:
        connection.exec_driver_sql('DROP TABLE "Scope"')
    body = json.dumps([_query("select name from Scope")]).encode()
    status, answer = studio.post(body, ftrack_strict_api="true")
    assert (status, answer["exception"]) == (500, "ServerError")
    assert "no such table" in caplog.text
    assert studio.query("select id from User") != []  # and the server goes on
