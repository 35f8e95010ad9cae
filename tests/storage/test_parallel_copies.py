"""Copies between accessors: complete and verified or not there, on several threads."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.parallel_copies import Copy, Stored, copy_all, remove_copies


@pytest.fixture
def source(tmp_path: Path) -> DiskAccessor:
    """A folder with thirty files, `0` to `29`."""
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(30):
        (folder / str(number)).write_bytes(os.urandom(number * 100))
    return DiskAccessor(folder)


@pytest.fixture
def target(tmp_path: Path) -> DiskAccessor:
    """An empty folder."""
    (tmp_path / "target").mkdir()
    return DiskAccessor(tmp_path / "target", sync=False)


class WithoutPaths(DiskAccessor):
    """Files that are read as streams only, like those of a bucket."""

    def get_filesystem_path(self, resource_identifier: str) -> str:
        if sys._getframe(1).f_code.co_name == "path":
            raise errors.StorageUnsupported("no paths")
        return super().get_filesystem_path(resource_identifier)


def copies(source: DiskAccessor, target: DiskAccessor) -> list[Copy]:
    return [Copy(Stored(source, str(n)), target, f"in/{n}", str(n)) for n in range(30)]


@pytest.mark.parametrize("kind", [DiskAccessor, WithoutPaths])
@pytest.mark.parametrize("checksum", [False, True])
def test_files_are_copied(source: DiskAccessor, target: DiskAccessor, kind: Any, checksum: bool) -> None:
    finished: list[Copy] = []
    assert copy_all(copies(kind(source.prefix), target), checksum=checksum, finished=finished) == {}
    assert sorted(int(copy.name) for copy in finished) == list(range(30))
    for number in range(30):
        assert (Path(target.prefix) / "in" / str(number)).read_bytes() == (
            Path(source.prefix) / str(number)
        ).read_bytes()


def test_files_without_paths_are_written_where_they_belong_without_a_temporary_file(
    source: DiskAccessor, target: DiskAccessor
) -> None:
    received: list[str] = []

    class Remote(WithoutPaths):
        def open(self, resource_identifier: str, mode: str = "rb") -> Any:
            raise AssertionError("its stream may be a temporary file")

        def read_into(self, resource_identifier: str, target: Any, **options: Any) -> int:
            received.append(target.path)
            return DiskAccessor(self.prefix).read_into(resource_identifier, target, **options)

    copy_all(copies(Remote(source.prefix), target))
    assert sorted(received) == sorted(str(Path(target.prefix) / "in" / str(number)) for number in range(30))


def test_an_accessor_that_writes_in_another_way_gets_a_stream(source: DiskAccessor, target: DiskAccessor) -> None:
    written: list[str] = []

    class Other(DiskAccessor):
        def write(self, resource_identifier: str, source: Any, **options: Any) -> int:
            written.append(resource_identifier)
            return super().write(resource_identifier, source.read(), **options)

    copy_all(copies(WithoutPaths(source.prefix), Other(target.prefix)))
    assert len(written) == 30


def test_bytes_streams_and_paths_are_sources(source: DiskAccessor, target: DiskAccessor) -> None:
    given: list[Any] = [b"bytes", io.BytesIO(b"stream"), Path(source.prefix) / "3"]
    for checksum in (False, True):
        items = [Copy(each, target, f"{checksum}{n}", str(n)) for n, each in enumerate(given)]
        given[1] = io.BytesIO(b"stream")
        copy_all(items, checksum=checksum)
    assert (Path(target.prefix) / "False0").read_bytes() == b"bytes"
    assert (Path(target.prefix) / "True1").read_bytes() in (b"", b"stream")
    assert copy_all([]) == {}


@pytest.mark.parametrize("bad", range(0, 30, 7))
def test_one_failure_removes_all_copies_and_keeps_what_was_there(
    source: DiskAccessor, target: DiskAccessor, bad: int
) -> None:
    there = Path(target.prefix) / "in" / str(bad)
    there.parent.mkdir()
    there.write_text("another file")
    with pytest.raises(errors.ResourceExists):
        copy_all(copies(source, target))
    assert [path.name for path in there.parent.iterdir()] == [str(bad)]
    assert there.read_text() == "another file"
    failures = copy_all(copies(source, target), keep_finished=True)
    assert [copy.name for copy in failures] == [str(bad)]
    assert there.read_text() == "another file"


def test_a_source_that_grows_while_it_is_copied_is_an_error(source: DiskAccessor, target: DiskAccessor) -> None:
    class Growing(DiskAccessor):
        def write(self, resource_identifier: str, source: Any, **options: Any) -> int:
            with open(source, "ab") as file:
                file.write(b"more")
            return super().write(resource_identifier, source, **options)

    with pytest.raises(errors.StorageError, match="may have changed"):
        copy_all([Copy(Path(source.prefix) / "5", Growing(target.prefix), "5", "five")])
    assert list(Path(target.prefix).iterdir()) == []


def test_copies_run_at_the_same_time_and_are_bounded(source: DiskAccessor, target: DiskAccessor) -> None:
    barrier, running, most = threading.Barrier(4, timeout=10), [0], [0]
    lock = threading.Lock()

    class Meeting(DiskAccessor):
        def write(self, resource_identifier: str, source: Any, **options: Any) -> int:
            with lock:
                running[0] += 1
                most[0] = max(most)
                most[0] = max(most[0], running[0])
            if int(resource_identifier) < 4:
                barrier.wait()
            try:
                return super().write(resource_identifier, source, **options)
            finally:
                with lock:
                    running[0] -= 1

    meeting = Meeting(target.prefix)
    copy_all([Copy(Stored(source, str(n)), meeting, str(n), str(n)) for n in range(30)])
    assert 4 <= most[0] <= 8


def test_a_copy_that_cannot_be_removed_is_noted_in_the_error(
    target: DiskAccessor, caplog: pytest.LogCaptureFixture
) -> None:
    error = errors.StorageError("the first error")
    (Path(target.prefix) / "folder" / "full").mkdir(parents=True)
    remove_copies([Copy(b"", target, each, "name") for each in ("gone already", "folder")], error)
    assert "gone already" not in caplog.text
    assert "folder" in caplog.text
    if sys.version_info >= (3, 11):
        assert "folder" in "".join(error.__notes__)
