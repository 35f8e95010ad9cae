"""Tools that complete names and show variables make no request, counted at the server."""

from __future__ import annotations

import inspect
import json
import rlcompleter
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import NOT_LOADED, Session, errors
from ftrack_orm.introspection import Introspection, introspection
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.interactive.counted_requests import CountedRequests
from tests.production import Production

ROOT = Path(__file__).parents[1]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> CountedRequests:
    return CountedRequests(monkeypatch)


def test_the_program_itself_is_no_tool() -> None:
    assert introspection() is None


class Looked:
    def __init__(self) -> None:
        self.kinds: list[Introspection | None] = []

    def __getattr__(self, name: str) -> None:
        if name == "seen":
            self.kinds.append(introspection())

    def __dir__(self) -> list[str]:
        return ["seen"]


def test_code_of_the_user_that_a_tool_calls_is_recognized() -> None:
    looked = Looked()
    rlcompleter.Completer({"looked": looked}).complete("looked.se", 0)
    assert set(looked.kinds) == {Introspection.CALLED_CODE}


def test_code_that_a_program_calls_by_way_of_a_tool_is_that_of_the_program() -> None:
    looked = Looked()
    inspect.getmembers(looked)
    assert set(looked.kinds) == {None}


def test_a_module_without_a_name_is_no_tool() -> None:
    namespace = {"introspection": introspection, "__builtins__": {}}
    exec("found = introspection()", namespace)
    assert namespace["found"] is None
    exec("found = introspection()", {**namespace, "__name__": ["x"]})


def test_the_view_of_variables_in_a_jupyter_kernel_is_recognized() -> None:
    source = "def _VSCODE_getVariable(value):\n    def child(value):\n        return look()\n    return child(value)"
    namespace: dict[str, Any] = {"__name__": "__main__", "look": introspection}
    exec(source, namespace)
    assert namespace["_VSCODE_getVariable"](1) is Introspection.VIEW


#: Tool -> a name or value that it shows.
SHOWN = {
    "with_builtins": "types: <session.types: the entity classes of the server>",
    "with_inspect": "bid=NOT_LOADED",
    "with_rlcompleter": "task.status.sort",
    "with_pdb": "task.status.name",
    "with_rich": None,
    "with_jedi": "session.types.Task",
    "with_ipython": "status_id",
    "with_pydevd": "task.bid=NOT_LOADED",
}


def test_no_tool_makes_a_request(
    box: Sandbox, production: Production, schema_cache: Path, counted: CountedRequests
) -> None:
    arguments = (box.url, box.api_key, box.api_user, str(schema_cache), production.project)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.interactive.looking_tools", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())[0] == "ready"
        before = len(counted)
        for tool, name in SHOWN.items():
            process.stdin.write("\n")
            process.stdin.flush()
            reported, shown = json.loads(process.stdout.readline())
            assert reported == tool
            assert shown
            assert name is None or name in shown, (tool, name, shown[:200])
            assert len(counted) == before, (tool, counted.bodies[before:])
        process.stdin.close()
        assert process.wait() == 0


def test_looking_at_an_entity_changes_nothing(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()
    with requests_made(session) == 0:
        members = dict(inspect.getmembers(task))
    assert members["name"] == "task00"
    assert members["bid"] is NOT_LOADED
    assert members["parent"] is NOT_LOADED
    assert list(members["assignments"]) == []
    assert task.bid == 0
    assert task.parent is not None


def test_the_schema_and_the_hub_are_not_made_for_a_tool(box: Sandbox) -> None:
    session = Session(box.url, box.api_key, box.api_user, schema_cache_path=False)
    with requests_made(session) == 0:
        members = dict(inspect.getmembers(session))
        assert "schema" not in members
        assert "Task" not in dir(session.types)
        assert not hasattr(session.types, "_repr_html_")
    assert session._deferred_event_hub.get_if_made() is None
    assert "Task" in dir(session.types) or session.schema
    assert "Task" in dir(session.types)
    session.close()


def test_a_request_for_a_tool_is_refused_with_an_attribute_error(session: Session) -> None:
    class Panel:
        def __dir__(self) -> list[str]:
            return ["tasks"]

        def __getattr__(self, name: str) -> int:
            if name != "tasks":
                raise AttributeError(name)
            for request in (session.query("Task").count, session.commit, lambda: session.call([{"action": "x"}])):
                with pytest.raises(errors.NotFetched) as caught:
                    request()
                refusals.append(caught.value)
            return 0

    refusals: list[object] = []
    session.create("Note", content="x")
    with requests_made(session) == 0:
        assert rlcompleter.Completer({"panel": Panel()}).complete("panel.t", 0) == "panel.tasks"
    assert len(refusals) == 3
    session.rollback()
