"""The table of commands, its help, and the ends of commands by errors."""

from __future__ import annotations

import errno
import itertools
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ftrack_orm.cli.command import Command
from ftrack_orm.cli.commands import COMMANDS, commands
from ftrack_orm.cli.subcommands.sandbox import clear_system_errors
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import run_in_pipe, run_in_terminal


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command line in a process and an empty folder.

    *without* is the name of a package that the process cannot import.
    """

    def run(*arguments: str, without: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command_line(*arguments, without=without),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            cwd=tmp_path,
            env=ENVIRONMENT,
        )

    return run


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(commands, arguments, prog_name="ftrack-orm")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["sandbox", "--seed", "dmeo"], 2, "There is no seed 'dmeo'.*Did you mean 'demo'"),
        (["demo", "--seed", "dmeo"], 2, "There is no seed 'dmeo'.*Did you mean 'demo'"),
        (["sandbox", "--seed", "empty", "--tasks", "5"], 2, "Only the seed 'demo' has tasks"),
        (["demo", "--seed", "empty"], 1, "no tasks to show"),
        (["sandbox", "--seed", "empty", "--schema", "notes.txt"], 2, r"notes\.txt cannot be read"),
        (["sandbox", "--seed", "empty", "--schema", "invalid.json"], 2, "without a usable id"),
    ],
)
def test_an_error_of_the_user_exits_with_its_message(
    invoke: Callable[..., Result], tmp_path: Path, arguments: Any, code: int, message: str
) -> None:
    (tmp_path / "notes.txt").write_text("not a schema")
    (tmp_path / "invalid.json").write_text('[{"name": "a type without id"}]')
    result = invoke(*arguments)
    assert result.exit_code == code
    assert type(result.exception) is SystemExit
    assert re.search(message, result.output)


def test_an_error_is_printed_on_standard_error_without_a_traceback(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port_in_use = str(listener.getsockname()[1])
        process = run("sandbox", "--seed", "empty", "--port", port_in_use)
    assert process.returncode == 1
    assert process.stderr == (
        f"Error: The embedded server cannot run: the port {port_in_use} is in use by another program. "
        "Pass another port, or leave out --port for a free one.\n"
    )
    assert process.stdout == ""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EADDRINUSE, "bind"), "the port 80 is in use"),
        (OSError(errno.EACCES, "bind"), "this user may not use the port 80. Pass a port from 1024 on"),
        (OSError(errno.ENOSPC, "No space left on device"), "cannot run: No space left on device"),
        (OSError(errno.EACCES, "Permission denied", "files"), "cannot run: Permission denied: files"),
        (OSError("no number"), "cannot run: no number"),
    ],
    ids=str,
)
def test_an_error_of_the_system_has_a_text_without_a_number(error: OSError, message: str) -> None:
    with pytest.raises(click.ClickException) as caught, clear_system_errors(80):
        raise error
    assert message in caught.value.message
    assert "[Errno" not in caught.value.message


@pytest.mark.parametrize(
    "arguments",
    [["sandbox", "--tasks", "0"], ["sandbox", "--port", "-1"], ["sandbox", "--schema", "no.json"], ["sanbox"]],
)
def test_invalid_arguments_exit_with_the_usage(invoke: Callable[..., Result], arguments: Any) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.output.startswith("Usage: ftrack-orm")


@pytest.mark.parametrize(
    ("package", "arguments", "extra", "code"),
    [
        ("click", ["--help"], "cli", 1),
        ("aiohttp", ["sandbox", "--seed", "empty"], "sandbox", 2),
        ("sqlalchemy", ["sandbox", "--seed", "empty"], "sandbox", 2),
        ("rich", ["demo"], "cli", 1),
        ("aiohttp", ["demo"], "sandbox", 2),
    ],
)
def test_a_missing_package_is_named_with_the_extra_that_installs_it(
    run: Callable[..., subprocess.CompletedProcess[str]], package: str, arguments: Any, extra: str, code: int
) -> None:
    process = run(*arguments, without=package)
    assert process.returncode == code
    assert re.search(rf"needs the package {package}: pip install 'ftrack-orm\[.*{extra}.*\]'", process.stderr)
    assert "Traceback" not in process.stderr


# -- the table and the help -------------------------------------------------------------------------------------------


def all_commands() -> dict[str, click.Command]:
    """Return each command that does something, by its whole name."""
    context = click.Context(commands, info_name="ftrack-orm")
    found: dict[str, click.Command] = {}
    waiting = [(name, commands.get_command(context, name)) for name in commands.list_commands(context)]
    for name, command in waiting:
        assert command is not None
        if isinstance(command, click.Group):
            inner = click.Context(command)
            waiting += [(f"{name} {each}", command.get_command(inner, each)) for each in command.list_commands(inner)]
        else:
            found[name] = command
    return found


def test_help_lists_the_commands_of_the_table_and_imports_none_of_them() -> None:
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv = ['ftrack-orm', '-h']; from ftrack_orm.cli import main\n"
            "try: main()\n"
            "finally: print([name for name in sys.modules if name.startswith(('ftrack_orm', 'rich'))])",
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        env=ENVIRONMENT,
    )
    text, _, modules = process.stdout.rpartition("[")
    assert all(f"  {name} " in text for name in COMMANDS)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "subcommands" not in modules
    assert "rich" not in modules
    assert "ftrack_orm.session" not in modules


def test_each_command_has_json_a_docstring_and_examples_that_name_it() -> None:
    for name, command in all_commands().items():
        assert "--json" in {option for parameter in command.params for option in parameter.opts}, name
        assert command.help, name
        assert isinstance(command, Command), name
        assert command.examples, name
        for example in command.examples:
            assert f"ftrack-orm {name}" in example, name


def test_the_examples_fit_the_options_of_their_commands() -> None:
    """Each example is parsed by the command, as a shell passes it."""
    for name, command in all_commands().items():
        assert isinstance(command, Command)
        for example in command.examples:
            words = shlex.split(example[example.index(f"ftrack-orm {name}") :].partition(" | ")[0], comments=True)
            words = list(itertools.takewhile(lambda word: word not in (">", ">>", "|", "<", "&&"), words))
            arguments = words[1 + len(name.split()) :]
            context = click.Context(command, info_name=name, resilient_parsing=True)
            command.make_parser(context).parse_args(list(arguments))


def test_the_help_of_each_group_has_an_example_of_each_of_its_commands() -> None:
    context = click.Context(commands, info_name="ftrack-orm")
    for name in commands.list_commands(context):
        group = commands.get_command(context, name)
        if isinstance(group, click.Group):
            text = group.get_help(click.Context(group, info_name=name, parent=context))
            for each in group.commands:
                assert f"\n  $ ftrack-orm {name} {each} " in text


@pytest.mark.parametrize("columns", [80, 50])
def test_the_help_of_each_command_fits_the_columns(columns: int) -> None:
    for name in ["", *all_commands()]:
        ran = run_in_terminal(*name.split(), "--help", columns=columns)
        assert ran.code == 0, name
        assert [line for line in ran.lines if len(line) > columns] == [], name
        assert "Examples:" in ran.output, name


def test_the_summaries_of_the_table_begin_the_help_of_the_commands() -> None:
    context = click.Context(commands)
    for name, row in COMMANDS.items():
        command = commands.get_command(context, name)
        assert command is not None
        assert (command.help or "").replace("\n", " ").startswith(row.summary), name


def test_a_name_that_is_close_to_a_command_is_suggested() -> None:
    ran = run_in_pipe("completin", "bash")
    assert ran.code == 2
    assert "There is no command 'completin'. Did you mean 'completion'?" in ran.errors
    assert ran.output == ""


def test_the_version_is_printed() -> None:
    assert run_in_pipe("--version").code == 0
