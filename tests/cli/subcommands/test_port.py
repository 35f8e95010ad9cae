"""`ftrack-orm port` prints what would have to change in scripts, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ftrack_orm.cli.commands import commands
from ftrack_orm.cli.exit_codes import ExitCode

SCRIPT = "import ftrack_api\n\nsession = ftrack_api.Session()\nprint(len(session.query('Task')))\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_each_place_is_printed_with_its_line_and_what_to_write(script: Path) -> None:
    result = CliRunner().invoke(commands, ["port", str(script)])
    assert result.exit_code == ExitCode.DIFFERENT
    assert result.stdout.splitlines() == [
        f"{script}:1:1: import ftrack_api",
        "    write import ftrack_orm",
        "    with ftrack_orm.compat, write import ftrack_orm.compat as ftrack_api",
        f"{script}:4:7: len(session.query('Task'))",
        "    write query.count()",
    ]


def test_only_the_import_has_to_change_for_compat(script: Path) -> None:
    result = CliRunner().invoke(commands, ["port", "--compat", str(script)])
    assert result.stdout.splitlines() == [
        f"{script}:1:1: import ftrack_api",
        "    write import ftrack_orm.compat as ftrack_api",
    ]


def test_json_has_the_same(script: Path) -> None:
    result = CliRunner().invoke(commands, ["port", "--json", str(script)])
    places = json.loads(result.stdout)
    assert result.exit_code == ExitCode.DIFFERENT
    assert [(place["line"], place["column"], place["compat"]) for place in places] == [
        (1, 1, "import ftrack_orm.compat as ftrack_api"),
        (4, 7, None),
    ]
    assert places[1] == {
        "file": str(script),
        "line": 4,
        "column": 7,
        "text": "len(session.query('Task'))",
        "write": "query.count()",
        "compat": None,
        "condition": None,
    }


def test_scripts_are_read_from_folders_and_from_the_standard_input(script: Path) -> None:
    folder = CliRunner().invoke(commands, ["port", str(script.parent)])
    assert f"{script}:4:7" in folder.stdout
    piped = CliRunner().invoke(commands, ["port", "-"], input=SCRIPT)
    assert "-:4:7: len(session.query('Task'))" in piped.stdout


def test_a_script_without_such_places_ends_with_success(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("import ftrack_orm\nprint(ftrack_orm.Session())\n", encoding="utf-8")
    for arguments, output in ([str(path)], ""), (["--json", str(path)], "[]"):
        result = CliRunner().invoke(commands, ["port", *arguments])
        assert (result.exit_code, result.stdout.strip()) == (ExitCode.SUCCESS, output)


def test_a_script_that_cannot_be_read_does_not_hide_the_findings_in_others(script: Path) -> None:
    for name in ("a.py", "z.py"):
        (script.parent / name).write_text("print 'hello'\n", encoding="utf-8")
    result = CliRunner().invoke(commands, ["port", str(script.parent)])
    assert result.exit_code == ExitCode.USAGE
    assert f"{script}:4:7" in result.stdout
    assert "a.py:1: Python 3 cannot read" in result.stderr
    assert "z.py:1: Python 3 cannot read" in result.stderr


def test_what_cannot_be_read_is_an_error_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "old.py"
    path.write_text("print 'hello'\n", encoding="utf-8")
    result = CliRunner().invoke(commands, ["port", str(path)])
    assert result.exit_code == ExitCode.USAGE
    assert "old.py:1: Python 3 cannot read the script" in result.stderr
    missing = CliRunner().invoke(commands, ["port", str(tmp_path / "missing.py")])
    assert missing.exit_code == ExitCode.USAGE
    assert "missing.py" in missing.stderr
