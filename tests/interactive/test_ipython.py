"""Completion in IPython, typed into a pseudo-terminal, with the requests counted at the server."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest

from ftrack_orm.interactive import ipython
from ftrack_orm.sandbox import Sandbox
from tests.production import Production
from tests.property_settings import examples

from .counted_requests import CountedRequests

#: Text that is typed before TAB -> names that are shown, or that complete the text.
TYPED = {
    "session.types.TypedCon": ["TypedContext"],
    "session.types.Status": ["StatusChange"],
    "Task.status.": ["sort", "state", "startswith"],
    "Task.sta": ["start_date", "status", "status_id"],
    "task.": ["assignments", "create_note", "status"],
    "task.status.": ["sort", "state"],
    "task.parent.": ["children", "name", "parent"],
    "task.assignments[0].": ["context", "resource"],
    "task.assignments.": ["append", "extend"],
    'task["sta': ["start_date", "status", "status_id"],
    'task["status"].s': ["sort", "state"],
    'task.custom_attributes["han': ["handles"],
    'Task.custom_attributes["han': ["handles"],
    "query.first().sta": ["start_date", "status", "status_id"],
    "query.": ["first", "where"],
    "tasks[0].sta": ["start_date", "status", "status_id"],
    "session.query('Sho": ["Shot"],
    "session.query(Task).where(name='x').one().par": ["parent"],
    'session.types["TypedCon': ["TypedContext"],
    'session.schema["Appo': ["Appointment"],
    "session.": ["commit", "query", "types"],
    "session.event_": ["event_hub"],
    "print(task.bi": ["bid"],
}

#: The same for jedi.
TYPED_WITH_JEDI = {
    "session.types.TypedCon": ["TypedContext"],
    "Task.status.": ["sort", "state", "startswith"],
    "task.": ["assignments", "create_note", "status"],
    "task.status.": ["sort", "state"],
    'task["sta': ["start_date", "status", "status_id"],
    "session.event_": ["event_hub"],
}

KEYS_OF_TERMINALS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07|\r")
CLEAR_LINE = "\x15"


class Terminal:
    """IPython in a pseudo-terminal."""

    def __init__(self, home: Path, *options: str) -> None:
        environment = {
            "HOME": str(home),
            "IPYTHONDIR": str(home),
            "TERM": "xterm",
            "PATH": "",
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }
        self.process: Any = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor", "--no-automagic",
             "--TerminalInteractiveShell.display_completions=readlinelike",
             "--TerminalInteractiveShell.highlighting_style=bw",
             "--TerminalInteractiveShell.autosuggestions_provider=None",
             "--TerminalInteractiveShell.term_title=False", "--HistoryManager.enabled=False", *options],
            env=environment, encoding="utf-8", timeout=120, dimensions=(400, 200),
        )  # fmt: skip
        self.count = 0

    def run(self, code: str) -> str:
        """Run a line of *code* and return the output."""
        self.count += 1
        mark = f"done{self.count}"
        self.process.send(f"{code}; print('do' + 'ne{self.count}')\r")
        self.process.expect(mark)
        return KEYS_OF_TERMINALS.sub("", self.process.before)

    def complete(self, text: str, names: list[str]) -> str:
        """Type *text* and TAB, and return the screen after all of *names* were shown."""
        self.process.send(CLEAR_LINE + text + "\t")
        shown, missing = "", list(names)
        while missing:
            # The names are shown in any order, and one may have been read together with another.
            if self.process.expect_exact([*missing, pexpect.TIMEOUT], timeout=120) == len(missing):
                break
            shown += KEYS_OF_TERMINALS.sub("", self.process.before + self.process.after)
            missing = [name for name in names if name not in shown]
        self.process.send(CLEAR_LINE)
        return shown


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.process.close(force=True)


def test_names_are_completed_without_a_request(
    box: Sandbox,
    production: Production,
    handles: str,
    schema_cache: Path,
    counted: CountedRequests,
    terminal: Terminal,
) -> None:
    arguments = f"{box.url!r}, {box.api_key!r}, {box.api_user!r}, schema_cache_path={str(schema_cache)!r}"
    terminal.run(f"from ftrack_orm import Session; session = Session({arguments}); Task = session.types.Task")
    terminal.run(
        f"query = session.query(Task).where(project_id={production.project!r}); tasks = query.all(); task = tasks[0]"
    )
    assert "True" in terminal.run("print(get_ipython().Completer.use_jedi)")
    before = len(counted)
    assert before
    for typed, names in list(TYPED.items())[:: examples(3, 1)]:
        shown = terminal.complete(typed, names)
        assert all(name in shown for name in names), (typed, shown)
        assert len(counted) == before, (typed, counted.bodies[before:])
    # Without the matcher, jedi completes, which reads the attributes of the values.
    terminal.run("shell = get_ipython(); shell.Completer.disable_matchers = ['ftrack_orm']")
    for typed, names in TYPED_WITH_JEDI.items():
        shown = terminal.complete(typed, names)
        assert all(name in shown for name in names), (typed, shown)
        assert len(counted) == before, (typed, counted.bodies[before:])
    for name in ("task", "Task", "query", "session", "session.types", "session.schema", "Task.status"):
        shown = terminal.run(f"shell.run_cell({name!r})") + terminal.run(f"print(shell.object_inspect_text({name!r}))")
        assert "Traceback" not in shown
        assert len(counted) == before, (name, counted.bodies[before:])


def test_loading_the_extension_twice_adds_one_matcher() -> None:
    shell = SimpleNamespace(Completer=SimpleNamespace(custom_matchers=[]), user_ns={})
    ipython.load_ipython_extension(shell)
    ipython.load_ipython_extension(shell)
    assert len(shell.Completer.custom_matchers) == 1
    ipython.load_ipython_extension(object())
