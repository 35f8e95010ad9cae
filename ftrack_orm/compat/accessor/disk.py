"""Edge: the accessor for a folder of this machine."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

from ftrack_orm.compat import exception
from ftrack_orm.compat.error_translation import translated
from ftrack_orm.storage.accessors.disk import DiskAccessor as NativeDiskAccessor

from .base import AccessorOverNative


class DiskAccessor(AccessorOverNative):
    """Reads and writes files in the folder *prefix*; without one, identifiers are absolute paths."""

    def __init__(self, prefix: str, **keywords: Any) -> None:
        super().__init__(NativeDiskAccessor(prefix or None, **keywords))
        self.prefix = os.path.abspath(prefix) if prefix else prefix

    @classmethod
    def over(cls, native: NativeDiskAccessor) -> DiskAccessor:
        """Return the accessor that stands for one of this library."""
        accessor = cls.__new__(cls)
        AccessorOverNative.__init__(accessor, native)
        accessor.prefix = str(native.prefix) if native.prefix else ""
        return accessor

    def __unwrap__(self) -> Any:
        # A subclass may define any method anew, so it is used through an adapter.
        return self._native if type(self) is DiskAccessor else self

    @translated
    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        """Return a stream. Only with `rb` and `wb` a file appears when it is complete; other modes are Python's own."""
        if mode in ("rb", "wb", "xb"):
            return self._native.open(resource_identifier, mode)
        return open(self.get_filesystem_path(resource_identifier), mode)


#: Number of a system error -> the exception for it.
_BY_NUMBER: dict[int | None, type[exception.Error]] = {
    errno.ENOENT: exception.AccessorResourceNotFoundError,
    errno.EPERM: exception.AccessorPermissionDeniedError,
    errno.EACCES: exception.AccessorPermissionDeniedError,
    errno.ENOTEMPTY: exception.AccessorContainerNotEmptyError,
    errno.ENOTDIR: exception.AccessorResourceInvalidError,
    errno.EISDIR: exception.AccessorResourceInvalidError,
    errno.EINVAL: exception.AccessorResourceInvalidError,
}


@contextlib.contextmanager
def error_handler(**details: Any) -> Iterator[None]:
    """Raise system errors of a `with` block as exceptions of accessors, for accessors of a studio."""
    try:
        yield
    except OSError as error:
        kind: Any = _BY_NUMBER.get(error.errno, exception.AccessorOperationFailedError)
        raise kind(**{"error": error, **details}) from error
