"""The steps of the demo, and their numbers of requests."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from ftrack_orm import Session
from ftrack_orm.cli.demonstration import Steps
from ftrack_orm.wire.operations import QueryServerInformationOperation
from tests.cli.terminals import run_in_pipe, run_in_terminal
from tests.property_settings import IN_FULL


@pytest.fixture(scope="module")
def output() -> str:
    """The output of `ftrack-orm demo` with a small demo production, in a terminal of 80 columns without colours."""
    ran = run_in_terminal("demo", "--tasks", "800", NO_COLOR="1")
    assert ran.code == 0
    assert [line for line in ran.lines if len(line) > 80 or "\x1b" in line] == []
    return ran.output


@pytest.mark.skipif(not IN_FULL, reason="the demo takes a second")
def test_the_costs_of_the_steps_are_json() -> None:
    ran = run_in_pipe("demo", "--tasks", "800", "--json")
    assert ran.code == 0
    assert {step["step"]: step["requests"] for step in ran.json}["Read 500 tasks without a projection"] == 1


def steps_in(output: str) -> list[tuple[str, int]]:
    """Return the title and the number of requests of every step."""
    matches = re.findall(r"^\d+\. (.+)\n(?:.*\n)*?   (\d+) requests?, \d+ ms$", output, re.MULTILINE)
    return [(title, int(count)) for title, count in matches]


def test_the_demo_prints_the_steps_and_a_summary(output: str) -> None:
    steps = steps_in(output)
    assert len(steps) >= 5
    assert steps[0][0].startswith("Connect")
    assert "Summary" in output


def test_reading_hundreds_of_tasks_and_their_relations_takes_at_most_six_requests(output: str) -> None:
    steps = steps_in(output)
    connect, read, follow = (count for _, count in steps[:3])
    assert connect == 1
    assert read == 1
    assert connect + read + follow <= 6


def test_the_changes_are_committed_in_one_request(output: str) -> None:
    (commit,) = [count for title, count in steps_in(output) if "in one commit" in title]
    assert commit == 1
    assert "200 modified and 50 created" in output
    assert "250 operations sent" in output


def test_the_result_is_read_back_in_at_most_two_requests(output: str) -> None:
    (read_back,) = [count for title, count in steps_in(output) if "Read the result back" in title]
    assert read_back <= 2
    assert "200 of 200 changed tasks are approved" in output
    assert "50 of 50 created tasks exist" in output


def test_a_step_counts_its_own_requests(session: Session) -> None:
    steps = Steps()
    steps._console = Console(file=io.StringIO(), highlight=False)
    with steps.step("Call twice", session):
        session.call([QueryServerInformationOperation()])
        session.call([QueryServerInformationOperation()])
        steps.print_detail("called [twice]")
    with steps.step("Call nothing", session):
        pass
    steps.print_summary()
    assert isinstance(steps._console.file, io.StringIO)
    assert [(step["step"], step["requests"]) for step in steps.costs] == [("Call twice", 2), ("Call nothing", 0)]
    output = steps._console.file.getvalue()
    assert [count for _, count in steps_in(output)] == [2, 0]
    assert "   called [twice]" in output
