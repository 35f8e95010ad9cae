"""Edge: how often and after which delay a request of a transfer is sent again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled, TransportError
from ftrack_orm.transport.retries import backoff_delay

if TYPE_CHECKING:
    from ftrack_orm.errors import FtrackError
    from ftrack_orm.transport.cancellation import Cancellation

logger = logging.getLogger("ftrack_orm.storage")


#: A transfer that has begun outlasts a longer failure of the network: it is tried this many times as often. With the
#: default settings, that takes about 40 seconds.
OUTAGE_FACTOR = 3


class RetryPolicy:
    """Allows *retries* attempts after the first one, with an exponential delay between them.

    *wait* waits a number of seconds, or until cancelled. *jitter* returns a random factor from 1 to 1.5.
    """

    def __init__(
        self, retries: int, wait: Callable[[float, Cancellation | None], None], jitter: Callable[[], float]
    ) -> None:
        self._retries = retries
        self._wait = wait
        self._jitter = jitter

    def wait_before_retry(
        self,
        attempt: int,
        error: FtrackError,
        stop: Cancellation,
        delay: float | None = None,
        *,
        has_begun: bool = False,
    ) -> None:
        """Wait after *attempt* (1 for the first) that failed with *error*, *delay* seconds if given.

        *has_begun* says whether a part of the file has arrived already, so that giving up would lose it. Raises *error*
        after the last attempt, and `RequestCancelled`.
        """
        retries = self._retries
        if has_begun and isinstance(error, TransportError):
            retries *= OUTAGE_FACTOR
        if attempt > retries:
            raise error
        seconds = backoff_delay(attempt, self._jitter()) if delay is None else delay
        logger.debug("Retry %d of %d in %.2f s: %s", attempt, retries, seconds, error)
        self._wait(seconds, stop)
        if stop.cancelled:
            raise RequestCancelled("The transfer was cancelled before it was continued.", safe_to_retry=True)
