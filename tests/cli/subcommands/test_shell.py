"""`ftrack-orm shell`: IPython, Python's own shell, and code without a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from ftrack_orm.sandbox import Sandbox
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import run_in_pipe, run_in_terminal
from tests.production import Production
from tests.property_settings import IN_FULL

pytestmark = pytest.mark.usefixtures("account")


def test_code_has_the_session_and_the_types(production: Production) -> None:
    code = f"tasks = session.query(Task).where(Task.project_id == {production.project!r})\ntasks.count()"
    assert run_in_pipe("shell", "-c", code).output == "12\n"
    assert run_in_pipe("shell", "--json", "-c", code).json == 12
    assert run_in_pipe("shell", stdin=f"{code}\nprint(Event('a').topic)\n").output == "a\n"


def test_an_entity_is_its_reference_as_json(production: Production) -> None:
    code = f"session.get(Task, {production.tasks[0]!r})"
    assert run_in_pipe("shell", "--json", "-c", code).json == {"entity_type": "Task", "id": production.tasks[0]}


@pytest.mark.parametrize(
    ("code", "exit_code", "first", "last"),
    [
        ("x =", 1, '  File "<command>", line 1', "SyntaxError: invalid syntax"),
        ("def f():\n  1/0\nf()", 1, "Traceback (most recent call last):", "ZeroDivisionError: division by zero"),
        ("session.query('Taks').first()", 2, "UnknownEntityType: ", "  ^"),
        ("raise SystemExit(7)", 7, "", ""),
    ],
)
def test_a_failure_of_the_code_shows_the_code_alone(code: str, exit_code: int, first: str, last: str) -> None:
    ran = run_in_pipe("shell", "-c", code)
    assert ran.code == exit_code
    lines = ran.errors.splitlines() or [""]
    assert lines[0].startswith(first)
    assert lines[-1] == last
    assert "/cli/" not in ran.errors


def test_a_failure_is_an_object_with_json() -> None:
    ran = run_in_pipe("shell", "--json", "-c", "1/0")
    assert '"error": "ZeroDivisionError"' in ran.errors
    assert (ran.code, ran.output) == (1, "")


def test_json_needs_code() -> None:
    ran = run_in_terminal("shell", "--json")
    assert ran.code == 2
    assert "--json is for code" in ran.output


def test_the_shell_of_python_is_used_without_ipython(monkeypatch: pytest.MonkeyPatch, box: Sandbox) -> None:
    monkeypatch.setitem(sys.modules, "IPython.terminal.ipapp", None)
    monkeypatch.setitem(sys.modules, "readline", None)
    ran = run_in_terminal("shell", answers="print(Task.__name__, session.api_user)\n\x04")
    assert f"{box.url} as {box.api_user}. Names: session, Task" in ran.output
    assert f"Task {box.api_user}\n" in ran.output
    assert ran.code == 0


@pytest.mark.skipif(not IN_FULL or sys.platform == "win32", reason="IPython takes seconds, and needs POSIX for pexpect")
def test_ipython_has_the_names_and_completes_them(box: Sandbox, tmp_path: Path) -> None:
    environment = {
        **ENVIRONMENT,
        "FTRACK_SERVER": box.url,
        "FTRACK_API_USER": box.api_user,
        "FTRACK_API_KEY": box.api_key,
        "FTRACK_API_SCHEMA_CACHE_PATH": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path),
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    program, *arguments = command_line("shell")
    child = pexpect.spawn(
        program, arguments, env=environment, timeout=TIMEOUT_SECONDS, encoding="utf-8", dimensions=(60, 80)
    )
    child.expect_exact("Names: session, Task")
    child.expect_exact("In [")
    child.send("print('do' + 'ne', session.api_user, Task.__name__)\r")
    child.expect_exact(f"done {box.api_user} Task")
    child.send("Task.statu\t")
    child.expect_exact("status_id")
    child.send("\x15exit()\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
