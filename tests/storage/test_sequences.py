"""File sequences: their text form, and the sequences in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import clique
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import errors
from ftrack_orm.storage.sequences import FileSequence, SingleFile, components_in, group_files, sequence_at

PLATE = FileSequence("/path/plate.", ".exr", 4, (1, 2, 3, 4, 5, 8, *range(10, 21)))


def test_a_text_with_ranges_is_a_sequence() -> None:
    assert FileSequence.parse("/path/plate.%04d.exr [1-5, 8, 10-20]") == PLATE
    assert str(PLATE) == "/path/plate.%04d.exr [1-5, 8, 10-20]"
    assert (PLATE.path, PLATE.name, PLATE.file_type) == ("/path/plate.%04d.exr", "plate", ".exr")
    assert len(PLATE) == 17
    assert PLATE.members()[5] == ("0008", "/path/plate.0008.exr")


@pytest.mark.parametrize(
    "text", ["/path/plate.exr", "/path/plate.%04d.exr", "a [1-5]", "", "%04d.exr [x]", "a\n%d [1]"]
)
def test_other_texts_are_no_sequences(text: str) -> None:
    assert FileSequence.parse(text) is None


@pytest.mark.parametrize("ranges", ["", "1-", "-1", "5-1", "1,,2", "1-2-3", "1--2", "1 2", "9" * 30])
def test_ranges_that_cannot_be_read_are_errors(ranges: str) -> None:
    with pytest.raises(errors.InvalidValue, match="which is no number and no range"):
        FileSequence.parse(f"a.%04d.exr [{ranges}]")


def test_a_mistyped_range_does_not_fill_the_memory() -> None:
    with pytest.raises(errors.InvalidValue, match=r"100,000,000,000 files.*Check its ranges"):
        FileSequence.parse("a.%04d.exr [1-100000000000]")


@given(
    st.text(st.characters(exclude_characters="\n%"), max_size=12),
    st.sampled_from([".exr", "_left.dpx", "", ".v2"]),
    st.integers(0, 8),
    st.sets(st.integers(0, 99_999), min_size=1, max_size=30),
)
def test_texts_and_paths_are_those_of_clique(head: str, tail: str, padding: int, indexes: set[int]) -> None:
    sequence = FileSequence(head, tail, padding, tuple(sorted(indexes)))
    collection = clique.Collection(head, tail, padding, indexes)
    assert [path for _, path in sequence.members()] == list(collection)
    assert str(sequence) == str(collection)
    assert FileSequence.parse(str(sequence)) == sequence
    assert sequence.name


@pytest.mark.parametrize(
    ("sequence", "name", "file_type"),
    [
        (FileSequence("/a/plate_", ".exr", 4, (1,)), "plate", ".exr"),
        (FileSequence("/a/plate.", "_left.exr", 4, (1,)), "plate_left", ".exr"),
        (FileSequence("/a/frames/", ".png", 4, (1,)), "frames", ".png"),
        (FileSequence("", "", 0, (1,)), "sequence", ""),
    ],
)
def test_a_sequence_has_a_name_and_a_file_type(sequence: FileSequence, name: str, file_type: str) -> None:
    assert (sequence.name, sequence.file_type) == (name, file_type)


def names_of(found: list[FileSequence | SingleFile]) -> list[str]:
    return [str(each) for each in found]


def test_a_folder_has_sequences_and_single_files(tmp_path: Path) -> None:
    for name in (
        *(f"plate.{n:04d}.exr" for n in (1, 2, 3, 7)),
        *("matte_1.png", "matte_2.png", "0001.tif", "0002.tif", "take_1.mov", "take_2.mov", "v001.nk", "v002.nk"),
        *("notes.txt", "single.0001.exr", ".hidden.1.exr", ".hidden.2.exr", ".0123456789abcdef.part"),
    ):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.exr").touch()
    expected = [
        *("%04d.tif [1-2]", "matte_%d.png [1-2]", "notes.txt", "plate.%04d.exr [1-3, 7]", "single.0001.exr"),
        *("take_1.mov", "take_2.mov", "v001.nk", "v002.nk"),
    ]
    assert names_of(components_in(tmp_path)) == [f"{tmp_path}/{name}" for name in expected]
    assert f"{tmp_path}/folder/inner.exr" in names_of(components_in(tmp_path, recursive=True))
    assert f"{tmp_path}/.hidden.%d.exr [1-2]" in names_of(components_in(tmp_path, hidden=True))
    assert f"{tmp_path}/single.%04d.exr [1]" in names_of(components_in(tmp_path, minimum=1))
    note = next(each for each in components_in(tmp_path) if isinstance(each, SingleFile))
    assert (note.name, note.file_type) == ("notes", ".txt")


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").touch()
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert names_of(components_in(tmp_path, recursive=True)) == [f"{tmp_path}/a/file"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.ResourceNotFound):
        components_in(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(errors.ResourceInvalid):
        components_in(tmp_path / "file")


NUMBERS = st.integers(0, 12_000).flatmap(
    lambda number: st.sampled_from([f"{number}", f"{number:04d}", f"{number:02d}"])
)
FILES = st.builds(
    "{}{}{}".format, st.sampled_from(["a.", "b_", "", "x"]), NUMBERS, st.sampled_from([".exr", ".mov", ""])
)


@given(st.sets(FILES, max_size=40), st.integers(1, 4))
def test_every_file_is_in_one_sequence_or_single(names: set[str], minimum: int) -> None:
    found: list[str] = []
    for each in group_files(names, minimum=minimum):
        if isinstance(each, FileSequence):
            assert len(each) >= minimum
            assert FileSequence.parse(str(each)) == each
            found.extend(path for _, path in each.members())
        else:
            found.append(each.path)
    assert sorted(found) == sorted(names)


def test_a_folder_with_many_files_in_no_sequence_takes_no_time_for_each_pair() -> None:
    """clique alone compares each of them with every other."""
    assert len(group_files([f"take{number}_{number % 7:04d}.exr" for number in range(30_000)])) == 30_000


def test_frames_with_more_digits_than_the_padding_belong_to_the_sequence() -> None:
    names = [f"a.{n:04d}.exr" for n in (999, 1000, 9999, 10000, 10001)]
    assert names_of(group_files(names)) == ["a.%04d.exr [999-1000, 9999-10001]"]


def test_an_expression_without_ranges_stands_for_the_files_in_its_folder(tmp_path: Path) -> None:
    for number in (1, 2, 12345):
        (tmp_path / f"a.{number:04d}.exr").touch()
    (tmp_path / "a.5.exr").touch()
    assert str(sequence_at(tmp_path / "a.%04d.exr")) == f"{tmp_path}/a.%04d.exr [1-2, 12345]"
    assert str(sequence_at(f"{tmp_path}/a.%04d.exr [1-9]")) == f"{tmp_path}/a.%04d.exr [1-9]"
    assert str(sequence_at(tmp_path / "a.%d.exr")) == f"{tmp_path}/a.%d.exr [5, 12345]"
    assert sequence_at(tmp_path / "a.exr") is None
    with pytest.raises(errors.ResourceNotFound, match="There are no files"):
        sequence_at(tmp_path / "b.%04d.exr")
    (tmp_path / "c.%04d.exr").touch()
    assert sequence_at(tmp_path / "c.%04d.exr") is None


def test_an_expression_in_the_current_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.1.exr").touch()
    assert str(sequence_at("a.%d.exr")) == "a.%d.exr [1]"
    assert os.listdir() == ["a.1.exr"]
