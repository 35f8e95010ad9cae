"""Edge: runs the functions of users so that no exception of theirs ends the thread that calls them."""

from __future__ import annotations

import contextlib
import logging
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ftrack_orm.events import threads

if TYPE_CHECKING:
    from .statistics import Counters

logger = logging.getLogger("ftrack_orm.events")

#: Returns the block in which a callback runs. It rolls back the edits of a callback that raises. The function that it
#: is called with receives a summary of the edits that a callback leaves uncommitted. With None, the callback belongs to
#: the flow that calls it, and so do the edits that it leaves.
CallbackUnit = Callable[["Callable[[str], object] | None"], AbstractContextManager[None]]


def no_unit(on_leftovers: Callable[[str], object] | None) -> AbstractContextManager[None]:
    """Return an empty block: the callback edits no entities."""
    return contextlib.nullcontext()


class CallbackRunner:
    """Runs callbacks, each in a block of its own that *unit* returns; logs and counts those that raise.

    `SystemExit`, `GeneratorExit`, `CancelledError` and the like are no exceptions from that: on a worker they would end
    the thread, and with it the handling of all further events, without a word. Only a `KeyboardInterrupt` on a thread
    of the user is raised, because there it is the user's.
    """

    def __init__(self, counters: Counters, unit: CallbackUnit = no_unit) -> None:
        self._counters = counters
        self._unit = unit
        #: The owners of callbacks that have been warned about edits left uncommitted.
        self._warned: weakref.WeakSet[object] = weakref.WeakSet()

    def run(self, call: Callable[[], object], description: str, owner: object | None = None) -> bool:
        """Call *call* and return whether it returned; *description* names the callback and its occasion in the log.

        *owner* is the subscriber, which is warned once about uncommitted edits. Without one, the callback runs in no
        block: it must not edit entities.
        """
        try:
            with contextlib.nullcontext() if owner is None else self._unit(self._on_leftovers(description, owner)):
                call()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not threads.is_hub_thread():
                raise
            self._counters.add("failed")
            logger.exception("%s failed with %s.", description, type(error).__name__)
            return False
        return True

    def _on_leftovers(self, description: str, owner: object) -> Callable[[str], object] | None:
        # On a thread of the user, the callback is part of the flow that publishes synchronously.
        if not threads.is_hub_thread():
            return None

        def warn(summary: str) -> None:
            if owner not in self._warned:
                self._warned.add(owner)
                logger.warning(
                    "%s has left changes uncommitted: %s. They are now part of the changes of the session that "
                    "session.commit() sends. Commit in the callback, or edit in a `with session.begin():` block. "
                    "Further warnings of this kind are omitted for this subscriber.",
                    description,
                    summary.rstrip("."),
                )

        return warn
