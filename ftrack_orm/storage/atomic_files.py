"""Edge: files that appear under their name when they are complete, and leave nothing when they fail."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import re
import secrets
import stat
from types import TracebackType
from typing import Any, Final

from ftrack_orm.errors import ResourceInvalid, ResourceNotFound, quoted

from .system_errors import storage_errors

logger = logging.getLogger(__name__)

#: The names of incomplete files, which listings leave out.
TEMPORARY_NAME: Final = re.compile(r"\.[0-9a-f]{16}\.part")
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
#: Errors of file systems without hard links.
_NO_HARD_LINKS: Final = frozenset(
    [errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL]
)


class AtomicFile(io.BufferedWriter):
    """A binary file for writing that appears at *path* when it is closed.

    Until then it has a temporary name in the same folder. `discard()` removes it instead, and so does a `with` block
    that raises, a write that fails, and the end of the object before it was closed. Errors are `StorageError`s:
    `ResourceExists` if there is something at *path* and *overwrite* is false, when the file is opened or when it is
    closed. With *sync*, the file is on the disk, and not only in the system's memory, before it appears.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        sync: bool = True,
        resource_identifier: str | None = None,
    ) -> None:
        self._target = os.fspath(path)
        self._identifier = resource_identifier
        self._overwrite = overwrite
        self._sync = sync
        self._temporary: str | None = None
        temporary = os.path.join(os.path.dirname(self._target), f".{secrets.token_hex(8)}.part")
        with self._errors():
            mode = self._check_target()
            try:
                descriptor = os.open(temporary, _FLAGS, 0o666)
            except FileNotFoundError:
                raise ResourceNotFound(
                    f"Cannot write {quoted(self._target)}: the folder it lies in does not exist. Create it first.",
                    path=self._target,
                    resource_identifier=resource_identifier,
                ) from None
            self._temporary = temporary
            super().__init__(io.FileIO(descriptor, "wb"))
            if mode is not None:
                with contextlib.suppress(OSError):  # a file system without permissions
                    os.chmod(temporary, mode)

    @property
    def path(self) -> str:
        """The path at which the file appears."""
        return self._target

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return storage_errors("write", self._target, self._identifier)

    def _check_target(self) -> int | None:
        """Return the permissions of the file to replace, or None if there is no file."""
        try:
            status = os.lstat(self._target)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ResourceInvalid(f"Cannot write {quoted(self._target)}: {error}.", path=self._target) from None
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "")
        if not self._overwrite:
            raise FileExistsError(errno.EEXIST, "")
        return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None

    def write(self, data: Any) -> int:
        """Write *data* and return its length."""
        try:
            with self._errors():
                return super().write(data)
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Complete the file and give it its name; later calls do nothing."""
        if self._temporary is None:
            return
        try:
            with self._errors():
                self.flush()
                if self._sync:
                    os.fsync(self.fileno())
                super().close()
                self._publish(self._temporary)
                self._temporary = None
                if self._sync:
                    sync_folder(os.path.dirname(self._target))
        except BaseException:
            self.discard()
            raise

    def _publish(self, temporary: str) -> None:
        if self._overwrite:
            os.replace(temporary, self._target)
            return
        try:
            # Unlike a rename, a link never replaces a file that has appeared meanwhile.
            os.link(temporary, self._target)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if os.path.lexists(self._target):
                raise FileExistsError(errno.EEXIST, "") from None
            os.rename(temporary, self._target)
        else:
            _remove(temporary)

    def discard(self) -> None:
        """Close and remove the incomplete file; after `close()` this does nothing."""
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            with contextlib.suppress(OSError):
                self.raw.close()  # without writing the buffer, for which there may be no space
            _remove(temporary)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if getattr(self, "_temporary", None) is not None:
            self.discard()


def _remove(temporary: str) -> None:
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        pass
    except OSError as error:
        logger.warning("The temporary file %s could not be removed: %s. Remove it by hand.", temporary, error)


def sync_folder(folder: str) -> None:
    """Write the entries of a folder to the disk, where the system can do that."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # file systems that cannot, or a folder without the permission to read
        descriptor = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
