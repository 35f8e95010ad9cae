"""Files of changes are written atomically, and files of other kinds are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.committing.changes_file import position_of, read_changes, write_changes

CONTENT = {"created": [], "updated": [], "deleted": [{"__entity_type__": "Task", "id": "ä"}]}


def test_content_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "changes.json"
    write_changes(path, CONTENT)
    write_changes(path, CONTENT)
    assert read_changes(path) == {"format": "ftrack_orm changes", "version": 1, **CONTENT}
    assert [each.name for each in tmp_path.iterdir()] == ["changes.json"]


def test_files_that_cannot_be_read_or_written_are_storage_errors(tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError, match="could not be read"):
        read_changes(tmp_path / "missing.json")
    with pytest.raises(errors.StorageError, match="could not be written"):
        write_changes(tmp_path / "no folder" / "changes.json", CONTENT)


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(errors.StorageError):
        write_changes(tmp_path / "taken", CONTENT)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "it is not JSON"),
        ("[]", "not a file of changes"),
        ('{"format": "ftrack_orm changes", "version": 2}', "version 2; this library reads version 1"),
    ],
)
def test_files_of_other_kinds_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "changes.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(errors.InvalidValue, match=message):
        read_changes(path)


def test_the_checksum_of_each_item_is_written_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "changes.json"
    write_changes(path, CONTENT)
    path.write_text(path.read_text(encoding="utf-8").replace('"ä"', '"ö"'), encoding="utf-8")
    with pytest.raises(errors.InvalidValue, match=r"deleted\[0\] differs from what was saved there"):
        read_changes(path)


@pytest.mark.parametrize("checksums", ["5", "{}", '{"created": [], "updated": [], "deleted": []}', "[]"])
def test_checksums_that_do_not_fit_the_items_are_refused(tmp_path: Path, checksums: str) -> None:
    path = tmp_path / "changes.json"
    path.write_text(
        '{"format": "ftrack_orm changes", "version": 1, "created": [], "updated": [], '
        f'"deleted": [{{}}], "checksums": {checksums}}}',
        encoding="utf-8",
    )
    with pytest.raises(errors.InvalidValue, match="one checksum for each item"):
        read_changes(path)


def test_a_place_is_stated_as_programs_write_it() -> None:
    assert position_of("created", 3, "values", "name") == "created[3].values.name"
    assert position_of() == "the document"
    assert len(position_of("x" * 10_000)) < 100
