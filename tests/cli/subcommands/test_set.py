"""`ftrack-orm set` shows the plan, asks, and changes entities."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.cli.terminals import run_in_pipe, run_in_terminal


@pytest.fixture
def task(demo: Sandbox) -> str:
    """The id of a task in the status "In progress", with a bid of an hour."""
    with Session(demo.url, demo.api_key, demo.api_user) as session:
        found: Any = session.query("Task where status.name is 'In progress' or name like '%'").first()
        found.status = session.query("Status where name is 'In progress'").one()
        found.bid = 3600
        found.metadata["by"] = "fixture"
        session.commit()
        return str(found.id)


def values(task: str) -> dict[str, Any]:
    found: dict[str, Any] = run_in_pipe("get", "Task", task, "--json").json
    return found


def test_a_terminal_shows_the_plan_and_asks(task: str) -> None:
    ran = run_in_terminal("set", "Task", task, "status=Approved", "bid=7200", answers="y\n", COLORTERM="truecolor")
    assert ran.code == 0
    assert "Change 2 values of 1 entity?" in ran.output
    assert "\x1b[38;2;28;188;144mApproved" in ran.output
    plain = re.sub(r"\x1b\[[0-9;]*m", "", ran.output)
    assert re.search(r"status +In progress +Approved", plain)
    assert re.search(r"bid +3600\.0 +7200", plain)
    assert plain.rstrip().endswith("saved")
    assert (values(task)["status.name"], values(task)["bid"]) == ("Approved", 7200)


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_nothing_is_changed_without_a_yes(task: str, answer: str) -> None:
    ran = run_in_terminal("set", "Task", task, "status=Approved", answers=answer)
    assert ran.code == 0
    assert "nothing was changed" in ran.output
    assert values(task)["status.name"] == "In progress"


def test_a_pipe_cannot_be_asked_and_has_an_option(task: str) -> None:
    ran = run_in_pipe("set", "Task", task, "status=Approved")
    assert ran.code == 2
    assert "--yes" in ran.errors
    assert values(task)["status.name"] == "In progress"
    ran = run_in_pipe("set", "Task", task, "status=Approved", "--yes")
    assert (ran.code, ran.errors) == (0, "")
    assert ran.lines[0] == "entity\tattribute\told\tnew"
    assert ran.lines[1].split("\t")[1:] == ["status", "In progress", "Approved"]
    assert values(task)["status.name"] == "Approved"


def test_a_dry_run_shows_the_plan_and_asks_nothing(task: str) -> None:
    ran = run_in_pipe("set", "Task", task, "status=Approved", "metadata.by=script", "--dry-run", "--json")
    assert ran.code == 0
    assert ran.json["saved"] is False
    assert [(each["attribute"], each["old"], each["new"]) for each in ran.json["changes"]] == [
        ("status", "In progress", "Approved"),
        ("metadata.by", "fixture", "script"),
    ]
    assert {each["action"] for each in ran.json["operations"]} == {"update"}
    assert values(task)["status.name"] == "In progress"


def test_values_are_converted_to_the_types_of_their_attributes(task: str) -> None:
    arguments = ["end_date=2026-01-31T18:00:00Z", "custom_attributes.difficulty=hard", "metadata.key=a=b"]
    assert run_in_pipe("set", "Task", task, *arguments, "--yes", "--json").json["saved"] is True
    found = values(task)
    assert found["end_date"] == "2026-01-31T18:00:00+00:00"
    assert found["custom_attributes"]["difficulty"] == ["hard"]
    assert found["metadata"]["key"] == "a=b"
    assert run_in_pipe("set", "Task", task, "end_date=", "--yes").code == 0
    assert values(task)["end_date"] is None


def test_several_entities_are_changed_in_one_commit(demo: Sandbox) -> None:
    first, second = [each["id"] for each in run_in_pipe("query", "Task", "--limit", "2", "--json").json]
    ran = run_in_pipe("set", "Task", first, second, first, "bid=100", "--yes", "--json").json
    assert {each["entity_key"][0] for each in ran["operations"]} == {first, second}
    assert {values(first)["bid"], values(second)["bid"]} == {100}


def test_values_that_are_set_already_are_no_changes(task: str) -> None:
    ran = run_in_pipe("set", "Task", task, "status=In progress", "--json")
    assert (ran.code, ran.json) == (0, {"changes": [], "operations": [], "saved": False})
    assert "nothing to change" in run_in_terminal("set", "Task", task, "bid=3600").output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["status=Aproved"], 4, "Did you mean 'Approved'"),
        (["stats=Approved"], 2, "Did you mean 'status'"),
        (["bid=much"], 2, "Task.bid is a number"),
        (["id=x"], 2, "can only be set when"),
        (["time_logged=5"], 2, "time_logged"),
        (["parent.name=x"], 2, "set Context ID name=x"),
        (["metadata=x"], 2, "metadata.KEY=VALUE"),
        (["timelogs=x"], 2, "has many entities"),
        (["custom_attributes.difficulty=impossible"], 2, "'easy', 'medium', 'hard'"),
        (["custom_attributes.diffculty=easy"], 2, "difficulty"),
        ([], 2, "NAME=VALUE"),
    ],
)
def test_an_error_changes_nothing(task: str, arguments: list[str], code: int, message: str) -> None:
    ran = run_in_pipe("set", "Task", task, *arguments, *(["bid=1"] if arguments else []), "--yes")
    assert (ran.code, ran.output) == (code, "")
    assert message in ran.errors
    assert values(task)["bid"] == 3600


def test_a_change_of_another_user_meanwhile_is_not_overwritten(
    task: str, demo: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other user changes the value while the question is asked."""

    def answer(question: str, option: str = "--yes") -> bool:
        with Session(demo.url, demo.api_key, demo.api_user) as session:
            other: Any = session.get("Task", task)
            other.bid = 50
            session.commit()
        return True

    monkeypatch.setattr("ftrack_orm.cli.subcommands.set.confirm", answer)
    ran = run_in_pipe("set", "Task", task, "bid=100", "--json")
    assert ran.code == 7
    assert json.loads(ran.errors.splitlines()[-1])["exit_code"] == 7
    assert values(task)["bid"] == 50
