"""Pure: the error for a file that cannot be read or written."""

from __future__ import annotations

import errno
import os
from typing import Any

from ftrack_orm.errors import StorageError

#: Advice by the number of the operating system's error.
_ADVICE = {
    errno.ENOSPC: "Free space on the disk and try again.",
    errno.EDQUOT: "The quota is used up. Free space and try again.",
    errno.EACCES: "Check the permissions of the file and its folder.",
    errno.EPERM: "Check the permissions of the file and its folder.",
    errno.EROFS: "The file system can only be read.",
    errno.ENOENT: "Check the path.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EEXIST: "Choose another path, remove the file, or ask to overwrite it.",
}


def file_error(action: str, path: Any, error: BaseException) -> StorageError:
    """Return the `StorageError` for *error*, raised when *path* was to be read, written or the like.

    *action* is the participle: "read", "written". The error has the attribute `path`.
    """
    name = shown_path(path)
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    advice = _ADVICE.get(getattr(error, "errno", None) or 0, "")
    return StorageError(f"{name} cannot be {action}: {reason.rstrip('.')}. {advice}".rstrip(), path=name)


def exists_error(path: Any) -> StorageError:
    """Return the error for a target that exists."""
    name = shown_path(path)
    return StorageError(f"{name} exists, and nothing was written. {_ADVICE[errno.EEXIST]}", path=name)


def shown_path(path: Any) -> str:
    """Return a path as errors show it."""
    try:
        return repr(os.fsdecode(path)).strip("'") or "The empty path"
    except TypeError:
        return repr(path)
