"""Pure: errors of the operating system as errors of storages, with the reason and advice for people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ftrack_orm import errors
from ftrack_orm.errors import StorageError, quoted

_DENIED: Final = "permission is missing. Check the permissions of the file and of the folder it lies in"
_KINDS: Final[dict[int, tuple[type[StorageError], str]]] = {
    errno.ENOENT: (errors.ResourceNotFound, "it does not exist"),
    errno.EEXIST: (errors.ResourceExists, "it exists already. Pass overwrite=True to replace it, or use another name"),
    errno.EACCES: (errors.ResourceAccessDenied, _DENIED),
    errno.EPERM: (errors.ResourceAccessDenied, _DENIED),
    errno.EROFS: (errors.ResourceAccessDenied, "the file system is read-only"),
    errno.ENOTDIR: (errors.ResourceInvalid, "a part of the path is a file and not a folder"),
    errno.EISDIR: (errors.ResourceInvalid, "it is a folder and not a file"),
    errno.ELOOP: (errors.ResourceInvalid, "symbolic links lead in a circle"),
    errno.ENAMETOOLONG: (errors.ResourceInvalid, "the name is too long for the file system"),
    errno.EINVAL: (errors.ResourceInvalid, "the system does not accept the path"),
    errno.ENOTEMPTY: (StorageError, "the folder is not empty"),
    errno.ENOSPC: (StorageError, "the disk is full. Free space and try again"),
    errno.EDQUOT: (StorageError, "the disk quota is used up. Free space and try again"),
    errno.EFBIG: (StorageError, "the file is too large for the file system"),
}


@contextmanager
def storage_errors(action: str, path: str, resource_identifier: str | None = None) -> Iterator[None]:
    """Raise a `StorageError` for an error of the operating system, as "Cannot write '/a/b': the disk is full.".

    *action* is the verb of that sentence. Errors of other kinds pass unchanged.
    """
    try:
        yield
    except errors.FtrackError:
        raise
    except OSError as error:
        raise storage_error(error, action, path, resource_identifier) from error
    except UnicodeEncodeError as error:
        raise errors.ResourceInvalid(
            f"Cannot {action} {quoted(path)}: the file system cannot encode the name.",
            path=path,
            resource_identifier=resource_identifier,
        ) from error


def storage_error(error: OSError, action: str, path: str, resource_identifier: str | None = None) -> StorageError:
    """Return the `StorageError` for an error of the operating system about *path*."""
    kind, reason = _KINDS.get(error.errno or 0, (StorageError, error.strerror or str(error) or type(error).__name__))
    if error.errno == errno.EINVAL and error.strerror:
        reason = error.strerror  # the library's own reasons, as NotRegularFile has them
    return kind(f"Cannot {action} {quoted(path)}: {reason}.", path=path, resource_identifier=resource_identifier)
