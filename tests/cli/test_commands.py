"""The command line, run as a process or in this process."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import ftrack_orm
from ftrack_orm import Session
from ftrack_orm.cli.commands import commands
from ftrack_orm.sandbox import datamodel
from tests.assertions import existing

MAIN = "import sys; from ftrack_orm.cli import main; sys.argv[0] = 'ftrack-orm'; main()"

#: Makes the processes find the package under test even if it is not installed.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(pathlib.Path(ftrack_orm.__file__).parent.parent)}

#: Seconds after which a command that does not end fails the test.
TIMEOUT_SECONDS = 60


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command line in a process and an empty folder.

    *without* is the name of a package that the process cannot import.
    """

    def run(*arguments: str, without: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(arguments, without),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            cwd=tmp_path,
            env=ENVIRONMENT,
        )

    return run


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts the command line like `run`; the processes are killed after the test."""
    processes = []

    def start(*arguments: str, without: str | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(arguments, without),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=ENVIRONMENT,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def command(arguments: tuple[str, ...], without: str | None) -> list[str]:
    missing = f"import sys; sys.modules[{without!r}] = None; " if without else ""
    return [sys.executable, "-c", missing + MAIN, *arguments]


def first_lines(process: subprocess.Popen[str]) -> dict[str, str]:
    lines = [existing(process.stdout).readline().rstrip("\n").partition("=") for _ in range(3)]
    return {name: value for name, _, value in lines}


# -- sandbox ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_prints_its_address_serves_and_stops_on_a_signal(
    started: Callable[..., subprocess.Popen[str]], signal_number: Any, tmp_path: Path
) -> None:
    process = started("sandbox", "--seed", "empty")
    # The lines can be read from a pipe while the process runs, so each is flushed.
    lines = first_lines(process)
    assert list(lines) == ["FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", lines["FTRACK_SERVER"])
    with Session(
        lines["FTRACK_SERVER"], lines["FTRACK_API_KEY"], lines["FTRACK_API_USER"], schema_cache_path=tmp_path / "cache"
    ) as session:
        assert session.query("User").where(username=lines["FTRACK_API_USER"]).one()
    process.send_signal(signal_number)
    output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (process.returncode, output, errors) == (0, "", "")


def test_sandbox_uses_the_given_port_user_key_and_file(
    started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = ["--port", str(port), "--api-user", "jane", "--api-key", "k-1", "--database", "kept.db"]
    options += ["--storage", "kept files"]
    for _ in range(2):
        process = started("sandbox", "--seed", "empty", *options)
        assert first_lines(process) == {
            "FTRACK_SERVER": f"http://127.0.0.1:{port}",
            "FTRACK_API_USER": "jane",
            "FTRACK_API_KEY": "k-1",
        }
        with Session(f"http://127.0.0.1:{port}", "k-1", "jane", schema_cache_path=False) as session:
            assert session.query("User").where(username="jane").count() == 1
        process.terminate()
        assert process.wait(TIMEOUT_SECONDS) == 0
    assert (tmp_path / "kept.db").exists()
    assert sorted(path.name for path in (tmp_path / "kept files").iterdir()) == ["files", "segments"]


@pytest.mark.parametrize(
    ("options", "content", "message"),
    [
        (["--database", "x"], b"no database" * 100, "The database x cannot be opened or written: it is not an SQLite"),
        (["--schema", "x"], b"{", "The schema file x cannot be read: "),
        (["--schema", "x"], b"[5]", "The schema file x cannot be served: "),
    ],
)
def test_sandbox_exits_with_a_message_that_names_a_damaged_file(
    started: Callable[..., subprocess.Popen[str]], tmp_path: Path, options: list[str], content: bytes, message: str
) -> None:
    (tmp_path / "x").write_bytes(content)
    output, errors = started("sandbox", *options).communicate(timeout=TIMEOUT_SECONDS)
    assert output == ""
    assert errors.startswith(f"SettingsError: {message}")
    assert "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs are files of POSIX systems")
@pytest.mark.parametrize("option", ["--database", "--schema"])
def test_sandbox_refuses_a_fifo_without_waiting(
    started: Callable[..., subprocess.Popen[str]], tmp_path: Path, option: str
) -> None:
    os.mkfifo(tmp_path / "x")
    _, errors = started("sandbox", option, "x").communicate(timeout=TIMEOUT_SECONDS)
    assert "it is a FIFO, not a regular file" in errors
    assert "Traceback" not in errors


def test_sandbox_serves_a_schema_file(started: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    schemas = json.loads(json.dumps(datamodel.load().schemas))
    schemas.append({"id": "Prop", "primary_key": ["id"], "properties": {"id": {"type": "string", "default": "{uid}"}}})
    (tmp_path / "mine.json").write_text(json.dumps(schemas))
    lines = first_lines(started("sandbox", "--seed", "empty", "--schema", "mine.json"))
    with Session(
        lines["FTRACK_SERVER"], lines["FTRACK_API_KEY"], lines["FTRACK_API_USER"], schema_cache_path=False
    ) as session:
        assert "Prop" in session.types


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Return a function that runs the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield lambda *arguments: CliRunner().invoke(commands, arguments, prog_name="ftrack-orm")
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sandbox", "--seed", "dmeo"], "There is no seed 'dmeo'.*Did you mean 'demo'"),
        (["demo", "--seed", "dmeo"], "There is no seed 'dmeo'.*Did you mean 'demo'"),
        (["sandbox", "--seed", "empty", "--tasks", "5"], "Only the seed 'demo' has tasks"),
        (["demo", "--seed", "empty"], "no tasks to show"),
        (["sandbox", "--seed", "empty", "--schema", "notes.txt"], r"notes\.txt cannot be read"),
        (["sandbox", "--seed", "empty", "--schema", "invalid.json"], "without a usable id"),
    ],
)
def test_an_error_of_the_user_exits_with_its_message(
    invoke: Callable[..., Result], tmp_path: Path, arguments: Any, message: str
) -> None:
    (tmp_path / "notes.txt").write_text("not a schema")
    (tmp_path / "invalid.json").write_text('[{"name": "a type without id"}]')
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert type(result.exception) is SystemExit
    assert re.search(message, result.output)


def test_an_error_is_printed_on_standard_error_without_a_traceback(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port_in_use = str(listener.getsockname()[1])
        process = run("sandbox", "--seed", "empty", "--port", port_in_use)
    assert process.returncode == 1
    assert re.search("The embedded server cannot run.*in use", process.stderr)
    assert "Traceback" not in process.stderr
    assert process.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [["sandbox", "--tasks", "0"], ["sandbox", "--port", "-1"], ["sandbox", "--schema", "no.json"], ["sanbox"]],
)
def test_invalid_arguments_exit_with_the_usage(invoke: Callable[..., Result], arguments: Any) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.output.startswith("Usage: ftrack-orm")


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("aiohttp", ["sandbox", "--seed", "empty"], "sandbox"),
        ("sqlalchemy", ["sandbox", "--seed", "empty"], "sandbox"),
        ("rich", ["demo"], "cli"),
        ("aiohttp", ["demo"], "sandbox"),
    ],
)
def test_a_missing_package_is_named_with_the_extra_that_installs_it(
    run: Callable[..., subprocess.CompletedProcess[str]], package: str, arguments: Any, extra: str
) -> None:
    process = run(*arguments, without=package)
    assert process.returncode == 1
    assert re.search(rf"needs the package {package}: pip install 'ftrack-orm\[.*{extra}.*\]'", process.stderr)
    assert "Traceback" not in process.stderr


def test_the_sandbox_command_does_not_need_the_packages_of_the_demo(
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    process = started("sandbox", "--seed", "empty", without="rich")
    assert "FTRACK_SERVER" in first_lines(process)


def test_help_names_the_commands(invoke: Callable[..., Result]) -> None:
    result = invoke("-h")
    assert result.exit_code == 0
    assert "sandbox" in result.output
    assert "demo" in result.output
