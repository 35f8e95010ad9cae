"""Edge: the compliance suite for accessors, which a studio runs on its own with pytest."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_orm import errors

if TYPE_CHECKING:
    from ftrack_orm.storage.accessors.base import Accessor

__all__ = ["AccessorCompliance"]

#: Sizes below, at and above those of pieces and buffers.
_SIZES = (0, 1, 8192, 1024 * 1024, 2 * 1024 * 1024 + 17)
_OUTSIDE = ("..", "../a", "show/../../a", "/", "/a", "a\0b", "show/../..", "a\ud800")
_NAMES = (
    "plate v2.exr",
    "Ünïcode 名前.exr",
    "100%.exr",
    "a#b&c=d+e;f,g.exr",
    ".hidden",
    "a'b~$(c)[d]{e}!@^.exr",
    "%2e%2e",
)


class _Interrupted(Exception):
    """A failure in the middle of a copy."""


class _FailingStream(io.RawIOBase):
    """A stream that ends with an error after its data."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data, self._data = self._data, b""
        if not data:
            raise _Interrupted
        return data


class AccessorCompliance:
    """Tests of the promises that `Accessor` makes, to run on an accessor of your own.

    Derive a class whose name begins with `Test` in a module of tests, and define the fixture *accessor*, which returns
    an accessor without any files:

        class TestStudioAccessor(AccessorCompliance):
            @pytest.fixture
            def accessor(self, tmp_path):
                return StudioAccessor(tmp_path)
    """

    #: Whether containers exist without files in them; set it to False for the keys of a bucket.
    has_empty_containers = True
    #: Whether one of several writes at the same time fails if they may not overwrite each other.
    has_exclusive_writes = True

    @pytest.fixture
    def accessor(self) -> Accessor:
        """Return the accessor to test, which has no files."""
        raise NotImplementedError("Define a fixture 'accessor' that returns an accessor without any files.")

    def read(self, accessor: Accessor, resource_identifier: str) -> bytes:
        """Return the content of a file."""
        with accessor.open(resource_identifier) as stream:
            return stream.read()

    @pytest.mark.parametrize("size", _SIZES)
    def test_what_is_written_is_read(self, accessor: Accessor, tmp_path: Path, size: int) -> None:
        """A file has the bytes that were written, whichever way it is read."""
        data = (bytes(range(256)) * (size // 256 + 1))[:size]
        assert accessor.write("show/a.exr", data) == size
        assert self.read(accessor, "show/a.exr") == data
        assert accessor.size("show/a.exr") == size
        stream = io.BytesIO()
        assert accessor.read_into("show/a.exr", stream) == size
        assert stream.getvalue() == data
        assert accessor.read_into("show/a.exr", tmp_path / "copy") == size
        assert (tmp_path / "copy").read_bytes() == data

    def test_every_kind_of_source_can_be_written(self, accessor: Accessor, tmp_path: Path) -> None:
        """A path, bytes and a stream are sources; a stream is read from its position and stays open."""
        (tmp_path / "source").write_bytes(b"data")
        stream = io.BytesIO(b"not data")
        stream.seek(4)
        sources: dict[str, Any] = {"path": tmp_path / "source", "text": str(tmp_path / "source"), "bytes": b"data"}
        for name, source in {**sources, "stream": stream}.items():
            assert accessor.write(name, source) == 4
            assert self.read(accessor, name) == b"data"
        assert not stream.closed

    def test_a_file_can_be_read_from_any_position(self, accessor: Accessor) -> None:
        """A stream for reading can seek."""
        accessor.write("a", b"0123456789")
        with accessor.open("a") as stream:
            stream.seek(7)
            assert stream.read() == b"789"
            stream.seek(2)
            assert stream.read(3) == b"234"

    def test_files_and_containers_are_distinguished(self, accessor: Accessor) -> None:
        """A file is no container, and the containers of a file exist."""
        accessor.write("show/shot/a.exr", b"1")
        for identifier in ("", "show", "show/shot"):
            assert (accessor.is_container(identifier), accessor.is_file(identifier)) == (True, False), identifier
        assert (accessor.is_file("show/shot/a.exr"), accessor.is_container("show/shot/a.exr")) == (True, False)
        for identifier in ("show", "show/shot/a.exr"):
            assert accessor.exists(identifier)
        for identifier in ("sho", "show/sho", "show/shot/a.ex", "show/shot/a.exr/b", "missing"):
            assert not accessor.exists(identifier), identifier

    def test_a_container_is_listed(self, accessor: Accessor) -> None:
        """A listing has the resources of the container itself, sorted, as identifiers."""
        for identifier in ("show/b", "show/a", "show/inner/c", "other"):
            accessor.write(identifier, b"1")
        assert accessor.list("show") == ["show/a", "show/b", "show/inner"]
        assert accessor.list("") == accessor.list() == ["other", "show"]
        with pytest.raises(errors.ResourceNotFound):
            accessor.list("missing")
        with pytest.raises(errors.ResourceInvalid):
            accessor.list("other")

    def test_a_file_is_not_overwritten_unless_asked_for(self, accessor: Accessor) -> None:
        """A file that exists is kept, or replaced as a whole."""
        accessor.write("a", b"old and long")
        for write in (lambda: accessor.write("a", b"new"), lambda: accessor.open("a", "xb").close()):
            with pytest.raises(errors.ResourceExists):
                write()
            assert self.read(accessor, "a") == b"old and long"
        assert accessor.write("a", b"new", overwrite=True) == 3
        assert self.read(accessor, "a") == b"new"
        with accessor.open("a", "wb") as stream:
            stream.write(b"newer")
        assert self.read(accessor, "a") == b"newer"

    @pytest.mark.parametrize("exists", [False, True])
    @pytest.mark.parametrize("size", [10, 3 * 1024 * 1024])
    def test_a_write_that_fails_leaves_nothing(self, accessor: Accessor, exists: bool, size: int) -> None:
        """Whatever stops a write, there is no part of a file, and an old file is as it was."""
        if exists:
            accessor.write("show/a", b"old")

        def interrupt(_: int) -> None:
            raise _Interrupted

        def raise_in_block() -> None:
            accessor.make_container("show")
            with accessor.open("show/a", "wb") as stream:
                stream.write(b"x" * size)
                raise _Interrupted

        failures: list[Callable[[], object]] = [
            lambda: accessor.write("show/a", _FailingStream(b"x" * size), overwrite=True),  # type: ignore[arg-type]
            lambda: accessor.write("show/a", b"x" * size, overwrite=True, progress=interrupt),
            raise_in_block,
        ]
        for failure in failures:
            with pytest.raises(_Interrupted):
                failure()
            assert accessor.exists("show/a") == exists
            assert accessor.list("show" if exists else "") in (["show/a"], [], ["show"])
            if exists:
                assert self.read(accessor, "show/a") == b"old"
        with pytest.raises(errors.ResourceNotFound):
            accessor.write("b", Path("/missing/file"))
        assert not accessor.exists("b")

    def test_progress_counts_the_bytes(self, accessor: Accessor, tmp_path: Path) -> None:
        """The numbers of bytes add up to the size of the file, for writing and for reading."""
        written: list[int] = []
        read: list[int] = []
        size = accessor.write("a", b"x" * 3_000_000, progress=written.append)
        accessor.read_into("a", tmp_path / "a", progress=read.append)
        assert sum(written) == sum(read) == size == 3_000_000

    def test_a_file_appears_when_its_stream_is_closed(self, accessor: Accessor) -> None:
        """A stream for writing shows nothing before it is closed."""
        accessor.make_container("show")
        stream = accessor.open("show/a", "xb")
        stream.write(b"12")
        assert not accessor.is_file("show/a")
        stream.write(b"3")
        stream.close()
        assert self.read(accessor, "show/a") == b"123"

    @pytest.mark.parametrize("mode", ["r", "w", "ab", "r+b", "", "rb+"])
    def test_modes_that_change_a_file_in_place_are_refused(self, accessor: Accessor, mode: str) -> None:
        """Only `rb`, `wb` and `xb` keep the promise that a file is complete."""
        accessor.write("a", b"1")
        with pytest.raises(errors.StorageUnsupported):
            accessor.open("a", mode)
        assert self.read(accessor, "a") == b"1"

    def test_files_and_empty_containers_are_removed(self, accessor: Accessor) -> None:
        """A container with files stays, and removing what does not exist is an error."""
        accessor.write("show/a", b"1")
        with pytest.raises(errors.StorageError):
            accessor.remove("show")
        with pytest.raises(errors.ResourceInvalid):
            accessor.remove_container("show/a")
        assert self.read(accessor, "show/a") == b"1"
        accessor.remove("show/a")
        assert not accessor.exists("show/a")
        if self.has_empty_containers:
            accessor.remove_container("show")
        assert not accessor.exists("show")
        with pytest.raises(errors.ResourceNotFound):
            accessor.remove("show/a")
        with pytest.raises(errors.ResourceInvalid):
            accessor.remove("")

    def test_containers_are_made(self, accessor: Accessor) -> None:
        """A container that exists is left as it is, and a file is in its way."""
        accessor.write("show/a", b"1")
        accessor.make_container("show")
        accessor.make_container("")
        accessor.make_container("x/y/z")
        accessor.make_container("x/y/z")
        assert self.read(accessor, "show/a") == b"1"
        with pytest.raises(errors.ResourceExists):
            accessor.make_container("show/a")
        if self.has_empty_containers:
            assert accessor.is_container("x/y/z")
            with pytest.raises(errors.ResourceNotFound):
                accessor.make_container("p/q", recursive=False)
            accessor.make_container("p", recursive=False)
            assert accessor.list("p") == []

    def test_what_does_not_exist_is_an_error(self, accessor: Accessor, tmp_path: Path) -> None:
        """Reading names the identifier, and makes no file."""
        for read in (accessor.open, accessor.size, lambda each: accessor.read_into(each, tmp_path / "copy")):
            with pytest.raises(errors.ResourceNotFound, match="missing"):
                read("missing")
        assert list(tmp_path.glob("copy*")) == []

    def test_a_container_cannot_be_read_or_replaced_as_a_file(self, accessor: Accessor) -> None:
        """A container stays, with its files."""
        accessor.write("show/a", b"1")
        for use in (accessor.open, accessor.size, lambda each: accessor.write(each, b"", overwrite=True)):
            with pytest.raises(errors.StorageError):
                use("show")
        with pytest.raises(errors.StorageError):
            accessor.write("show/a/b", b"")
        assert accessor.list("show") == ["show/a"]

    @pytest.mark.parametrize("identifier", _OUTSIDE)
    def test_no_identifier_leads_out_of_the_storage(self, accessor: Accessor, identifier: str) -> None:
        """Identifiers that leave the place of the accessor are refused by every method."""
        uses: list[Callable[[str], object]] = [
            *(accessor.open, accessor.list, accessor.is_file, accessor.is_container, accessor.exists, accessor.size),
            *(accessor.remove, accessor.make_container, lambda each: accessor.write(each, b"", overwrite=True)),
            *(lambda each: accessor.open(each, "wb"), lambda each: accessor.read_into(each, io.BytesIO())),
        ]
        for use in uses:
            with pytest.raises(errors.ResourceInvalid):
                use(identifier)
        assert accessor.list() == []

    @pytest.mark.parametrize("name", _NAMES)
    def test_names_are_kept_as_they_are(self, accessor: Accessor, name: str) -> None:
        """Spaces, characters of all languages, and those with a meaning in URLs or patterns are ordinary."""
        accessor.write(f"show/{name}", b"1")
        assert accessor.list("show") == [f"show/{name}"]
        assert accessor.is_file(f"show/{name}")
        assert self.read(accessor, f"show/{name}") == b"1"
        accessor.remove(f"show/{name}")
        assert not accessor.exists(f"show/{name}")

    def test_identifiers_have_one_meaning(self, accessor: Accessor) -> None:
        """Repeated slashes, `.` and `..` inside the storage lead to the same file."""
        accessor.write("show/a", b"1")
        for identifier in ("show//a", "show/./a", "show/x/../a", "./show/a"):
            assert self.read(accessor, identifier) == b"1"

    def test_the_container_of_a_resource_is_known(self, accessor: Accessor) -> None:
        """It need not exist."""
        assert accessor.get_container("show/shot/a") == "show/shot"
        assert accessor.get_container("show") == ""
        with pytest.raises(errors.ResourceInvalid):
            accessor.get_container("")

    def test_a_sequence_exists_with_its_first_file(self, accessor: Accessor) -> None:
        """The expression of a sequence stands for files with numbers."""
        accessor.write("show/a.0001.exr", b"1")
        assert accessor.is_sequence("show/a.%04d.exr")
        for identifier in ("show/b.%04d.exr", "show/a.0001.exr", "show", "missing/a.%04d.exr"):
            assert not accessor.is_sequence(identifier)

    def test_a_path_or_url_leads_to_the_file_or_is_not_supported(self, accessor: Accessor) -> None:
        """Other programs find the same bytes under a path."""
        accessor.write("show/a", b"123")
        try:
            path = accessor.get_filesystem_path("show/a")
        except errors.StorageUnsupported:
            pass
        else:
            assert Path(path).read_bytes() == b"123"
        try:
            url = accessor.get_url("show/a")
        except errors.StorageUnsupported:
            pass
        else:
            assert "://" in url

    def test_an_existing_target_is_not_overwritten_unless_asked_for(self, accessor: Accessor, tmp_path: Path) -> None:
        """A copy to a path keeps the file that is there."""
        accessor.write("a", b"new")
        target = tmp_path / "target"
        target.write_bytes(b"old")
        with pytest.raises(errors.ResourceExists):
            accessor.read_into("a", target)
        assert target.read_bytes() == b"old"
        accessor.read_into("a", target, overwrite=True)
        assert target.read_bytes() == b"new"

    def test_threads_write_at_the_same_time(self, accessor: Accessor) -> None:
        """Files of different names are complete, in a container that all of them make."""
        failures = _in_threads(8, lambda number: accessor.write(f"new/show/{number}", b"%d" % number * 100_000))
        assert failures == []
        assert accessor.list("new/show") == [f"new/show/{number}" for number in range(8)]
        for number in range(8):
            assert self.read(accessor, f"new/show/{number}") == b"%d" % number * 100_000

    def test_one_of_several_writers_of_a_file_succeeds(self, accessor: Accessor) -> None:
        """The others get an error, and the file is that of one writer."""
        if not self.has_exclusive_writes:
            pytest.skip("the accessor cannot compare and write in one step")
        failures = _in_threads(8, lambda number: accessor.write("show/a", b"%d" % number * 100_000))
        assert [type(error) for error in failures] == [errors.ResourceExists] * 7
        content = self.read(accessor, "show/a")
        assert content == content[:1] * 100_000
        assert accessor.list("show") == ["show/a"]


def _in_threads(number: int, function: Callable[[int], object]) -> list[BaseException]:
    """Call *function* with each number below *number*, in a thread of its own, and return the errors."""
    failures: list[BaseException] = []
    start = threading.Barrier(number)

    def run(each: int) -> None:
        start.wait()
        try:
            function(each)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
