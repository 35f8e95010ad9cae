"""Edge: lets only the owner of a database read and write its files, whatever the umask of the process."""

from __future__ import annotations

import contextlib
import logging
import os
import stat

logger = logging.getLogger(__name__)

_OWNER_ONLY = 0o600

#: The permissions of the group and of others.
_OTHERS = 0o077

#: The ends of the names of the files that SQLite keeps beside a database. It creates them with the database's mode.
_JOURNALS = ("-journal", "-wal", "-shm")


def make_private(database: str | os.PathLike[str]) -> None:
    """Create the file of a database if it is missing, with mode 0600, and take others' permissions from its files.

    A file whose permissions cannot be changed, because another user owns it, is warned about. A file that cannot be
    created is left to SQLite, which knows the cause. On Windows files inherit the permissions of their folder.
    """
    if os.name != "posix":
        return
    file = os.path.realpath(database)  # SQLite names the journals after it, too
    with contextlib.suppress(OSError):
        # An existing file is never opened: closing it would release the locks that SQLite has on it in this process.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            os.fchmod(descriptor, _OWNER_ONLY)  # the umask can take permissions of the owner, too
        finally:
            os.close(descriptor)
    for path in (file, *(file + end for end in _JOURNALS)):
        with contextlib.suppress(FileNotFoundError):
            _tighten(path)


def _tighten(path: str) -> None:
    mode = os.lstat(path).st_mode
    if not stat.S_ISREG(mode) or not mode & _OTHERS:
        return
    try:
        os.chmod(path, stat.S_IMODE(mode) & ~_OTHERS)
    except PermissionError as error:
        logger.warning("Other users can access the database file %s, and its mode cannot be changed: %s.", path, error)
    else:
        logger.warning("Other users could access the database file %s; its mode is that of its owner now.", path)
