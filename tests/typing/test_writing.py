"""The files of a studio package: the same for the same content, replaced as a whole, and compared without writing."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.errors import UsageError
from ftrack_orm.typing.content import Names, ProjectSchemaNames, SchemaContent
from ftrack_orm.typing.package import SCHEMA_FILE
from ftrack_orm.typing.writing import check_package, package_files, write_package
from tests.schema.small_schema import small_schema

FILES = ["__init__.py", "__init__.pyi", "py.typed", "schema.json"]


def content(**changes: Any) -> SchemaContent:
    """Return a content with *changes*."""
    parts: dict[str, Any] = {
        "answer": small_schema(),
        "configurations": [Configuration("1", "fstart", "Start", "number", "task")],
        "names": Names(["Ready"], project_schemas={"Film": ProjectSchemaNames({"Task": ["Ready"]})}),
    }
    return SchemaContent.of(**{**parts, **changes})


def other_answer() -> list[dict[str, Any]]:
    """Return the answer of a server with a new attribute."""
    answer: list[dict[str, Any]] = small_schema()
    answer[0]["properties"]["brand_new"] = {"type": "string"}
    return answer


def test_a_package_is_written_and_found_up_to_date(tmp_path: Path) -> None:
    folder = tmp_path / "below" / "studio"
    assert sorted(write_package(folder, content())) == FILES
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert check_package(folder, content())
    assert write_package(folder, content()) == []
    assert "brand_new" not in (folder / "__init__.pyi").read_text()
    assert content().hash in (folder / "__init__.pyi").read_text()


def test_equal_contents_give_equal_bytes_in_any_order() -> None:
    first = package_files("studio", content())
    second = package_files("studio", content(answer=small_schema()[::-1]))
    assert first == second
    assert all(text.isascii() or name.endswith(".pyi") for name, text in first.items())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"answer": other_answer()}, "brand_new"),
        ({"configurations": []}, "- fstart"),
        ({"configurations": [Configuration("1", "fstart", "Start", "text", "task")]}, "other values of the same names"),
        ({"names": Names(["Ready", "Done"])}, "+ Done"),
        ({"names": Names(["Ready"], project_schemas={"Film": ProjectSchemaNames()})}, "project schemas"),
    ],
    ids=["attribute", "custom attribute", "type of a custom attribute", "status", "project schema"],
)
def test_a_check_names_the_differences_and_writes_nothing(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    write_package(folder, content())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    checked = check_package(folder, content(**changes))
    assert not checked
    assert SCHEMA_FILE in checked.different
    assert named in checked.differences
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_edited_or_removed_differs(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    write_package(folder, content())
    if name == "__init__.pyi":
        with open(folder / name, "a") as file:
            file.write("# mine\n")
    else:
        (folder / name).unlink()
    assert check_package(folder, content()).different == (name,)
    assert write_package(folder, content()) == [name]
    assert check_package(folder, content())


def test_a_package_that_does_not_exist_differs_in_all_files(tmp_path: Path) -> None:
    assert sorted(check_package(tmp_path / "studio", content()).different) == FILES
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_no_such_package_are_not_touched(tmp_path: Path) -> None:
    other = tmp_path / "tools"
    other.mkdir()
    (other / "__init__.py").write_text("VERSION = 1\n")
    (tmp_path / "dumped").mkdir()
    (tmp_path / "dumped" / SCHEMA_FILE).write_text(json.dumps(small_schema()))
    (tmp_path / "typed").mkdir()
    (tmp_path / "typed" / "__init__.pyi").write_text("def mine() -> None: ...\n")
    (tmp_path / "file").touch()
    for folder, message in (
        (other, "of another kind and would be overwritten"),
        (tmp_path / "dumped", "schema.json is of another kind"),
        (tmp_path / "typed", "__init__.pyi is of another kind"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "my-studio", "cannot be imported"),
        (tmp_path / "class", "cannot be imported"),
        (tmp_path / "ftrack_orm", "cannot be imported"),
    ):
        for use in (write_package, check_package):
            with pytest.raises(UsageError, match=message):
                use(folder, content())
    assert (other / "__init__.py").read_text() == "VERSION = 1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dumped", "file", "tools", "typed"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind the administrator")
def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="studio"):
        write_package(tmp_path / "studio", content())


def test_a_written_package_can_be_imported_with_all_names_of_its_annotations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    write_package(tmp_path / "studio_written", content())
    package = importlib.import_module("studio_written")
    assert "studio_written" in str(package.__doc__)
    annotations = (tmp_path / "studio_written" / "__init__.pyi").read_text()
    lines = [line.split(":")[0].split("(")[0] for line in annotations.splitlines()]
    declared = {line.removeprefix("class ") for line in lines if line.removeprefix("class ").isidentifier()}
    public = {name for name in declared if not name.startswith("_")}
    assert public == set(dir(package))
    assert {"Task", "Session", "Types", "types", "StatusName"} <= public
    assert all(getattr(package, name) is not None for name in public)
    assert package.StatusName.__args__ == ("Ready",)
