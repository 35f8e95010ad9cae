"""The accessor for the server's storage: files of components by their ids, without containers and paths."""

from __future__ import annotations

import io
import uuid
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.accessors.server import ServerAccessor


@pytest.fixture
def accessor(session: Session) -> ServerAccessor:
    accessor = session.locations.server.accessor
    assert isinstance(accessor, ServerAccessor)
    return accessor


@pytest.fixture
def identifier() -> str:
    """The id of a component that the server does not have."""
    return str(uuid.uuid4())


@pytest.mark.parametrize("size", [0, 1, 100_000, 9_000_000])
def test_files_are_written_read_and_removed(
    accessor: ServerAccessor, identifier: str, size: int, tmp_path: Path
) -> None:
    content, counted = bytes(range(256)) * (size // 256) + b"x" * (size % 256), [0, 0]
    assert not accessor.exists(identifier)

    def count(side: int, number: int) -> None:
        counted[side] += number

    assert accessor.write(identifier, content, progress=lambda number: count(0, number)) == size
    assert (accessor.exists(identifier), accessor.is_container(identifier)) == (True, False)
    assert accessor.size(identifier) == size
    with accessor.open(identifier) as stream:
        assert stream.read() == content
    target = tmp_path / "copy"
    assert accessor.read_into(identifier, target, progress=lambda number: count(1, number)) == size
    assert target.read_bytes() == content
    assert counted == [size, size]
    accessor.remove(identifier)
    assert not accessor.exists(identifier)
    for read in (accessor.open, accessor.size, accessor.remove):
        with pytest.raises(errors.StorageError):
            read(identifier)


def test_nothing_is_overwritten_unless_asked_for(accessor: ServerAccessor, identifier: str) -> None:
    accessor.write(identifier, b"first")
    with pytest.raises(errors.ResourceExists, match=identifier):
        accessor.write(identifier, b"second")
    with pytest.raises(errors.ResourceExists, match=identifier):
        accessor.open(identifier, "xb")
    accessor.write(identifier, io.BytesIO(b"third"), overwrite=True)
    with accessor.open(identifier) as stream:
        assert stream.read() == b"third"


def test_a_stream_is_uploaded_when_it_is_closed(accessor: ServerAccessor, identifier: str) -> None:
    with accessor.open(identifier, "xb") as stream:
        stream.write(b"written ")
        stream.write(b"in pieces")
        assert not accessor.exists(identifier)
    stream.close()
    with accessor.open(identifier) as stream:
        assert stream.read() == b"written in pieces"
    with pytest.raises(RuntimeError), accessor.open(identifier, "wb") as stream:
        stream.write(b"never")
        raise RuntimeError
    assert accessor.size(identifier) == 17
    with pytest.raises(errors.StorageUnsupported, match="rb, wb or xb"):
        accessor.open(identifier, "r")


def test_there_are_no_containers_and_no_paths(accessor: ServerAccessor, identifier: str) -> None:
    accessor.make_container("anything")
    assert accessor.get_container(identifier) == ""
    assert accessor.is_container("")
    for call in (accessor.list, accessor.get_filesystem_path):
        with pytest.raises(errors.StorageUnsupported):
            call("")


def test_the_key_is_in_no_repr_and_in_no_error(box: Sandbox, accessor: ServerAccessor, identifier: str) -> None:
    assert box.api_key in accessor.get_url(identifier)
    assert box.api_key in accessor.get_thumbnail_url(identifier)
    assert box.api_key not in repr(accessor)
    with pytest.raises(errors.StorageError) as raised:
        accessor.remove(identifier)
    assert box.api_key not in repr(raised.value) + str(raised.value) + repr(raised.value.details)
