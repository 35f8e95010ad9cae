"""The files of a storage by component."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox.storage.file_store import FileStore
from ftrack_orm.sandbox.storage.memory import MemorySegments
from ftrack_orm.sandbox.storage.stored_file import Segment, StoredFile


@pytest.fixture
def files() -> FileStore:
    return FileStore(MemorySegments())


def segment(files: FileStore, content: bytes) -> Segment:
    writer = files.create()
    writer.write(content)
    return writer.finish()


def test_a_file_is_found_by_its_component(files: FileStore) -> None:
    file = StoredFile("c", "n", "t", (segment(files, b"a"), segment(files, b"b")))
    files.put(file)
    assert files.find("c") is file
    assert files.find("d") is None
    assert list(files) == [file]
    assert files.content(file) == b"ab"


def test_the_bytes_of_replaced_and_removed_files_are_deleted(files: FileStore) -> None:
    shared, old = segment(files, b"shared"), segment(files, b"old")
    files.put(StoredFile("c", "n", "t", (shared, old)))
    files.put(StoredFile("c", "n", "t", (shared,)))
    assert files.read(shared.name, 0, 10) == b"shared"
    with pytest.raises(OSError, match="deleted"):
        files.read(old.name, 0, 10)
    assert files.remove("c")
    assert not files.remove("c")
    with pytest.raises(OSError, match="deleted"):
        files.read(shared.name, 0, 10)
