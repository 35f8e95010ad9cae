"""The paths of downloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.cli.download_targets import targets_of
from ftrack_orm.errors import UsageError


class Row(dict[str, Any]):
    """A component as a row of values."""

    def __init__(self, name: str, file_type: str | None, kind: str = "FileComponent", key: str = "") -> None:
        super().__init__(id=key or name, name=name, file_type=file_type)
        self.__entity_type__ = kind


def paths(*rows: Row, out: Path | None = None, **members: list[Row]) -> list[str]:
    return [leaf.path.as_posix() for leaf in targets_of(rows, members, out)]


def test_files_lie_in_the_folder_or_at_the_path(tmp_path: Path) -> None:
    assert paths(Row("main", ".exr")) == ["main.exr"]
    assert paths(Row("main.exr", ".exr"), Row("notes", None)) == ["main.exr", "notes"]
    assert paths(Row("main", ".exr"), out=tmp_path) == [f"{tmp_path.as_posix()}/main.exr"]
    assert paths(Row("main", ".exr"), out=Path("a/b.exr")) == ["a/b.exr"]


def test_members_of_sequences_are_named_after_them_and_others_are_not() -> None:
    frames = [Row("0001", ".exr"), Row("0002", ".exr")]
    assert paths(Row("plate", ".exr", "SequenceComponent"), plate=frames) == [
        "plate/plate.0001.exr",
        "plate/plate.0002.exr",
    ]
    assert paths(Row("all", None, "ContainerComponent"), all=[Row("a", ".txt")], out=Path("x")) == ["x/a.txt"]
    assert paths(Row("all", None, "ContainerComponent"), all=[]) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a/b", "con", "a\\b", "a\x00b", ""])
def test_a_name_never_leads_out_of_the_folder(name: str) -> None:
    for path in [
        *paths(Row(name, ".x", key="k"), out=Path()),
        *paths(Row(name, ".x", "SequenceComponent", key="k"), k=[Row("../1", ".x")]),
    ]:
        resolved = (Path("/base") / path).resolve()
        assert resolved.is_relative_to("/base")
        assert resolved != Path("/base")


def test_two_files_with_one_path_are_refused() -> None:
    with pytest.raises(UsageError, match=r"a and b would both be written to 'Main\.exr'"):
        paths(Row("main", ".exr", key="a"), Row("Main", ".exr", key="b"))
