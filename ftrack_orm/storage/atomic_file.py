"""Edge: a file that appears under its name when it is complete."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import uuid
from types import TracebackType

from .file_errors import exists_error, file_error, shown_path

logger = logging.getLogger("ftrack_orm.storage")

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
#: The answers of file systems without hard links.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EXDEV}


class AtomicFile:
    """Writes to a temporary file beside *path*, and renames it in `finish`. `abandon` removes it.

    A file at *path* is an error, both before and after writing, unless *overwrite*. Then it is replaced in one step,
    and readers see the old or the new file. *mode* are its permissions, less the umask of the process. As a context
    manager it finishes, or abandons after an exception. Raises `StorageError`.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False, mode: int = 0o666) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        # A name of its own length could be too long with an ending.
        self._temporary = os.path.join(os.path.dirname(self.path), f".{uuid.uuid4().hex}.part")
        try:
            if not os.path.basename(self.path) or os.path.isdir(self.path):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if _exists(self.path) and not overwrite:
                raise exists_error(path)
            self._file = os.fdopen(os.open(self._temporary, _FLAGS, mode), "w+b", buffering=0)
        except (OSError, ValueError) as error:
            raise file_error("written", path, error) from error

    def write(self, block: bytes) -> None:
        """Write all of *block*."""
        view = memoryview(block)
        while view:
            try:
                view = view[self._file.write(view) :]
            except OSError as error:
                raise file_error("written", self.path, error) from error

    def restart(self) -> None:
        """Discard all that was written, to write from the beginning."""
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            raise file_error("written", self.path, error) from error

    def finish(self) -> None:
        """Give the file its name."""
        try:
            self._file.close()
            if self._overwrite:
                os.replace(self._temporary, self.path)
            else:
                _rename_without_replacing(self._temporary, self.path)
        except FileExistsError as error:
            self.abandon()
            raise exists_error(self.path) from error
        except OSError as error:
            self.abandon()
            raise file_error("written", self.path, error) from error

    def abandon(self) -> None:
        """Remove the temporary file. A file that cannot be removed is logged."""
        with contextlib.suppress(OSError):
            self._file.close()
        try:
            os.unlink(self._temporary)
        except FileNotFoundError:
            pass
        except OSError as error:
            logger.warning("The temporary file %s could not be removed: %s", shown_path(self._temporary), error)

    def __enter__(self) -> AtomicFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.abandon()


def _exists(path: str) -> bool:
    """Return whether there is anything at *path*. Raises `OSError` or `ValueError` if there never can be."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _rename_without_replacing(old: str, new: str) -> None:
    """Rename a file. Raises `FileExistsError` if there is one at *new*."""
    if os.name == "nt":
        os.rename(old, new)  # which does not replace there
        return
    try:
        os.link(old, new)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without hard links, another program that writes at this very moment can be overwritten.
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.rename(old, new)
    else:
        os.unlink(old)
