"""Uploads in several parts, without a server. `test_actions.py` tests their errors as clients see them."""

from __future__ import annotations

import threading

import pytest

from ftrack_orm.errors import ServerValidationError
from ftrack_orm.sandbox.storage.file_store import FileStore
from ftrack_orm.sandbox.storage.memory import MemorySegments
from ftrack_orm.sandbox.storage.stored_file import Segment
from ftrack_orm.sandbox.storage.uploads import Declared, Uploads, tags_of

DECLARED = Declared("c", "a.bin", "application/octet-stream")


@pytest.fixture
def files() -> FileStore:
    return FileStore(MemorySegments())


def segment(files: FileStore, content: bytes) -> Segment:
    writer = files.create()
    writer.write(content)
    return writer.finish()


def test_parts_that_are_left_out_or_replaced_are_deleted(files: FileStore) -> None:
    uploads = Uploads(files)
    upload = uploads.start(DECLARED, 3)
    first, replaced, second, left_out = (segment(files, content) for content in (b"1", b"x", b"2", b"3"))
    for number, part in ((1, first), (2, replaced), (2, second), (3, left_out)):
        assert uploads.add_part(upload.upload_id, number, part)
    uploads.complete("c", upload.upload_id, {2: second.md5, 1: first.md5})
    file = files.find("c")
    assert file is not None
    assert files.content(file) == b"12"
    for gone in (replaced, left_out):
        with pytest.raises(OSError, match="deleted"):
            files.read(gone.name, 0, 1)
    assert uploads.unfinished == ()


def test_an_aborted_upload_takes_no_parts(files: FileStore) -> None:
    uploads = Uploads(files)
    upload, other = uploads.start(DECLARED, 2), uploads.start(Declared("d", "b", "t"), 2)
    part = segment(files, b"1")
    uploads.add_part(upload.upload_id, 1, part)
    uploads.abort("c")
    assert uploads.unfinished == (other,)
    assert not uploads.add_part(upload.upload_id, 2, segment(files, b"2"))
    with pytest.raises(OSError, match="deleted"):
        files.read(part.name, 0, 1)


def test_parts_arrive_from_many_threads(files: FileStore) -> None:
    uploads = Uploads(files)
    upload = uploads.start(DECLARED, 50)
    parts = {number: segment(files, bytes([number])) for number in range(1, 51)}
    threads = [
        threading.Thread(target=uploads.add_part, args=(upload.upload_id, number, part))
        for number, part in parts.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    uploads.complete("c", upload.upload_id, {number: part.md5 for number, part in parts.items()})
    file = files.find("c")
    assert file is not None
    assert files.content(file) == bytes(range(1, 51))


def test_tags_lose_their_quotes() -> None:
    assert tags_of([{"part_number": 2, "e_tag": '"x"'}, {"part_number": 1, "e_tag": "y"}]) == {2: "x", 1: "y"}


@pytest.mark.parametrize(
    "part", [{}, {"part_number": "1", "e_tag": "x"}, {"part_number": 1}, {"part_number": True, "e_tag": "x"}, 5]
)
def test_malformed_parts_are_refused(part: object) -> None:
    with pytest.raises(ServerValidationError, match="e_tag"):
        tags_of([part])  # type: ignore[list-item]
