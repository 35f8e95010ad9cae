"""Edge: copies files between accessors, several at the same time, verified, and removed again when one fails."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Union, cast

import attrs

from ftrack_orm.errors import (
    FtrackError,
    RequestCancelled,
    ResourceExists,
    ResourceNotFound,
    StorageError,
    StorageUnsupported,
    quoted,
)
from ftrack_orm.transport.thread_pool import DaemonThreadPool

from .accessors.base import Accessor
from .accessors.disk import DiskAccessor
from .copying import PushedSource
from .display import shown_progress
from .leftovers import note_leftover
from .parallel import JobGroup
from .progress_meter import ProgressMeter

if TYPE_CHECKING:
    from ftrack_orm.transport.cancellation import Cancellation

    from .progress import ProgressOption
    from .upload import SourceLike

#: Copies at the same time. Disks and buckets are slower with many more, and a machine has other work to do.
COPIES_AT_A_TIME = 8
_PIECE_BYTES = 1024 * 1024


@attrs.frozen
class Stored:
    """A file that an accessor reads."""

    accessor: Accessor
    identifier: str

    def path(self) -> str | None:
        """Return the path of the file on this machine, or None where the accessor has no paths."""
        try:
            return self.accessor.get_filesystem_path(self.identifier)
        except StorageUnsupported:
            return None

    @contextmanager
    def opened(self) -> Iterator[str | BinaryIO]:
        """Return the path of the file, or else a stream of its bytes, which is closed at the end of the block."""
        path = self.path()
        if path is not None:
            yield path
        else:
            with self.accessor.open(self.identifier) as stream:
                yield stream


#: The bytes to copy: a path, bytes, a binary stream, or a file of an accessor.
CopySource = Union["SourceLike", Stored]


@attrs.frozen(eq=False)
class Copy:
    """One file to copy to *identifier* of *target*. *name* stands for it in errors and in the progress."""

    source: CopySource = attrs.field(repr=False)
    target: Accessor
    identifier: str
    name: str


def copy_all(
    copies: Sequence[Copy],
    *,
    finished: list[Copy] | None = None,
    keep_finished: bool = False,
    checksum: bool = False,
    progress: ProgressOption = None,
    cancellation: Cancellation | None = None,
) -> dict[Copy, FtrackError]:
    """Copy all files, and return the errors of those that failed if *keep_finished*.

    Otherwise the first error stops the others and is raised when all files that were written are removed again. The
    numbers of bytes are compared, and MD5 sums too with *checksum*, which reads every copy again. Nothing is
    overwritten. *finished* gets each copy as soon as it is complete.
    """
    errors: dict[Copy, FtrackError] = {}
    finished = [] if finished is None else finished
    if not copies:
        return errors
    # One thread more, which waits for the others: an interrupt of the caller cannot occur between a copy and its note.
    pool = DaemonThreadPool(COPIES_AT_A_TIME + 1, idle_seconds=0)
    active = _Active()
    with shown_progress(progress, "Copying") as callback, JobGroup(pool, COPIES_AT_A_TIME, cancellation) as group:
        meter = ProgressMeter(callback, group.fail, files_total=len(copies), bytes_total=None, clock=time.monotonic)

        def copy_one(copy: Copy) -> None:
            def note(count: int) -> None:
                if group.stop.cancelled:
                    raise RequestCancelled(f"The copy of {copy.name} was stopped.", safe_to_retry=True)
                meter.add(copy.name, count)

            with active:
                note(0)
                try:
                    _copy(copy, checksum, note)
                except FtrackError as error:
                    if not keep_finished or group.stop.cancelled:
                        raise
                    errors[copy] = error
                else:
                    finished.append(copy)
                meter.finish_file(copy.name)

        try:
            pool.submit(lambda: group.run([partial(copy_one, copy) for copy in copies])).result()
        except BaseException as error:
            # An interrupt of the caller leaves the others running: nothing may appear after they were removed.
            group.fail(error)
            active.wait_for_none()
            remove_copies(finished, error)
            finished.clear()
            raise
        finally:
            pool.close()
    return errors


class _Active:
    """Counts the copies under way: each is a `with` block."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    def __enter__(self) -> None:
        with self._condition:
            self._count += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with self._condition:
            self._count -= 1
            self._condition.notify_all()

    def wait_for_none(self) -> None:
        """Wait until no copy is under way."""
        with self._condition:
            self._condition.wait_for(lambda: self._count == 0)


