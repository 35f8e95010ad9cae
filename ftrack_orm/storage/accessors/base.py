"""Pure: the interface of accessors, and the methods that most of them share."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias, Union, runtime_checkable

from ftrack_orm.errors import ResourceInvalid, ResourceNotFound, StorageUnsupported, quoted
from ftrack_orm.storage import identifiers

if TYPE_CHECKING:
    import builtins

    from ftrack_orm.storage.upload import SourceLike

#: A place for data that is read: the path of a file, or a binary stream that is written at its position.
Target: TypeAlias = Union[str, "os.PathLike[str]", BinaryIO]
#: A function that is called with the number of bytes of each piece, after it was read or written.
PieceProgress: TypeAlias = Callable[[int], object]


@runtime_checkable
class Accessor(Protocol):
    """Reads and writes the data of a location.

    A *resource identifier* is a text with `/` between its parts, relative to the place that the accessor was made for,
    and `""` is that place. The accessor decides what it means: a path, a key of a bucket, the id of a component. A
    *container* holds resources, like a folder.

    A studio's own accessor derives from this class and defines the abstract methods. It keeps these promises, which
    `ftrack_orm.testing.accessors.AccessorCompliance` tests:

    * A file appears under its identifier when it is complete, and not before. A failed write leaves nothing.
    * Nothing is overwritten unless *overwrite* is true: `ResourceExists` is raised.
    * No identifier leads out of the place: `ResourceInvalid` is raised.
    * Every error is a `StorageError`.
    * Methods may be called by several threads at the same time.
    """

    @abstractmethod
    def list(self, resource_identifier: str = "") -> builtins.list[str]:
        """Return the identifiers of the resources in a container, sorted.

        Raises `ResourceNotFound` when it does not exist and `ResourceInvalid` when it is a file.
        """

    @abstractmethod
    def is_file(self, resource_identifier: str) -> bool:
        """Return whether the identifier leads to a file."""

    @abstractmethod
    def is_container(self, resource_identifier: str) -> bool:
        """Return whether the identifier leads to a container."""

    @abstractmethod
    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        """Return a binary stream: for reading with `rb`, for writing with `wb` (replaces a file) or `xb` (does not).

        What is written appears under the identifier when the stream is closed. A `with` block that raises discards it.
        The container of a new file has to exist. Other modes raise `StorageUnsupported`.
        """

    @abstractmethod
    def remove(self, resource_identifier: str) -> None:
        """Remove a file or an empty container.

        Raises `ResourceNotFound` when it does not exist and `StorageError` when a container is not empty.
        """

    @abstractmethod
    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        """Make a container and, if *recursive*, those that it lies in; one that exists is left as it is.

        Raises `ResourceNotFound` when the container that it lies in is missing and *recursive* is false, and
        `ResourceExists` when a file is in its place.
        """

    @abstractmethod
    def write(
        self,
        resource_identifier: str,
        source: SourceLike,
        *,
        overwrite: bool = False,
        progress: PieceProgress | None = None,
    ) -> int:
        """Write a whole file, make the containers it lies in, and return its size in bytes.

        A binary stream is read to its end and stays open. *progress* may raise to stop the write. Whatever the reason,
        a write that fails leaves no file, and an old file as it was.
        """

    def exists(self, resource_identifier: str) -> bool:
        """Return whether the identifier leads to a file or a container."""
        return self.is_file(resource_identifier) or self.is_container(resource_identifier)

    def is_sequence(self, resource_identifier: str) -> bool:
        """Return whether the identifier is a file sequence, as `plate.%04d.exr`, with at least one file."""
        container, _, name = resource_identifier.rpartition("/")
        frames = identifiers.frame_pattern(name)
        if frames is None or not self.is_container(container):
            return False
        return any(frames.match(entry.rpartition("/")[2]) and self.is_file(entry) for entry in self.list(container))

    def size(self, resource_identifier: str) -> int:
        """Return the size of a file in bytes."""
        with self.open(resource_identifier) as stream:
            return stream.seek(0, os.SEEK_END)

    def read_into(
        self,
        resource_identifier: str,
        target: Target,
        *,
        overwrite: bool = False,
        progress: PieceProgress | None = None,
    ) -> int:
        """Copy a whole file into *target* and return its size in bytes.

        A file at the path *target* appears when it is complete and is replaced only if *overwrite* is true. The folder
        it lies in has to exist. A binary stream stays open; where the copy fails, it may have received a part. Raises
        `StorageError` when the file ends before its size, for example because others change it.
        """
        from ftrack_orm.storage.copying import copy_into

        with self.open(resource_identifier) as stream:
            size = None
            if stream.seekable():
                size = stream.seek(0, os.SEEK_END)
                stream.seek(0)
            return copy_into(target, stream, overwrite=overwrite, progress=progress, size=size)

    def get_container(self, resource_identifier: str) -> str:
        """Return the identifier of the container that a resource lies in.

        Raises `ResourceInvalid` for `""`, which lies in no container of the accessor.
        """
        parts = identifiers.split(resource_identifier)
        if not parts:
            raise ResourceInvalid(
                f"{quoted(resource_identifier)} is the outermost container of the accessor and lies in no other.",
                resource_identifier=resource_identifier,
            )
        return "/".join(parts[:-1])

    def remove_container(self, resource_identifier: str) -> None:
        """Remove an empty container, as `remove` does."""
        if self.is_file(resource_identifier):
            raise ResourceInvalid(
                f"{quoted(resource_identifier)} is a file and not a container. Use remove() for files.",
                resource_identifier=resource_identifier,
            )
        self.remove(resource_identifier)

    def get_filesystem_path(self, resource_identifier: str) -> str:
        """Return the path of the resource on this machine; it need not exist.

        Raises `StorageUnsupported` where the accessor has no paths.
        """
        raise StorageUnsupported(
            f"{type(self).__name__} has no path for {quoted(resource_identifier)}. Copy it to one with read_into().",
            resource_identifier=resource_identifier,
        )

    def get_url(self, resource_identifier: str) -> str:
        """Return a URL of the resource that other programs can read it from.

        Raises `StorageUnsupported` where the accessor has no URLs.
        """
        raise StorageUnsupported(
            f"{type(self).__name__} has no URL for {quoted(resource_identifier)}.",
            resource_identifier=resource_identifier,
        )


def not_found(resource_identifier: str) -> ResourceNotFound:
    """Return the error for a resource that does not exist."""
    return ResourceNotFound(
        f"{quoted(resource_identifier)} does not exist in the storage.", resource_identifier=resource_identifier
    )
