"""Edge: finding the events that came while nobody listened, by asking the server for its own `Event` records.

The records are numbered in the order of what happened. The number of the newest is asked for when listening begins and
now and then afterwards; after a gap, what has a higher number and was not handled was missed. No clocks are compared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.errors import FtrackError
from ftrack_orm.events.event import Event

from .deduplicator import REMEMBERED
from .event_records import events_of

logger = logging.getLogger("ftrack_orm.events")

#: Seconds after which, and events after which, the end of the records is asked for again: the ids of all events since
#: the time before that must be remembered, and few records be looked through after a gap.
RENEWAL_SECONDS = 600.0
RENEWAL_EVENTS = REMEMBERED // 4
#: Records asked for at a time, and looked through at most after one gap.
PAGE = 500
MOST_RECORDS = 100_000

_NEWEST = "select id from Event order by id descending limit 1"
_AFTER = (
    "select id, created_at, data, user_id, user.username from Event "
    "where id > {after} order by id ascending limit {page}"
)

#: Asks the server a query in ftrack's own text, on the thread that calls; gives plain rows.
QueryRecords = Callable[[str], Sequence[Mapping[str, Any]]]


@attrs.frozen
class CatchUpResult:
    """The missed *events*, in order; *complete* is False when there may be more that could not be found out."""

    events: tuple[Event, ...]
    complete: bool


class CatchUp:
    """Knows where in the records listening began, and finds what was not handled since.

    Two places are known and a search begins at the older one, because an event may still be on its way when its record
    is counted already.
    """

    def __init__(self, query: QueryRecords) -> None:
        self._query = query
        self._older: int | None = None
        self._newer: int | None = None
        self._renewed_at = 0.0
        self._renewing = False
        #: Events handled since each of the places was asked for.
        self._since_older = 0
        self._since_newer = 0

    def begin(self, now: float) -> bool:
        """Ask where the records end, before listening begins; return whether the server says it."""
        self._older = self._newer = self._newest()
        self._since_older = self._since_newer = 0
        self._renewed_at = now
        return self._older is not None

    def handled(self, now: float) -> bool:
        """Count an event; return whether it is time to `renew`."""
        self._since_older += 1
        self._since_newer += 1
        return self.renewal_due(now)

    def renewal_due(self, now: float) -> bool:
        """Return whether it is time to `renew`."""
        late = self._since_newer >= RENEWAL_EVENTS or now - self._renewed_at >= RENEWAL_SECONDS
        return late and not self._renewing

    def renewal(self, now: float) -> Callable[[], None]:
        """Return what asks again where the records end; to be called once, on a thread that may wait."""
        self._renewing, self._renewed_at = True, now
        counted = self._since_newer
        self._since_newer = 0

        def renew() -> None:
            newest = self._newest()
            if newest is not None:
                self._advance(newest, counted + self._since_newer)
            self._renewing = False

        return renew

    def find(self, seen: Container[str]) -> CatchUpResult:
        """Return what was recorded and is not among the ids *seen*; a request for each page of records.

        Never raises: when the server cannot be asked, the log tells, and what is returned is not complete.
        """
        after = self._older
        if after is None or self._since_older > REMEMBERED:
            logger.warning("What happened during the gap in the event connection cannot be told from what was handled.")
            return CatchUpResult((), complete=False)
        records, complete = self._records(after)
        told = events_of(records)
        missed = tuple(event for event in told.events if event.id not in seen)
        if complete and records:
            self._advance(int(records[-1]["id"]), self._since_newer)
            self._since_newer = 0
        return CatchUpResult(missed, complete=complete and not told.unclear)

    def _advance(self, newest: int, since_older: int) -> None:
        """Know a newer place; the newer one until now becomes the older one."""
        self._older, self._newer, self._since_older = self._newer, newest, since_older

    def _records(self, after: int) -> tuple[list[Mapping[str, Any]], bool]:
        records: list[Mapping[str, Any]] = []
        while len(records) < MOST_RECORDS:
            try:
                page = self._query(_AFTER.format(after=after, page=PAGE))
            except FtrackError as error:
                logger.warning("The events missed during the gap in the event connection cannot be found: %s", error)
                return records, False
            records.extend(page)
            if len(page) < PAGE:
                return records, True
            after = int(page[-1]["id"])
        logger.warning("More than %d changes were recorded; the rest of them is not looked through.", MOST_RECORDS)
        return records, False

    def _newest(self) -> int | None:
        try:
            rows = self._query(_NEWEST)
        except FtrackError as error:
            logger.info("The server's Event records cannot be read, so missed events will not be found: %s", error)
            return None
        try:
            return int(rows[0]["id"]) if rows else 0
        except (KeyError, TypeError, ValueError):
            logger.info("The server numbers its Event records in a way not known, so missed events will not be found.")
            return None
