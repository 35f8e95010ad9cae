"""A program that looks at entities with real tools, run in an interpreter of its own: debuggers change the process.

    python -m tests.interactive.looking_tools URL KEY USER CACHE PROJECT

Prints a line of JSON for each tool: its name, and what it showed. The test counts the requests at the server between
the lines, for which the program waits for a line on its standard input.
"""

from __future__ import annotations

import inspect
import io
import json
import pathlib
import pdb
import rlcompleter
import sys
from collections.abc import Callable
from typing import Any

import ftrack_orm
from ftrack_orm import Session


def with_jedi(variables: dict[str, Any]) -> list[str]:
    import jedi  # type: ignore[import-untyped]

    shown = []
    for code in (
        "task.", "task.sta", "tasks[0].", "task.status.", "task.assignments.", "task.assignments[0].", "Task.",
        "Task.status.", "session.", "session.types.", "session.event_hub.", "query.", "shot.slate.",
    ):  # fmt: skip
        for completion in jedi.Interpreter(code, [variables]).complete():
            shown.append(f"{code.rpartition('.')[0]}.{completion.name}")
            completion.type  # noqa: B018
    return shown


def with_rlcompleter(variables: dict[str, Any]) -> list[str]:
    shown: list[str] = []
    completer = rlcompleter.Completer(variables)
    for code in ("task.", "task.status.", "task.parent.parent.", "Task.status.", "session.types.T", "shot.slate."):
        state = 0
        while (match := completer.complete(code, state)) is not None:
            shown.append(match.rstrip("()"))
            state += 1
    return shown


def with_pdb(variables: dict[str, Any]) -> list[str]:
    task, session, shot = (variables[name] for name in ("task", "session", "shot"))
    debugger = pdb.Pdb(stdin=io.StringIO(), stdout=io.StringIO(), readrc=False)
    debugger.reset()
    debugger.setup(sys._getframe(), None)
    assert task is not session is not shot, "the debugger completes the variables of this frame"
    shown: list[str] = []
    for code in ("session.ty", "task.status.na", "task.parent.", "task.st", "shot.slate."):
        shown += debugger._complete_expression(code, code, 0, len(code))
    return shown


def with_ipython(variables: dict[str, Any]) -> list[str]:
    """Complete in a shell that is started after the session was made."""
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(user_ns=variables)
    if shell.history_manager is not None:
        shell.history_manager.enabled = False
    shown = []
    with provisionalcompleter():
        for code in ("session.types.", "query.first().sta", 'task["sta', "tasks[0].parent.par"):
            shown += [completion.text for completion in shell.Completer.completions(code, len(code))]
    return shown


def with_pydevd(variables: dict[str, Any]) -> list[str]:
    import debugpy

    sys.path.append(str(pathlib.Path(debugpy.__file__).parent / "_vendored" / "pydevd"))
    from _pydevd_bundle.pydevd_safe_repr import SafeRepr  # type: ignore[import-not-found]
    from _pydevd_bundle.pydevd_xml import get_type  # type: ignore[import-not-found]

    shown = []
    for name, value in variables.items():
        SafeRepr()(value)
        _, _, resolver = get_type(value)
        contents = resolver.get_contents_debug_adapter_protocol(value) if resolver else ()
        for attribute, content, _ in contents:
            shown.append(f"{name}.{attribute}={SafeRepr()(content)[:60]}")
    return shown


def with_inspect(variables: dict[str, Any]) -> list[str]:
    return [f"{name}={value!r:.60}" for name, value in inspect.getmembers(variables["task"])]


def with_rich(variables: dict[str, Any]) -> list[str]:
    import rich
    from rich.console import Console

    output = io.StringIO()
    console = Console(file=output, width=200)
    rich.inspect(variables["task"], console=console, all=False)
    return output.getvalue().splitlines()


def with_builtins(variables: dict[str, Any]) -> list[str]:
    shown = [f"{name}: {value!r:.60}" for name, value in variables.items()]
    for value in variables.values():
        dir(value)
        names = ("_repr_html_", "_ipython_display_", "shape", "nothing_such")
        shown += [f"{hasattr(value, name)}" for name in names]
    return shown


TOOLS: list[Callable[[dict[str, Any]], list[str]]] = [
    with_builtins, with_inspect, with_rlcompleter, with_pdb, with_rich, with_jedi, with_ipython, with_pydevd
]  # fmt: skip


def variables_of(session: Session, project: str) -> dict[str, Any]:
    @session.types.behaviour("Shot")
    class Slate:
        @property
        def slate(self) -> str:
            return f"{self.parent.name} {self.status.name}"  # type: ignore[attr-defined]

    query = session.query("Task").where(project_id=project)
    tasks = query.select("name", "status_id").all()
    shot = session.query("Shot").where(project_id=project).select("name").first()
    return {
        "session": session, "query": query, "tasks": tasks, "task": tasks[0], "Task": session.types.Task, "shot": shot,
        "assignments": tasks[1].assignments, "custom_attributes": tasks[2].custom_attributes, "types": session.types,
        "schema": session.schema, "expression": session.types.Task.status, "inspection": ftrack_orm.inspect(tasks[0]),
    }  # fmt: skip


def main() -> None:
    url, key, user, cache, project = sys.argv[1:]
    session = Session(url, key, user, schema_cache_path=cache)
    variables = variables_of(session, project)
    session.expire(variables["custom_attributes"]._owner, "custom_attributes")
    print(json.dumps(["ready", []]), flush=True)
    for tool in TOOLS:
        sys.stdin.readline()
        print(json.dumps([tool.__name__, tool(variables)]), flush=True)


if __name__ == "__main__":
    main()
