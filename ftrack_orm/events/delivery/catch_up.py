"""Edge: finds the events that were missed during a gap by asking the server for its `Event` records.

The records are numbered in the order of the changes. The last number is asked for as a checkpoint when the connection
begins and periodically afterwards; after a gap, events with a higher number that were not handled were missed. No
clocks are compared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.errors import FtrackError
from ftrack_orm.events.event import Event

from .deduplicator import REMEMBERED_IDS
from .event_records import replay_events

logger = logging.getLogger("ftrack_orm.events")

#: Seconds and events after which the next checkpoint is due: the ids of all events since the checkpoint before must be
#: remembered, and a search after a gap should read few records.
CHECKPOINT_SECONDS = 600.0
CHECKPOINT_EVENTS = REMEMBERED_IDS // 4
RECORDS_PER_QUERY = 500
#: The largest number of records read after one gap.
MAX_RECORDS = 100_000

_LAST_RECORD = "select id from Event order by id descending limit 1"
_RECORDS_AFTER = (
    "select id, created_at, data, user_id, user.username from Event "
    "where id > {after} order by id ascending limit {limit}"
)

#: Sends a query in ftrack's own language and returns plain rows. It blocks the calling thread.
QueryRecords = Callable[[str], Sequence[Mapping[str, Any]]]


@attrs.frozen
class CatchUpResult:
    """The missed *events* in order; *complete* is False when there may be more that could not be determined."""

    events: tuple[Event, ...]
    complete: bool


class CatchUp:
    """Keeps checkpoints in the server's records, and finds the events after them that were not handled.

    Two checkpoints are kept and a search begins at the older one, because an event may still be under way when its
    record is already counted.
    """

    def __init__(self, query: QueryRecords) -> None:
        self._query = query
        self._is_started = False
        #: Record numbers; None when the server's records cannot be read.
        self._previous: int | None = None
        self._latest: int | None = None
        self._checkpoint_at = 0.0
        self._is_checkpoint_running = False
        #: The number of events received since each of the checkpoints.
        self._events_since_previous = 0
        self._events_since_latest = 0

    def restart(self) -> None:
        """Make the next `start` set a new first checkpoint."""
        self._is_started = False

    def start(self, now: float) -> bool:
        """Set the first checkpoint unless there is one; return whether there is. Call it before events can arrive."""
        if not self._is_started:
            self._previous = self._latest = self._last_record_number()
            self._events_since_previous = self._events_since_latest = 0
            self._checkpoint_at = now
            self._is_started = self._previous is not None
        return self._is_started

    def count_event(self, now: float) -> bool:
        """Count a received event; return whether a checkpoint is due."""
        self._events_since_previous += 1
        self._events_since_latest += 1
        return self.is_checkpoint_due(now)

    def is_checkpoint_due(self, now: float) -> bool:
        """Return whether `make_checkpoint` should be called."""
        is_old = self._events_since_latest >= CHECKPOINT_EVENTS or now - self._checkpoint_at >= CHECKPOINT_SECONDS
        return is_old and not self._is_checkpoint_running

    def make_checkpoint(self, now: float) -> Callable[[], None]:
        """Return a function that asks the server for a new checkpoint; call it once, on a thread that may block."""
        self._is_checkpoint_running, self._checkpoint_at = True, now
        events_before = self._events_since_latest
        self._events_since_latest = 0

        def request_checkpoint() -> None:
            try:
                number = self._last_record_number()
                if number is not None:
                    self._advance(number, events_before + self._events_since_latest)
            finally:
                self._is_checkpoint_running = False

        return request_checkpoint

    def find_missed(self, handled: Container[str]) -> CatchUpResult:
        """Return the events recorded since the older checkpoint whose ids are not in *handled*.

        Sends a query for every 500 records. Raises nothing if the server cannot be asked: that is logged, and the
        result is not complete.
        """
        after = self._previous
        if after is None or self._events_since_previous > REMEMBERED_IDS:
            logger.warning(
                "Events missed while disconnected cannot be distinguished from handled ones; none is replayed."
            )
            return CatchUpResult((), complete=False)
        records, last, complete = self._records_after(after)
        replayed = replay_events(records)
        missed = tuple(event for event in replayed.events if event.id not in handled)
        if complete and records:
            self._advance(last, self._events_since_latest)
            self._events_since_latest = 0
        return CatchUpResult(missed, complete=complete and not replayed.unusable)

    def _advance(self, number: int, events_since_previous: int) -> None:
        """Make *number* the newer checkpoint, and the newer one the older one."""
        self._previous, self._latest, self._events_since_previous = self._latest, number, events_since_previous

    def _records_after(self, after: int) -> tuple[list[Mapping[str, Any]], int, bool]:
        """Return the records after a number, the number of the last one, and whether these are all."""
        records: list[Mapping[str, Any]] = []
        while len(records) < MAX_RECORDS:
            try:
                page = self._query(_RECORDS_AFTER.format(after=after, limit=RECORDS_PER_QUERY))
            except FtrackError as error:
                logger.warning("The events missed while disconnected cannot be read from the server: %s", error)
                return records, after, False
            records.extend(page)
            last = _number_of(page[-1]) if page else after
            if last is None or (page and last <= after):
                logger.warning("The server's Event records are not numbered in order; some may be missed.")
                return records, after, False
            after = last
            if len(page) < RECORDS_PER_QUERY:
                return records, after, True
        logger.warning("More than %d changes were recorded while disconnected; the others are ignored.", MAX_RECORDS)
        return records, after, False

    def _last_record_number(self) -> int | None:
        try:
            rows = self._query(_LAST_RECORD)
        except FtrackError as error:
            logger.info("The server's Event records cannot be read, so missed events will not be found: %s", error)
            return None
        number = _number_of(rows[0]) if rows else 0
        if number is None:
            logger.info("The ids of the server's Event records are not numbers, so missed events will not be found.")
        return number


def _number_of(record: Any) -> int | None:
    """Return the number of a record, or None if it has none."""
    identifier = record.get("id") if isinstance(record, Mapping) else None
    if isinstance(identifier, str) and identifier.isascii() and identifier.isdigit() and len(identifier) < 20:
        return int(identifier)
    return identifier if isinstance(identifier, int) and not isinstance(identifier, bool) else None
