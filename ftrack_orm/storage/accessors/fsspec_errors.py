"""Pure: errors of fsspec's file systems as errors of storages, without keys and signatures in them."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

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
