"""Scripts are read in their encoding, and never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_orm.errors import InvalidValue
from ftrack_orm.porting.checking import check_script, read_script, scripts_in


def test_a_script_is_read_and_not_run(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import ftrack_api\nraise SystemExit('run')\n", encoding="utf-8")
    assert [finding.line for finding in check_script(read_script(script))] == [1]


def test_the_declared_encoding_is_used(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_bytes("# coding: latin-1\nimport ftrack_api\nname = 'é'\n".encode("latin-1"))
    assert "é" in read_script(script)
    script.write_bytes("\ufeffimport ftrack_api\n".encode())
    assert [finding.line for finding in check_script(read_script(script))] == [1]


@pytest.mark.parametrize("content", [b"name = '\xe9'\n", b"# coding: nothing\n"])
def test_a_file_in_another_encoding_is_an_error(tmp_path: Path, content: bytes) -> None:
    script = tmp_path / "script.py"
    script.write_bytes(content)
    with pytest.raises(InvalidValue, match=r"script\.py is not a script of Python"):
        read_script(script)


def test_a_script_for_python_2_is_an_error_with_its_line() -> None:
    with pytest.raises(InvalidValue, match=r"old\.py:2: Python 3 cannot read the script"):
        check_script("import ftrack_api\nprint 'hello'\n", "old.py")
    with pytest.raises(InvalidValue, match="cannot read"):
        check_script("a = 1\0")


def test_folders_stand_for_the_scripts_below_them(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("b.py", "a.py", "below/c.py", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in scripts_in([tmp_path, tmp_path / "notes.txt"])] == [
        "a.py",
        "b.py",
        "c.py",
        "notes.txt",
    ]
