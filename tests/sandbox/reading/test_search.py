"""Searches as a client sends them, on the small production of the studio (see `Studio.produce`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.parser import parse
from ftrack_orm.sandbox.reading import search
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.wire.operations import SearchOperation
from tests.sandbox.studio import Studio

SHOT = "bad911de-3bd6-47b9-8b46-3476e237cb36"


def searching(entity_type: str, terms: Iterable[str], expression: str = "", **restrictions: Any) -> dict[str, Any]:
    expression = expression or f"select id from {entity_type}"
    return {
        "action": "search",
        "entity_type": entity_type,
        "expression": expression,
        "terms": list(terms),
        **restrictions,
    }


@pytest.fixture
def search_ids(production: Studio) -> Callable[..., list[str]]:
    """Search, and return the ids of the results."""

    def run(*arguments: Any, **restrictions: Any) -> list[str]:
        (reply,) = production.call(searching(*arguments, **restrictions))
        return [entity["id"] for entity in reply["data"]]

    return run


@pytest.mark.parametrize(
    ("entity_type", "terms", "expected"),
    [
        ("Task", ["animation"], ["T1"]),
        ("Task", ["ANIM"], ["T1"]),
        ("Task", ["sh010"], ["T1", "T2"]),
        ("Task", ["sh010", "light"], ["T2"]),
        ("Task", ["sq010", "film", "sh010", "im"], ["T1"]),
        ("Task", ["sh010 light"], []),
        ("Task", ["animation", "lighting"], []),
        ("Task", ["%"], []),
        ("Task", ["a%n"], []),
        ("Task", ["a_i"], []),
        ("Task", [], ["T1", "T2"]),
        ("Shot", ["010"], ["H"]),
        ("TypedContext", ["010"], ["H", "Q", "T1", "T2"]),
        ("Context", ["film"], ["H", "P", "Q", "T1", "T2"]),
        ("Project", ["fil"], ["P"]),
        ("Asset", ["plate"], ["A"]),
        ("Asset", ["sh010", "film", "sq"], ["A"]),
        ("AssetVersion", ["plate", "sh010", "sq010", "film"], ["V"]),
        ("AssetVersion", ["animation"], []),
        ("User", ["jan"], ["user-jane"]),
        ("Status", ["not"], ["status-first"]),
    ],
)
def test_all_terms_are_searched_in_an_entitys_texts_and_in_its_contexts(
    search_ids: Callable[..., list[str]], entity_type: str, terms: list[str], expected: list[str]
) -> None:
    assert sorted(search_ids(entity_type, terms)) == expected


@pytest.mark.parametrize(
    ("entity_type", "context", "expected"),
    [
        ("TypedContext", "P", ["H", "Q", "T1", "T2"]),
        ("TypedContext", "H", ["H", "T1", "T2"]),
        ("TypedContext", "T1", ["T1"]),
        ("TypedContext", "elsewhere", []),
        ("Context", "P", ["H", "P", "Q", "T1", "T2"]),
        ("Project", "P", ["P"]),
        ("Asset", "Q", ["A"]),
        ("Asset", "H", ["A"]),
        ("Asset", "T1", []),
        ("AssetVersion", "P", ["V"]),
        ("AssetVersion", "H", ["V"]),
        ("AssetVersion", "T1", []),
    ],
)
def test_a_search_is_restricted_to_a_context(
    search_ids: Callable[..., list[str]], entity_type: str, context: str, expected: list[str]
) -> None:
    assert sorted(search_ids(entity_type, [], context_id=context)) == expected


@pytest.mark.parametrize("entity_type", ["TypedContext", "AssetVersion", "Project", "ReviewSession", "List"])
def test_empty_texts_stand_for_no_context_and_no_term(production: Studio, entity_type: str) -> None:
    # As published applications search, in an expression with newlines.
    production.create("ReviewSession", id="R", name="dailies", project_id="P")
    production.create("List", id="L", name="dailies", project_id="P", category_id="category")
    expression = f"select id\n  from {entity_type}\n  order by id desc\n  limit 10"
    (everything,) = production.call({"action": "query", "expression": f"select id from {entity_type} order by id desc"})
    (reply,) = production.call(searching(entity_type, [""], expression, context_id=""))
    assert reply["data"] == everything["data"] != []


@pytest.mark.parametrize(("context", "expected"), [("P", ["R"]), ("Q", [])])
def test_review_sessions_and_lists_are_searched_by_project(
    production: Studio, search_ids: Callable[..., list[str]], context: str, expected: list[str]
) -> None:
    production.create("ReviewSession", id="R", name="dailies", project_id="P")
    assert search_ids("ReviewSession", ["dai"], context_id=context) == expected


def test_a_search_is_restricted_to_object_types(search_ids: Callable[..., list[str]]) -> None:
    assert search_ids("TypedContext", ["sh010"], object_type_ids=[SHOT]) == ["H"]
    assert search_ids("Context", ["film"], object_type_ids=[SHOT]) == ["H"]


def test_a_search_is_restricted_to_its_expression(search_ids: Callable[..., list[str]]) -> None:
    assert search_ids("Task", ["sh010"], "select id from Task where name is lighting or name is x") == ["T2"]


def test_the_reply_is_that_of_a_query_with_its_pages(production: Studio) -> None:
    expression = "select name, parent.name from Task order by name limit 1"
    (reply,) = production.call(searching("Task", ["sh010"], expression))
    assert (reply["action"], reply["metadata"]) == ("search", {"next": {"offset": 1}})
    (first,) = reply["data"]
    assert (first["name"], first["parent"]["name"]) == ("animation", "sh010")
    (reply,) = production.call(searching("Task", ["sh010"], expression + " offset 1"))
    assert ([task["name"] for task in reply["data"]], reply["metadata"]) == (["lighting"], {"next": {"offset": None}})


def test_a_search_sees_the_writes_of_the_same_request(production: Studio) -> None:
    created = production.creating("Task", id="T3", name="comp", parent=production.ref("Shot", "H"))
    replies = production.call(created, searching("Task", ["comp"]))
    assert [task["id"] for task in replies[1]["data"]] == ["T3"]


@pytest.mark.parametrize(
    ("operation", "error", "text"),
    [
        (searching("Task", ["x"], "select id from Shot"), "ValidationError", "its expression selects Shot"),
        (searching("Tsk", ["x"], "select id from Task"), "KeyError", "'Task'"),
        (searching("Task", ["x"], "select id from Task where"), "ParseError", "Failed to parse: select id from Task"),
        (searching("User", ["x"], context_id="P"), "NotImplementedError", "which contexts entities of User belong to"),
        (searching("Asset", ["x"], object_type_ids=[SHOT]), "NotImplementedError", "Asset by object types"),
        (searching("Appointment", ["x"]), "NotImplementedError", "no text of Appointment to search by"),
    ],
)
def test_an_impossible_search_is_refused_by_name(
    production: Studio, operation: dict[str, Any], error: str, text: str
) -> None:
    name, content = production.refused(operation)
    assert (name, text in content) == (error, True), content


def test_terms_cannot_change_the_query(ftrack_tables: Tables) -> None:
    term = '" or id is_not none or name like "'
    select = search.apply_search(parse("Status"), SearchOperation("Status", "Status", (term,)), ftrack_tables.schema)
    assert parse(compile_select(select)) == select
    assert select.criterion is not None