def remove_copies(copies: Sequence[Copy], error: BaseException) -> None:
    """Remove files that were copied, because of *error*, which gets a note for each that cannot be removed."""
    for copy in copies:
        try:
            copy.target.remove(copy.identifier)
        except ResourceNotFound:
            continue
        except FtrackError as failure:
            note_leftover(error, f"The copy {quoted(copy.identifier)} could not be removed again: {failure}")


def remove_all(accessor: Accessor, identifiers: Sequence[str]) -> dict[str, FtrackError]:
    """Remove files, several at a time, and return the errors of those that remain. One that is gone is no error."""
    errors: dict[str, FtrackError] = {}

    def remove(identifier: str) -> None:
        try:
            accessor.remove(identifier)
        except ResourceNotFound:
            return
        except FtrackError as error:
            errors[identifier] = error

    if identifiers:
        pool = DaemonThreadPool(COPIES_AT_A_TIME, idle_seconds=0)
        try:
            with JobGroup(pool, COPIES_AT_A_TIME) as group:
                group.run([partial(remove, identifier) for identifier in identifiers])
        finally:
            pool.close()
    return errors


def _copy(copy: Copy, checksum: bool, progress: Callable[[int], object]) -> None:
    """Copy one file and verify the copy; one that differs is removed."""
    if isinstance(copy.source, Stored) and not checksum and _takes_pushes(copy):
        _write(copy, PushedSource(partial(_push, copy.source)), checksum, progress)
    elif isinstance(copy.source, Stored):
        with copy.source.opened() as opened:
            _write(copy, opened, checksum, progress)
    else:
        _write(copy, copy.source, checksum, progress)


def _takes_pushes(copy: Copy) -> bool:
    """Whether the source can write to the target directly: it has no path, from which the target would copy faster.

    A studio's accessor may derive from `DiskAccessor` and write in another way.
    """
    takes_pushes = isinstance(copy.target, DiskAccessor) and type(copy.target).write is DiskAccessor.write
    return takes_pushes and isinstance(copy.source, Stored) and copy.source.path() is None


def _push(source: Stored, stream: BinaryIO, progress: Callable[[int], object] | None) -> int:
    return source.accessor.read_into(source.identifier, stream, progress=progress)


def _write(copy: Copy, source: SourceLike | PushedSource, checksum: bool, progress: Callable[[int], object]) -> None:
    digest = hashlib.md5(usedforsecurity=False) if checksum else None
    expected = os.stat(source).st_size if isinstance(source, (str, os.PathLike)) and os.path.isfile(source) else None
    try:
        if isinstance(source, PushedSource):
            assert isinstance(copy.target, DiskAccessor)
            written = copy.target.write(copy.identifier, source, progress=progress)
        elif digest is None:
            written = copy.target.write(copy.identifier, source, progress=progress)
        else:
            with _stream_of(source) as stream:
                hashing = cast("BinaryIO", _Hashing(stream, digest))
                written = copy.target.write(copy.identifier, hashing, progress=progress)
    except ResourceExists as error:
        raise ResourceExists(
            f"{quoted(error.path or copy.identifier)} exists already, and is not overwritten by {copy.name}. Remove "
            "it, or give the component another name.",
            path=error.path,
            resource_identifier=copy.identifier,
        ) from error
    try:
        present = copy.target.size(copy.identifier)
        if present != written or expected not in (None, written):
            raise StorageError(
                f"The copy of {copy.name} has {present} bytes, and {written if expected is None else expected} were to "
                "be copied. The source may have changed meanwhile: copy it again."
            )
        if digest is not None and _md5_of(copy.target, copy.identifier) != digest.hexdigest():
            raise StorageError(f"The copy of {copy.name} has another MD5 sum than its source. Copy it again.")
    except BaseException as error:
        remove_copies([copy], error)
        raise


class _Hashing:
    """A stream that computes a checksum of the bytes that are read from it."""

    def __init__(self, stream: BinaryIO, digest: hashlib._Hash) -> None:
        self._stream = stream
        self._digest = digest

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        return data


@contextmanager
def _stream_of(source: SourceLike) -> Iterator[BinaryIO]:
    if isinstance(source, (str, os.PathLike)):
        try:
            with open(source, "rb") as stream:
                yield stream
        except OSError as error:
            raise StorageError(f"{source} cannot be read: {error.strerror or error}.") from error
    elif isinstance(source, bytes):
        yield io.BytesIO(source)
    else:
        yield source


def _md5_of(accessor: Accessor, identifier: str) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with accessor.open(identifier) as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
