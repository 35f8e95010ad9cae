"""State: calls of fsspec's file systems: one at a time where needed, with errors of storages, without keys in them."""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from ftrack_orm import errors
from ftrack_orm.errors import StorageError, quoted
from ftrack_orm.storage.system_errors import storage_error

#: The query of a URL may hold a signature, and the part before its host a password.
_QUERY: Final = re.compile(r"\?[^\s'\"]*")
_PASSWORD: Final = re.compile(r"//[^\s/@'\"]*@")
#: File systems raise these without the number of the error that they stand for.
_NUMBERS: Final = (
    (FileNotFoundError, errno.ENOENT),
    (FileExistsError, errno.EEXIST),
    (PermissionError, errno.EACCES),
    (IsADirectoryError, errno.EISDIR),
    (NotADirectoryError, errno.ENOTDIR),
)


def without_secrets(text: str) -> str:
    """Return *text* without the queries and passwords of URLs."""
    return _PASSWORD.sub("//", _QUERY.sub("?...", text))


@contextmanager
def remote_errors(action: str, resource_identifier: str) -> Iterator[None]:
    """Raise a `StorageError` for any error of a file system, whose libraries have errors of their own.

    Only calls of the file system belong in the block: errors of callbacks would be mistaken for its own.
    """
    try:
        yield
    except errors.FtrackError:
        raise
    except NotImplementedError as error:
        raise errors.StorageUnsupported(
            f"Cannot {action} {quoted(resource_identifier)}: the file system does not support it.",
            resource_identifier=resource_identifier,
        ) from error
    except OSError as error:
        number = next((number for kind, number in _NUMBERS if isinstance(error, kind)), error.errno)
        reason = without_secrets(error.strerror or str(error) or type(error).__name__)
        raise storage_error(
            OSError(number, reason) if number else OSError(reason), action, resource_identifier, resource_identifier
        ) from error
    except Exception as error:
        reason = without_secrets(str(error)) or type(error).__name__
        raise StorageError(
            f"Cannot {action} {quoted(resource_identifier)}: {reason.rstrip('.')}.",
            resource_identifier=resource_identifier,
        ) from error


class RemoteCalls:
    """Contexts for calls of a file system.

    `with calls("read", identifier):` raises errors as `remote_errors` does. Calls of a file system that cannot be used
    by several threads at the same time, as one connection of SFTP, wait for each other.
    """

    def __init__(self, filesystem: Any) -> None:
        from fsspec.asyn import AsyncFileSystem
        from fsspec.implementations.local import LocalFileSystem
        from fsspec.implementations.memory import MemoryFileSystem

        self._lock: AbstractContextManager[Any] = nullcontext()
        if not isinstance(filesystem, (AsyncFileSystem, LocalFileSystem, MemoryFileSystem)):
            # Several accessors may share the file system, which fsspec caches.
            self._lock = vars(filesystem).setdefault("_ftrack_orm_lock", threading.RLock())

    @contextmanager
    def __call__(self, action: str, resource_identifier: str) -> Iterator[None]:
        with self._lock, remote_errors(action, resource_identifier):
            yield
