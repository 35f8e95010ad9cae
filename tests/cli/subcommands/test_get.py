"""`ftrack-orm get` prints one entity."""

from __future__ import annotations

import re

import pytest

from tests.cli.terminals import run_in_pipe, run_in_terminal

pytestmark = pytest.mark.usefixtures("demo")


def test_an_entity_is_found_by_its_id_or_its_name() -> None:
    by_name = run_in_pipe("get", "Status", "Approved", "--json").json
    assert (by_name["name"], by_name["state.name"]) == ("Approved", "Done")
    assert run_in_pipe("get", "Status", by_name["id"], "--json").json == by_name


def test_a_pipe_gets_a_line_for_each_value() -> None:
    (shot, *_) = run_in_pipe("query", "Shot where metadata any (key is camera)", "--json").json
    lines = dict(line.split("\t", 1) for line in run_in_pipe("get", "Shot", shot["id"]).lines)
    assert lines["name"] == shot["name"]
    assert lines["link"].endswith(f" / {shot['name']}")
    assert {"metadata.camera", "custom_attributes.fstart", "status.name"} <= set(lines)
    values = run_in_pipe("get", "Shot", shot["id"], "--json").json
    assert str(values["custom_attributes"]["fstart"]) == lines["custom_attributes.fstart"]


def test_columns_are_selected() -> None:
    (shot, *_) = run_in_pipe("query", "Shot", "--json").json
    ran = run_in_pipe("get", "Shot", shot["id"], "--select", "name,status", "--select", "custom_attributes.fstart")
    assert [line.split("\t")[0] for line in ran.lines] == ["name", "status.name", "custom_attributes.fstart"]


def test_a_terminal_shows_the_name_of_a_status_in_its_colour() -> None:
    ran = run_in_terminal("get", "Status", "Approved", columns=40, COLORTERM="truecolor")
    assert "\x1b[38;2;28;188;144mApproved" in ran.output
    assert all(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) <= 40 for line in ran.lines)


def test_a_longer_key_has_parts() -> None:
    (entry, *_) = run_in_pipe("query", "Metadata where key is camera", "--json").json
    ran = run_in_pipe("get", "Metadata", f"{entry['parent_id']},camera", "--json")
    assert ran.json["value"] == entry["value"]
    ran = run_in_pipe("get", "Metadata", "camera")
    assert (ran.code, ran.output) == (2, "")
    assert "parent_id,key" in ran.errors


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["Status", "Aproved"], 4, "Did you mean 'Approved'"),
        (["Status", "00000000-0000-0000-0000-000000000000"], 4, "There is no Status"),
        (["Task", "Compositing"], 4, "Several entities of type Task"),
        (["Taks", "x"], 2, "Did you mean 'Task'"),
        (["Status", "Approved", "--select", "nam"], 2, "Did you mean 'name'"),
        (["Status"], 2, "Missing argument"),
    ],
)
def test_what_is_not_found_has_an_exit_code_of_its_own(arguments: list[str], code: int, message: str) -> None:
    ran = run_in_pipe("get", *arguments)
    assert (ran.code, ran.output) == (code, "")
    assert message in ran.errors
