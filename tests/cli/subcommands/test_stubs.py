"""`ftrack-orm stubs` writes the package of a server's types, or of a file, and checks it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import ftrack_orm
from ftrack_orm.sandbox import Sandbox
from tests.cli.terminals import run_in_pipe, run_in_terminal
from tests.schema.small_schema import small_schema


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the types of a server."""
    path = tmp_path / "dumped.json"
    path.write_text(json.dumps(small_schema()))
    return path


@pytest.fixture
def disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without a server."""
    for name in ("FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_a_program_uses_the_package_of_the_connected_server(demo: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    ran = run_in_pipe("stubs", "--out", str(folder), "--json")
    assert (ran.code, ran.errors) == (0, "")
    assert ran.json["types"] > 100
    assert sorted(ran.json["written"]) == ["__init__.py", "__init__.pyi", "py.typed", "schema.json"]
    assert ran.json["hash"] in (folder / "__init__.pyi").read_text()
    checked = run_in_pipe("stubs", "--out", str(folder), "--check", "--json")
    assert (checked.code, checked.json["up_to_date"], checked.json["different"]) == (0, True, [])
    program = """if True:
        from studio import Session, Status, StatusName, Task
        with Session() as session:
            task = session.query(Task).where(Task.parent.name.like("%"), Task.status.name != "Omitted").first()
            assert isinstance(task, Task) and isinstance(task.status, Status), task
            assert task.status.name in StatusName.__args__
            print(session.types.Task is Task)
    """
    environment = {
        "FTRACK_SERVER": demo.url,
        "FTRACK_API_USER": demo.api_user,
        "FTRACK_API_KEY": demo.api_key,
        "PYTHONPATH": str(Path(ftrack_orm.__file__).parents[1]),
        "HOME": str(tmp_path),
    }
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (run.stderr, run.stdout) == ("", "True\n")


@pytest.mark.usefixtures("disconnected")
def test_a_file_replaces_the_server(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    ran = run_in_pipe("stubs", "--out", str(folder), "--schema", str(file))
    assert (ran.code, ran.errors) == (0, "")
    assert sorted(ran.lines) == sorted(str(path) for path in folder.iterdir())
    assert run_in_pipe("stubs", "--out", str(folder), "--schema", str(file)).output == ""
    again = run_in_pipe("stubs", "--out", str(tmp_path / "copy"), "--schema", str(folder / "schema.json"))
    assert again.code == 0
    assert (tmp_path / "copy" / "__init__.pyi").read_bytes() == (folder / "__init__.pyi").read_bytes()
    assert run_in_pipe("schema", "diff", str(folder / "schema.json"), str(file)).code == 0


@pytest.mark.usefixtures("disconnected")
def test_a_check_prints_the_differences_and_exits_with_3(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    arguments = ("stubs", "--out", str(folder), "--schema", str(file))
    assert run_in_pipe(*arguments, "--check").code == 3
    assert not folder.exists()
    run_in_pipe(*arguments)
    assert (run_in_pipe(*arguments, "--check").code, run_in_pipe(*arguments, "--check").output) == (0, "")
    changed = small_schema()
    changed[0]["properties"]["brand_new"] = {"type": "string"}
    file.write_text(json.dumps(changed))
    before = (folder / "schema.json").read_bytes()
    ran = run_in_pipe(*arguments, "--check")
    assert (ran.code, ran.errors) == (3, "")
    assert f"{folder / 'schema.json'} differs" in ran.lines
    assert "brand_new" in ran.output
    as_json = run_in_pipe(*arguments, "--check", "--json")
    assert (as_json.code, as_json.json["up_to_date"]) == (3, False)
    assert "brand_new" in as_json.json["differences"]
    assert (folder / "schema.json").read_bytes() == before
    run_in_pipe(*arguments)
    assert run_in_pipe(*arguments, "--check").code == 0


@pytest.mark.usefixtures("disconnected")
def test_mistakes_are_errors_with_advice(file: Path, tmp_path: Path) -> None:
    for arguments, code, words in (
        (("--out", "my-studio", "--schema", str(file)), 2, "cannot be imported"),
        (("--out", str(file), "--schema", str(file)), 2, "cannot be imported"),
        (("--out", str(tmp_path / "studio"), "--schema", str(tmp_path / "none.json")), 4, "none.json"),
        (("--out", str(tmp_path / "studio"), "--schema", __file__), 2, "is not JSON"),
        (("--out", str(tmp_path / "studio")), 5, "FTRACK_SERVER"),
    ):
        ran = run_in_pipe("stubs", *arguments)
        assert (ran.code, ran.output) == (code, "")
        assert words in ran.errors
    assert not (tmp_path / "studio").exists()


@pytest.mark.usefixtures("disconnected")
def test_a_narrow_terminal_shows_the_files_and_the_numbers(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    ran = run_in_terminal("stubs", "--out", str(folder), "--schema", str(file), columns=40)
    assert ran.code == 0
    assert "types, 0 custom attributes" in ran.output + ran.errors
    again = run_in_terminal("stubs", "--out", str(folder), "--schema", str(file), "--check", columns=40)
    assert "is up to date" in (again.output + again.errors).replace("\n", " ")
