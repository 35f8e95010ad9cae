"""Each command works in a terminal of 80 columns, in a pipe, and with JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session
from tests.cli.command_line_page import leaves
from tests.cli.terminals import Ran, run_in_pipe, run_in_terminal
from tests.keyrings import MemoryKeyring
from tests.production import Production

#: Arguments of each command. Names in braces are those of `values`.
ARGUMENTS: dict[str, list[str]] = {
    "query": ["Task where parent.id is {shot}", "--select", "name,status.name,parent.name,bid"],
    "get": ["Task", "{task}"],
    "set": ["Task", "{task}", "bid=3", "--yes"],
    "describe": ["Task"],
    "schema graph": ["Task", "--out", "schema.svg"],
    "schema dump": ["--out", "schema.json"],
    "schema diff": ["{schema}", "server"],
    "shell": ["-c", "session.query(Task).where(id={task!r}).count()"],
    "upload": ["notes.txt"],
    "download": ["{component}", "--overwrite"],
    "events": ["topic=studio.none", "--seconds", "0.05"],
    "publish": ["studio.every", "{{}}"],
    "stubs": ["--out", "studio"],
    "port": ["script.py"],
    "login": ["--forget", "--server", "https://studio.example.com", "--user", "jane"],
    "doctor": [],
    "completion": ["bash"],
}
#: Commands that run until they are interrupted, or for seconds, and the tests that run them in all three ways.
ELSEWHERE = {"sandbox": "test_interrupts.py", "demo": "test_demonstration.py"}
#: Commands that end with another code than 0 when they have found something.
FINDING = {"port", "schema diff"}


@pytest.fixture
def values(
    session: Session, production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vault: MemoryKeyring
) -> dict[str, str]:
    """Names for the arguments, and a folder with the files of the commands."""
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("notes")
    Path("script.py").write_text("import ftrack_api\nsession = ftrack_api.Session()\n")
    Path("old.json").write_text(json.dumps(session.schemas))
    component: Any = session.create_component(b"bytes", {"name": "bytes"}, location="ftrack.server")
    return {
        "task": production.tasks[0],
        "shot": production.shots[0],
        "component": component["id"],
        "schema": "old.json",
    }


@pytest.mark.usefixtures("account")
def test_each_command_works_in_a_terminal_in_a_pipe_and_with_json(values: dict[str, str], vault: MemoryKeyring) -> None:
    for name, _ in leaves():
        if name in ELSEWHERE:
            continue
        arguments = [*name.split(), *(each.format(**values) for each in ARGUMENTS[name])]
        for run in (in_terminal, in_pipe, with_json):
            vault.set_password("https://studio.example.com", "jane", "key")
            ran = run(arguments)
            assert ran.code == 0 or (name in FINDING and ran.code in (1, 3)), (arguments, run, ran)


def in_terminal(arguments: list[str]) -> Ran:
    """Run a command in a terminal of 80 columns. A long word, as a path, is not broken."""
    ran = run_in_terminal(*arguments, columns=80, NO_COLOR="1")
    if arguments[0] != "completion":  # a script for a file
        lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", ran.output))
        assert [line for line in lines if len(line) > 80 and " " in line] == [], arguments
    return ran


def in_pipe(arguments: list[str]) -> Ran:
    """Run a command in a pipe, which gets no escape sequences."""
    ran = run_in_pipe(*arguments)
    assert "\x1b" not in ran.output + ran.errors, arguments
    return ran


def with_json(arguments: list[str]) -> Ran:
    """Run a command with `--json`, whose output is JSON in one piece or in lines."""
    ran = run_in_pipe(*arguments, "--json")
    for line in ran.output.splitlines() if arguments[0] == "events" else [ran.output]:
        json.loads(line)
    return ran


def test_the_tests_elsewhere_exist() -> None:
    assert all((Path(__file__).parent / path).exists() for path in ELSEWHERE.values())
