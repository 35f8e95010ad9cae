"""`ftrack-orm describe` shows entity types."""

from __future__ import annotations

import re

import pytest

from tests.cli.terminals import run_in_pipe, run_in_terminal

pytestmark = pytest.mark.usefixtures("demo")


def test_a_pipe_gets_a_line_for_each_attribute() -> None:
    ran = run_in_pipe("describe", "Task")
    assert (ran.code, ran.errors) == (0, "")
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in ran.lines}
    assert rows["status"] == ["-> Status", ""]
    assert rows["status_id"] == ["text", "required, the key of status"]
    assert rows["assignments"][0] == "-> several Appointment"
    assert rows["custom_attributes.difficulty"] == ["enumerator", "Difficulty, easy | medium | hard"]


def test_json_has_the_facts_of_the_schema() -> None:
    described = run_in_pipe("describe", "Shot", "--json").json
    assert (described["entity_type"], described["bases"]) == ("Shot", ["TypedContext", "Context"])
    attributes = {each["name"]: each for each in described["attributes"]}
    assert attributes["status"]["type"] == "Status"
    assert attributes["id"]["settable"] == "on creation only"
    assert ["parent", "parent_id", "project", "project_id"] in described["needs"]
    assert {"fstart", "fend"} <= {each["key"] for each in described["custom_attributes"]}
    assert "create_note" in described["members"]


def test_a_terminal_says_what_a_new_entity_needs() -> None:
    ran = run_in_terminal("describe", "Timelog")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", ran.output)
    assert plain.splitlines()[0].startswith("Timelog")
    assert "new entities need: " in plain
    assert max(map(len, plain.splitlines())) <= 80


def test_without_a_type_all_are_listed() -> None:
    ran = run_in_pipe("describe")
    assert ran.lines[0] == "type\tbases\tattributes"
    assert any(line.startswith("Shot\tTypedContext, Context\t") for line in ran.lines)


def test_an_unknown_type_is_an_error_with_near_names() -> None:
    ran = run_in_pipe("describe", "Taks")
    assert (ran.code, ran.output) == (2, "")
    assert "Did you mean 'Task'" in ran.errors
