"""`ftrack-orm schema` draws, writes and compares schemas."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.schema.model import Schema
from tests.cli.terminals import run_in_pipe, run_in_terminal
from tests.schema.small_schema import small_schema


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Two files with schemas, the second of which has another attribute and lacks one."""
    changed: list[dict[str, Any]] = small_schema()
    properties = next(each for each in changed if each["id"] == "Status")["properties"]
    properties["sort"] = {"type": "number"}
    del properties["is_active"]
    for name, content in (("old.json", small_schema()), ("new.json", changed)):
        (tmp_path / name).write_text(json.dumps(content))
    return str(tmp_path / "old.json"), str(tmp_path / "new.json")


@pytest.fixture
def disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without a server."""
    for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_a_dump_is_the_schema_of_the_server(account: None, box: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    facts = run_in_pipe("schema", "dump", "--out", str(file), "--json").json
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        assert json.loads(file.read_text()) == session.schemas
        assert facts == {"file": str(file), "types": len(session.schema), "hash": session.schema.hash}
    assert Schema.from_response(json.loads(run_in_pipe("schema", "dump").output)).hash == facts["hash"]
    assert run_in_pipe("schema", "diff", str(file)).output == "The schemas are equal.\n"
    named = run_in_pipe("schema", "dump", "--with-names").json
    assert "Approved" in named["names"]["statuses"]
    file.write_text(json.dumps(named))
    assert run_in_pipe("schema", "diff", str(file)).code == 0


def test_names_are_compared_if_the_file_has_them(account: None, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    named = run_in_pipe("schema", "dump", "--with-names").json
    named["names"]["statuses"] = [*named["names"]["statuses"][1:], "Awaiting rain"]
    file.write_text(json.dumps(named))
    ran = run_in_pipe("schema", "diff", str(file))
    assert ran.code == 3
    (line,) = ran.lines
    assert re.fullmatch(r"statuses: \+ [\w ]+, - Awaiting rain", line)
    assert run_in_pipe("schema", "diff", str(file), "--json").json["names"] == [line]
    assert run_in_pipe("schema", "diff", str(file), "--breaking").code == 0


def test_an_outdated_cache_is_not_taken_for_the_schema_of_the_server(
    account: None, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = run_in_pipe("schema", "dump").json
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    outdated = [each for each in current if each["id"] != "Timer"]
    for arguments, expected in ((["schema", "dump"], current), (["describe", "Timer"], None)):
        SchemaCache(tmp_path).store(box.url, Schema.from_response(outdated), None)
        ran = run_in_pipe(*arguments)
        assert ran.code == 0
        assert expected is None or ran.json == expected


@pytest.mark.usefixtures("disconnected")
def test_files_are_compared_without_a_server(files: tuple[str, str]) -> None:
    ran = run_in_pipe("schema", "diff", *files)
    assert (ran.code, ran.errors) == (3, "")
    assert ran.lines == [
        "1 attribute removed, 1 attribute added.",
        "~! Status",
        "    -! is_active: True or False",
        "    +  sort: number",
    ]
    written = run_in_pipe("schema", "diff", *files, "--json")
    assert (written.code, written.json["breaking"]) == (3, True)
    assert run_in_pipe("schema", "diff", files[0], files[0], "--json").json["types"] == []


@pytest.mark.usefixtures("disconnected")
def test_only_breaking_differences_can_count(files: tuple[str, str], tmp_path: Path) -> None:
    content = json.loads(Path(files[0]).read_text())
    next(each for each in content if each["id"] == "Status")["properties"]["more"] = {"type": "string"}
    more = tmp_path / "more.json"
    more.write_text(json.dumps(content))
    assert run_in_pipe("schema", "diff", files[0], str(more)).code == 3
    assert run_in_pipe("schema", "diff", files[0], str(more), "--breaking").code == 0
    assert run_in_pipe("schema", "diff", *files, "--breaking").code == 3


@pytest.mark.usefixtures("disconnected")
def test_a_terminal_shows_additions_and_removals_in_colours(files: tuple[str, str]) -> None:
    lines = run_in_terminal("schema", "diff", *files).lines
    assert any("\x1b[31m" in line and "is_active" in line for line in lines)
    assert any("\x1b[32m" in line and "sort" in line for line in lines)
    assert "\x1b[3" not in run_in_terminal("schema", "diff", *files, NO_COLOR="1").output


@pytest.mark.usefixtures("disconnected")
def test_a_picture_is_an_svg_file(files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "schema.svg"
    ran = run_in_pipe("schema", "graph", "--schema", files[0], "--out", str(out), "--json")
    assert ran.json == {"file": str(out), "types": 7}
    assert ElementTree.parse(out).getroot().tag.endswith("svg")
    ran = run_in_pipe("schema", "graph", "Task", "--schema", files[0], "--out", "-", "--depth", "0")
    assert 'id="Task"' in ran.output
    assert 'id="Status"' not in ran.output


def test_the_schema_of_the_server_is_drawn(account: None, tmp_path: Path) -> None:
    ran = run_in_pipe("schema", "graph", "Task", "--out", str(tmp_path / "task.svg"))
    assert (ran.code, ran.output, ran.errors) == (0, "", "")
    assert 'id="Timelog"' in (tmp_path / "task.svg").read_text()


@pytest.mark.usefixtures("disconnected")
@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("{", 2, "is not JSON"),
        ("{}", 2, "has no schema"),
        ('[{"name": "a type without id"}]', 2, "has no schema"),
        (None, 4, "No such file"),
    ],
)
def test_a_file_without_a_schema_is_an_error(tmp_path: Path, content: str | None, code: int, message: str) -> None:
    file = tmp_path / "schema.json"
    if content is not None:
        file.write_text(content)
    for arguments in (["diff", str(file), str(file)], ["graph", "--schema", str(file), "--out", "-"]):
        ran = run_in_pipe("schema", *arguments)
        assert (ran.code, ran.output) == (code, "")
        assert message in ran.errors
        assert "schema.json" in ran.errors


@pytest.mark.usefixtures("disconnected")
def test_a_file_cannot_be_written_to_a_missing_folder(files: tuple[str, str], tmp_path: Path) -> None:
    out = str(tmp_path / "missing" / "x.svg")
    ran = run_in_pipe("schema", "graph", "--schema", files[0], "--out", out)
    assert (ran.code, ran.output) == (4, "")
    assert "missing" in ran.errors


@pytest.mark.usefixtures("disconnected")
def test_a_picture_without_its_package_names_the_extra(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    ran = run_in_pipe("schema", "graph", "--schema", files[0], "--out", "-")
    assert ran.code == 2
    assert "pip install 'ftrack-orm[cli,graph]'" in ran.output + ran.errors
