"""`ftrack-orm sandbox`, run as a process or in this process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.cli.exit_codes import ExitCode
from ftrack_orm.sandbox import datamodel
from tests.assertions import existing
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts the command line; the processes are killed after the test."""
    processes = []

    def start(*arguments: str, without: str | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command_line(*arguments, without=without),
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


def first_lines(process: subprocess.Popen[str]) -> dict[str, str]:
    lines = [existing(process.stdout).readline().rstrip("\n").partition("=") for _ in range(3)]
    return {name: value for name, _, value in lines}


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
        assert process.wait(TIMEOUT_SECONDS) == ExitCode.TERMINATED
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


def test_the_sandbox_command_does_not_need_the_packages_of_the_demo(
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    process = started("sandbox", "--seed", "empty", without="rich")
    assert "FTRACK_SERVER" in first_lines(process)
