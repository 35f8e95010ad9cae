"""State: the session that all code of a process shares."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any

from ftrack_orm.errors import UsageError

from .session import Session


class SharedSession:
    """Makes the session of the process when it is first asked for, and another one after that was closed.

    A forked process makes its own. Any number of threads may ask at the same time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._settings: dict[str, Any] = {}
        self._process_id = os.getpid()

    def get(self, settings: dict[str, Any]) -> Session:
        """Return the session, made with *settings*, the arguments of `Session`, by the first call.

        Raises `UsageError` for settings that are not those of the session.
        """
        if self._process_id != os.getpid():
            # The parent's connections are not the child's, and its lock may be held by a thread that does not exist.
            self._lock, self._session, self._process_id = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._session is None or self._session.closed:
                self._session = Session(**settings)
                self._settings = dict(settings)
            elif different := [name for name, value in settings.items() if self._settings.get(name) != value]:
                # The values may be keys, so only their names are in the message.
                raise UsageError(
                    f"The shared session of this process was made with another {' and '.join(different)}. Leave the "
                    "arguments out, create a session of your own with Session(...), or close the shared one first."
                )
            return self._session

    def close(self) -> None:
        """Close the session if this process has one."""
        session = self._session
        if session is not None and self._process_id == os.getpid():
            session.close()


_SHARED = SharedSession()
# Changes that were not committed are then lost with a warning, as in any session.
atexit.register(_SHARED.close)


def shared_session(**settings: Any) -> Session:
    """Return the session that all code of this process shares, so that plugins and tools connect and load once.

    The first call makes it, with *settings*, the arguments of `Session`. Other calls leave them out, or name the same:
    others raise `UsageError`. After `close()`, the next call makes another session. Threads may edit entities at the
    same time in blocks of their own: `with shared_session().begin():`. It is closed when the process ends.
    """
    return _SHARED.get(settings)
