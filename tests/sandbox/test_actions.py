"""The actions of the server, and the batches they are executed in."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ftrack_orm.sandbox.actions import UNSUPPORTED_ACTIONS
from tests.sandbox.studio import Studio


def query(expression: str) -> dict[str, Any]:
    return {"action": "query", "expression": expression}


# -- batches ------------------------------------------------------------------------------------------------------


def test_replies_are_in_the_order_of_the_operations(production: Studio) -> None:
    replies = production.call(
        query("select id from Project"),
        production.creating("Scope", id="s", name="s"),
        production.updating("Scope", ["s"], name="t"),
        production.deleting("Scope", ["s"]),
        production.deleting("Task", ["T1"]),
        {"action": "query_server_information"},
    )
    assert [reply.get("action") for reply in replies] == ["query", "create", "update", "delete", "delete", None]


def test_reads_see_the_writes_before_them_in_the_batch(production: Studio) -> None:
    replies = production.call(
        query('select name from Task where parent_id is "H"'),
        production.creating("Task", id="T3", name="new", parent_id="H"),
        production.updating("Task", ["T1"], name="renamed"),
        production.deleting("Task", ["T2"]),
        query('select name from Task where parent_id is "H"'),
        query('select id from Task where ancestors any (id is "Q") and id is "T3"'),
    )
    assert {task["name"] for task in replies[0]["data"]} == {"animation", "lighting"}
    assert {task["name"] for task in replies[4]["data"]} == {"renamed", "new"}
    assert len(replies[5]["data"]) == 1


def test_an_entity_is_sent_once_in_a_response_and_then_referred_to(production: Studio) -> None:
    first, second = production.call(query('select name from Task where id is "T1"'), query("select name from Task"))
    assert first["data"][0]["name"] == "animation"
    assert [task.get("name") for task in second["data"] if task["id"] == "T1"] == [None]


def test_a_page_has_the_offset_of_the_next_one(production: Studio) -> None:
    (reply,) = production.call(query("select id from Task limit 1"))
    assert (len(reply["data"]), reply["metadata"]) == (1, {"next": {"offset": 1}})
    (reply,) = production.call(query("select id from Task offset 1 limit 1"))
    assert (len(reply["data"]), reply["metadata"]) == (1, {"next": {"offset": None}})


def test_creating_many_entities_takes_few_statements_each(production: Studio) -> None:
    production.statements.clear()
    production.call(*(production.creating("Task", name=f"t{number}", parent_id="H") for number in range(200)))
    assert len(production.statements) < 200 * 2 + 40


# -- actions ------------------------------------------------------------------------------------------------------


def test_schemas_are_returned_bare_and_match_the_hash_in_the_server_information(studio: Studio) -> None:
    schemas, information = studio.call({"action": "query_schemas"}, {"action": "query_server_information"})
    assert len(schemas) == 116
    # As the official client checks its cache.
    assert information["schema_hash"] == hashlib.md5(json.dumps(schemas, sort_keys=True).encode()).hexdigest()
    assert set(information) == {"storage_scenario", "schema_hash", "version", "is_timezone_support_enabled"}


def test_values_choose_the_server_information(studio: Studio) -> None:
    (reply,) = studio.call(
        {"action": "query_server_information", "values": ["user_information", "workday_length", "unknown"]}
    )
    assert set(reply) == {"user_information", "workday_length"}
    assert (reply["user_information"]["id"], reply["user_information"]["username"]) == ("user-jane", "jane")


def test_an_action_of_no_server_is_refused_with_the_text_clients_look_for(studio: Studio) -> None:
    _, text = studio.refused({"action": "make_coffee"})
    assert text == "Invalid action u'make_coffee'"


@pytest.mark.parametrize("action", sorted(UNSUPPORTED_ACTIONS))
def test_an_action_of_real_servers_only_is_refused_by_name(studio: Studio, action: str) -> None:
    name, text = studio.refused({"action": action, "expression": "Task", "entity_type": "Task", "terms": ["x"]})
    assert (name, repr(action) in text) == ("NotImplementedError", True)


# -- queries ------------------------------------------------------------------------------------------------------


def test_an_invalid_query_is_quoted(studio: Studio) -> None:
    name, text = studio.refused(query("select name from Task where"))
    assert name == "ParseError"
    assert text.startswith("Failed to parse: select name from Task where. ")


@pytest.mark.parametrize(
    ("expression", "suggested"), [("select nmae from Task", "'name'"), ("select name from Taks", "'Task'")]
)
def test_an_unknown_name_in_a_query_is_refused_with_the_nearest(
    studio: Studio, expression: str, suggested: str
) -> None:
    name, text = studio.refused(query(expression))
    assert (name, suggested in text) == ("KeyError", True)
