"""Edge: an accessor for a folder of this machine."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from ftrack_orm.errors import ResourceExists, ResourceInvalid, StorageError, StorageUnsupported, quoted
from ftrack_orm.files import check_regular
from ftrack_orm.storage.atomic_files import TEMPORARY_NAME, AtomicFile
from ftrack_orm.storage.copying import copy_source
from ftrack_orm.storage.identifiers import check_names, check_text
from ftrack_orm.storage.system_errors import storage_errors

from .base import Accessor, PieceProgress, not_found

if TYPE_CHECKING:
    import builtins

    from ftrack_orm.storage.copying import PushedSource
    from ftrack_orm.storage.upload import SourceLike


class DiskAccessor(Accessor):
    """Reads and writes files in the folder *prefix*; identifiers are paths relative to it, with `/`.

    Nothing outside the folder can be reached, not by `..`, absolute paths or symbolic links. Folders that symbolic
    links may lead to, as on storages that are spread over several disks, are given as *linked_folders*. The folder
    itself is never created, because a missing one is most often a disk that is not mounted.

    Without a prefix, identifiers are absolute paths to any file, as in the origin location.

    With *portable*, names that Windows refuses are not written on other systems either. With *sync*, files are on the
    disk, and not only in the system's memory, before they appear.
    """

    def __init__(
        self,
        prefix: str | os.PathLike[str] | None,
        *,
        linked_folders: Iterable[str | os.PathLike[str]] = (),
        portable: bool = True,
        sync: bool = True,
    ) -> None:
        self.prefix = _absolute(prefix) if prefix else ""
        self._linked_folders = tuple(map(_absolute, linked_folders))
        self._portable = portable
        self._sync = sync

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.prefix!r})"

    # -- paths ----------------------------------------------------------------------------------------------------

    def get_filesystem_path(self, resource_identifier: str) -> str:
        """Return the path of the resource; it need not exist.

        Raises `ResourceInvalid` when it is not in the folder of the accessor.
        """
        check_text(resource_identifier)
        if not self.prefix:
            if not os.path.isabs(resource_identifier):
                raise self._invalid(resource_identifier, "an accessor without a prefix needs an absolute path")
            return os.path.normpath(resource_identifier)
        path = os.path.normpath(os.path.join(self.prefix, resource_identifier))
        if not _is_within(path, self.prefix):
            raise self._invalid(resource_identifier, f"it leads out of the folder {quoted(self.prefix)}")
        self._check_links(path, resource_identifier)
        return path

    def _check_links(self, path: str, resource_identifier: str) -> None:
        actual = os.path.realpath(path)
        if not any(_is_within(actual, os.path.realpath(each)) for each in (self.prefix, *self._linked_folders)):
            raise self._invalid(
                resource_identifier,
                f"a symbolic link leads to {quoted(actual)}, out of the folder {quoted(self.prefix)}. Add its target to"
                " linked_folders if that is meant",
            )

    def _invalid(self, resource_identifier: str, reason: str) -> ResourceInvalid:
        return ResourceInvalid(
            f"The resource identifier {quoted(resource_identifier)} cannot be used: {reason}.",
            resource_identifier=resource_identifier,
        )

    def _identifier(self, path: str) -> str:
        if not self.prefix:
            return path
        relative = os.path.relpath(path, self.prefix)
        return "" if relative == "." else relative.replace(os.sep, "/")

    def get_container(self, resource_identifier: str) -> str:
        path = self.get_filesystem_path(resource_identifier)
        if path in (self.prefix, os.path.dirname(path)):
            raise self._invalid(resource_identifier, "it is the outermost folder and lies in no other")
        return self._identifier(os.path.dirname(path))

    # -- reading --------------------------------------------------------------------------------------------------

    def list(self, resource_identifier: str = "") -> builtins.list[str]:
        path = self.get_filesystem_path(resource_identifier)
        with storage_errors("list", path, resource_identifier):
            names = sorted(os.listdir(path))
        return [self._identifier(os.path.join(path, name)) for name in names if not TEMPORARY_NAME.fullmatch(name)]

    def is_file(self, resource_identifier: str) -> bool:
        return os.path.isfile(self.get_filesystem_path(resource_identifier))

    def is_container(self, resource_identifier: str) -> bool:
        return os.path.isdir(self.get_filesystem_path(resource_identifier))

    def size(self, resource_identifier: str) -> int:
        path = self.get_filesystem_path(resource_identifier)
        with storage_errors("read", path, resource_identifier):
            status = os.stat(path)
            check_regular(path, status)
        return status.st_size

    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        path = self.get_filesystem_path(resource_identifier)
        if mode in ("wb", "xb"):
            self._check_writable(path, resource_identifier)
            return AtomicFile(path, overwrite=mode == "wb", sync=self._sync, resource_identifier=resource_identifier)
        if mode != "rb":
            raise StorageUnsupported(
                f"{quoted(resource_identifier)} cannot be opened with mode {quoted(mode)}. Use 'rb', 'wb' or 'xb'.",
                resource_identifier=resource_identifier,
            )
        with storage_errors("read", path, resource_identifier):
            check_regular(path, os.stat(path))  # opening a FIFO would wait for its writer
            return open(path, "rb")

    # -- writing --------------------------------------------------------------------------------------------------

    def _check_writable(self, path: str, resource_identifier: str) -> None:
        if self.prefix and self._portable:
            check_names(self._identifier(path))
        if self.prefix and not os.path.isdir(self.prefix):
            raise StorageError(
                f"The folder {quoted(self.prefix)} of the accessor does not exist. Check that its disk is mounted, or"
                " create it.",
                path=self.prefix,
                resource_identifier=resource_identifier,
            )

    def write(
        self,
        resource_identifier: str,
        source: SourceLike | PushedSource,
        *,
        overwrite: bool = False,
        progress: PieceProgress | None = None,
    ) -> int:
        path = self.get_filesystem_path(resource_identifier)
        self._check_writable(path, resource_identifier)
        with storage_errors("write", path, resource_identifier):
            folders = _missing_folders(os.path.dirname(path))
        try:
            with self._opened(path, overwrite, resource_identifier) as file:
                size = copy_source(source, file, progress)
                with storage_errors("write", path, resource_identifier):
                    file.flush()
                    written = os.fstat(file.fileno()).st_size
                if written != size:
                    raise StorageError(
                        f"{quoted(path)} has {written:,} bytes after {size:,} were written to it. Check the disk.",
                        path=path,
                        resource_identifier=resource_identifier,
                    )
        except BaseException:
            _remove_empty(folders)
            raise
        return size

    def _opened(self, path: str, overwrite: bool, resource_identifier: str) -> AtomicFile:
        """Return the file to write, in a folder that is created; another write may remove an empty one meanwhile."""
        for attempts_left in (2, 1, 0):
            with storage_errors("write", path, resource_identifier):
                _make_folders(os.path.dirname(path))
            if self.prefix:
                self._check_links(path, resource_identifier)
            try:
                return AtomicFile(path, overwrite=overwrite, sync=self._sync, resource_identifier=resource_identifier)
            except FileNotFoundError:
                if not attempts_left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def remove(self, resource_identifier: str) -> None:
        path = self.get_filesystem_path(resource_identifier)
        if path == self.prefix:
            raise self._invalid(resource_identifier, "the folder of the accessor itself is not removed")
        with storage_errors("remove", path, resource_identifier):
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            elif os.path.lexists(path):
                os.unlink(path)
            else:
                raise not_found(resource_identifier)

    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        path = self.get_filesystem_path(resource_identifier)
        self._check_writable(path, resource_identifier)
        with storage_errors("create the folder", path, resource_identifier):
            try:
                (os.makedirs if recursive else os.mkdir)(path)
            except FileExistsError:
                if not os.path.isdir(path):
                    raise ResourceExists(
                        f"{quoted(path)} is a file, so that no folder can be created there.",
                        path=path,
                        resource_identifier=resource_identifier,
                    ) from None


def _absolute(path: str | os.PathLike[str]) -> str:
    return os.path.abspath(os.path.expanduser(os.path.expandvars(os.fspath(path))))


def _is_within(path: str, folder: str) -> bool:
    """Return whether *path* is *folder* or lies in it; the names count, and not their beginnings."""
    path, folder = os.path.normcase(path), os.path.normcase(folder)
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


def _missing_folders(folder: str) -> builtins.list[str]:
    """Return the folders on the way to *folder* that do not exist, the innermost first."""
    missing = []
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing


def _make_folders(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "") from None


def _remove_empty(folders: Iterable[str]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):  # others may use it by now
            os.rmdir(folder)
