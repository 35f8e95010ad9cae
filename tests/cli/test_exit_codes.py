"""Exit codes, and the messages of errors that end a command."""

from __future__ import annotations

import subprocess
from typing import Any

import click
import pytest

from ftrack_orm import errors
from ftrack_orm.cli.command import command
from ftrack_orm.cli.exit_codes import ExitCode, code_of, exit_on_errors
from ftrack_orm.cli.output import Output
from tests.assertions import existing
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import Ran, run_in_pipe, run_in_terminal


def all_errors() -> list[type[errors.FtrackError]]:
    return [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.FtrackError)]


def run_failing(error: BaseException, *arguments: str, terminal: bool = False, **environment: Any) -> Ran:
    """Run a command that raises an error."""

    @command("ftrack-orm fail")
    def fail(output: Output) -> None:
        raise error

    class Group(click.Group):
        def invoke(self, ctx: click.Context) -> Any:
            with exit_on_errors(ctx):
                return super().invoke(ctx)

    group = Group(commands={"fail": fail})
    if terminal:
        return run_in_terminal("fail", *arguments, command=group, **environment)
    return run_in_pipe("fail", *arguments, command=group)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ServerError("x"), ExitCode.FAILED),
        (errors.UnknownAttribute("x"), ExitCode.USAGE),
        (errors.SettingsError("x", setting="timeout"), ExitCode.USAGE),
        (errors.SettingsError("x", missing=("api_key",)), ExitCode.DENIED),
        (errors.NoResult("x"), ExitCode.NOT_FOUND),
        (errors.ResourceNotFound("x"), ExitCode.NOT_FOUND),
        (errors.AuthenticationError("x"), ExitCode.DENIED),
        (errors.RequestTimeout("x"), ExitCode.UNREACHABLE),
        (errors.CommitConflict("x"), ExitCode.CONFLICT),
        (errors.CommitOutcomeUnknown("x"), ExitCode.UNKNOWN_OUTCOME),
        (FileNotFoundError(2, "No such file", "/a/b"), ExitCode.NOT_FOUND),
        (IsADirectoryError(21, "Is a directory", "/a"), ExitCode.FAILED),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_ends_with_its_code_and_its_message_on_the_error_output(error: BaseException, code: ExitCode) -> None:
    ran = run_failing(error)
    assert ran.code == code
    assert ran.output == ""
    assert len(ran.errors.splitlines()) == 1
    assert "Traceback" not in ran.errors


def test_each_error_of_the_library_has_a_code_that_is_no_success() -> None:
    for kind in all_errors():
        assert 0 < code_of(kind("x")) < ExitCode.INTERRUPTED, kind


def test_with_json_an_error_is_an_object() -> None:
    ran = run_failing(errors.NoResult("No task\nis there."), "--json")
    assert Ran(0, ran.errors).json == {
        "error": "NoResult",
        "message": "No task\nis there.",
        "exit_code": 4,
        "documentation": errors.NoResult.documentation,
    }


@pytest.mark.usefixtures("account")
def test_with_json_an_error_of_usage_is_an_object() -> None:
    for arguments in (["publish", "x", "{"], ["publish", "--nope"], ["pubilsh"], ["publish"]):
        ran = run_in_pipe(*arguments, "--json")
        record = Ran(0, ran.errors).json
        assert (ran.code, ran.output, record["exit_code"]) == (2, "", 2), arguments
        assert record["message"], arguments


def test_a_message_cannot_act_on_the_terminal() -> None:
    ran = run_failing(errors.NoResult("a \x1b]0;title\x07 b"), terminal=True, NO_COLOR="1")
    assert ran.lines[0] == "NoResult: a \\x1b]0;title\\x07 b"


def test_an_error_is_red_on_a_terminal_with_the_address_of_its_page() -> None:
    assert run_failing(errors.NoResult("gone"), terminal=True).lines == [
        "\x1b[31mNoResult: gone\x1b[0m",
        "\x1b[2mSee\x1b[0m",
        f"\x1b[2m{errors.NoResult.documentation}\x1b[0m",
    ]


def test_an_error_of_the_system_has_no_number() -> None:
    assert run_failing(OSError(28, "No space left on device")).errors == "OSError: No space left on device\n"


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run_failing(ZeroDivisionError())


def test_a_reader_that_ends_early_ends_the_command_quietly() -> None:
    process = subprocess.Popen(
        command_line("completion", "zsh"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    existing(process.stdout).close()
    process.stdout = None
    _, text = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (process.returncode, text) == (ExitCode.PIPE_CLOSED, b"")


def test_each_code_has_a_meaning() -> None:
    assert all(code.meaning.endswith(".") for code in ExitCode)
