"""Questions on a terminal, and without one."""

from __future__ import annotations

import pytest

from ftrack_orm.cli.command import command
from ftrack_orm.cli.output import Output
from ftrack_orm.cli.questions import ask, confirm
from tests.cli.terminals import run_in_pipe, run_in_terminal


@command("ftrack-orm question")
def question(output: Output) -> None:
    """Ask two questions."""
    output.write_json([ask("Name", "Pass --name.", default="jane"), confirm("Go on?")])


@pytest.mark.parametrize(
    ("answers", "result"),
    [("\ny\n", '"jane",\n  true'), ("joe\nn\n", '"joe",\n  false'), ("joe\n\n", '"joe",\n  false')],
    ids=["defaults", "no", "empty"],
)
def test_a_terminal_is_asked(answers: str, result: str) -> None:
    ran = run_in_terminal(answers=answers, command=question)
    assert "Name [jane]: " in ran.output
    assert "Go on? [y/N]: " in ran.output
    assert result in ran.output


def test_without_a_terminal_the_error_names_the_option() -> None:
    ran = run_in_pipe(command=question, stdin="joe\ny\n")
    assert ran.code == 2
    assert "Name is needed, and there is no terminal to ask for it on. Pass --name." in ran.errors
    assert ran.output == ""
