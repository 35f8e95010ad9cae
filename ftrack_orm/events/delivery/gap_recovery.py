"""Pure: the recovery from gaps in the connection as a state machine: facts go in, outputs come out.

After a gap, the server's records are searched for missed events. The search begins when the server has confirmed all
subscriptions, because from then on no further event is missed. Events that arrive meanwhile are held back, so that the
missed ones are handled first. A search that is interrupted by another gap is followed by a second one.

The table `TRANSITIONS` holds the reaction to each input. The machine performs no I/O and is used by one thread.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Union

import attrs

from ftrack_orm.events.event import Event
from ftrack_orm.events.remembered import remembered_id

#: The number of events held back at which no further event should be received until the search has ended.
MAX_HELD_EVENTS = 10_000


class RecoveryState(enum.Enum):
    """The state of the recovery."""

    NEVER_CONNECTED = "the hub was never connected"
    UP_TO_DATE = "no gap is open"
    SEARCH_NEEDED = "the search waits for the server to confirm the subscriptions"
    SEARCHING = "missed events are searched for"
    SEARCH_OUTDATED = "another gap has interrupted the search"


class Input(enum.Enum):
    """A fact that the machine reacts to."""

    CONNECTED = "connected for the first time, or after a requested disconnect"
    RECONNECTED = "connected again after the connection was lost"
    CONFIRMED = "the server has confirmed all subscriptions"
    SEARCH_ENDED = "the search has ended"


class RecoveryReaction(enum.Enum):
    """The reaction to an input."""

    NOTHING = "no gap is affected"
    OPEN_GAP = "hold events back; the gap becomes part of one that is open already"
    SEARCH = "start a search"
    KEEP_GAP = "add the result to the gap"
    CLOSE_GAP = "add the result to the gap, release the events held back and report the gap"


#: (state, input) -> (reaction, next state).
TRANSITIONS: dict[tuple[RecoveryState, Input], tuple[RecoveryReaction, RecoveryState]] = {
    (RecoveryState.NEVER_CONNECTED, Input.CONNECTED): (RecoveryReaction.NOTHING, RecoveryState.UP_TO_DATE),
    (RecoveryState.NEVER_CONNECTED, Input.RECONNECTED): (RecoveryReaction.OPEN_GAP, RecoveryState.SEARCH_NEEDED),
    (RecoveryState.NEVER_CONNECTED, Input.CONFIRMED): (RecoveryReaction.NOTHING, RecoveryState.NEVER_CONNECTED),
    (RecoveryState.NEVER_CONNECTED, Input.SEARCH_ENDED): (RecoveryReaction.NOTHING, RecoveryState.NEVER_CONNECTED),
    (RecoveryState.UP_TO_DATE, Input.CONNECTED): (RecoveryReaction.NOTHING, RecoveryState.UP_TO_DATE),
    (RecoveryState.UP_TO_DATE, Input.RECONNECTED): (RecoveryReaction.OPEN_GAP, RecoveryState.SEARCH_NEEDED),
    (RecoveryState.UP_TO_DATE, Input.CONFIRMED): (RecoveryReaction.NOTHING, RecoveryState.UP_TO_DATE),
    (RecoveryState.UP_TO_DATE, Input.SEARCH_ENDED): (RecoveryReaction.NOTHING, RecoveryState.UP_TO_DATE),
    (RecoveryState.SEARCH_NEEDED, Input.CONNECTED): (RecoveryReaction.NOTHING, RecoveryState.SEARCH_NEEDED),
    (RecoveryState.SEARCH_NEEDED, Input.RECONNECTED): (RecoveryReaction.OPEN_GAP, RecoveryState.SEARCH_NEEDED),
    (RecoveryState.SEARCH_NEEDED, Input.CONFIRMED): (RecoveryReaction.SEARCH, RecoveryState.SEARCHING),
    (RecoveryState.SEARCH_NEEDED, Input.SEARCH_ENDED): (RecoveryReaction.NOTHING, RecoveryState.SEARCH_NEEDED),
    (RecoveryState.SEARCHING, Input.CONNECTED): (RecoveryReaction.NOTHING, RecoveryState.SEARCHING),
    (RecoveryState.SEARCHING, Input.RECONNECTED): (RecoveryReaction.OPEN_GAP, RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCHING, Input.CONFIRMED): (RecoveryReaction.NOTHING, RecoveryState.SEARCHING),
    (RecoveryState.SEARCHING, Input.SEARCH_ENDED): (RecoveryReaction.CLOSE_GAP, RecoveryState.UP_TO_DATE),
    (RecoveryState.SEARCH_OUTDATED, Input.CONNECTED): (RecoveryReaction.NOTHING, RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCH_OUTDATED, Input.RECONNECTED): (RecoveryReaction.OPEN_GAP, RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCH_OUTDATED, Input.CONFIRMED): (RecoveryReaction.NOTHING, RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCH_OUTDATED, Input.SEARCH_ENDED): (RecoveryReaction.KEEP_GAP, RecoveryState.SEARCH_NEEDED),
}


@attrs.frozen
class StartSearch:
    """Search the server's records for missed events, and report the end with `search_ended`."""


@attrs.frozen
class Release:
    """Handle the *events* that were held back."""

    events: tuple[Event, ...]


@attrs.frozen
class GapClosed:
    """A gap of *seconds* is over, in which *caught_up* missed events were found.

    *complete* is False when there may have been more.
    """

    seconds: float
    caught_up: int = 0
    complete: bool = True


RecoveryOutput = Union[StartSearch, Release, GapClosed]


class GapRecovery:
    """Decides when to search for missed events, and which events to hold back until they are found.

    With *can_search* False, a gap is reported as incomplete at once and no event is held back.
    """

    def __init__(self, *, can_search: bool) -> None:
        self.state = RecoveryState.NEVER_CONNECTED
        self._can_search = can_search
        #: The ids of subscribers that the server has not confirmed on this connection.
        self._unconfirmed: set[str] = set()
        #: The open gap, as far as it is known; None when no gap is open.
        self._gap: GapClosed | None = None
        #: Whether events are held back. An attribute rather than a property, because it is read for every event.
        self.is_holding = False
        self._held: list[Event] = []

    @property
    def is_full(self) -> bool:
        """Whether no further event should be received until the search has ended."""
        return len(self._held) >= MAX_HELD_EVENTS

    def connected(self, gap: float | None, subscriber_ids: Iterable[str]) -> list[RecoveryOutput]:
        """Process a new connection, on which the subscriptions of *subscriber_ids* are to be confirmed.

        *gap* is the number of seconds without a connection if an earlier one was lost, else None.
        """
        self._unconfirmed = set(map(remembered_id, subscriber_ids))
        if gap is None:
            return self._react(Input.CONNECTED)
        if not self._can_search:
            return [*self._react(Input.CONNECTED), GapClosed(gap, complete=False)]
        return self._react(Input.RECONNECTED, GapClosed(gap))

    def subscription_confirmed(self, subscriber_id: str) -> list[RecoveryOutput]:
        """Process the server's answer to a subscription."""
        self._unconfirmed.discard(remembered_id(subscriber_id))
        return self._react_to_confirmations()

    def search_ended(self, caught_up: int, *, complete: bool) -> list[RecoveryOutput]:
        """Process the end of the search, which has found *caught_up* missed events; they were handled already.

        *complete* is False when there may be more.
        """
        outputs = self._react(Input.SEARCH_ENDED, GapClosed(0.0, caught_up, complete))
        return outputs + self._react_to_confirmations()

    def hold(self, event: Event) -> bool:
        """Hold an event back if missed events must be handled before it; return whether it is held back."""
        if self.is_holding:
            self._held.append(event)
        return self.is_holding

    def release(self) -> tuple[Event, ...]:
        """Stop holding events back; return those that were, in order."""
        held, self._held, self.is_holding = self._held, [], False
        return tuple(held)

    def _react_to_confirmations(self) -> list[RecoveryOutput]:
        return [] if self._unconfirmed else self._react(Input.CONFIRMED)

    def _react(self, fact: Input, addition: GapClosed | None = None) -> list[RecoveryOutput]:
        reaction, self.state = TRANSITIONS[self.state, fact]
        if addition is not None and reaction is not RecoveryReaction.NOTHING:
            self._gap = _merged(self._gap, addition)
        if reaction is RecoveryReaction.OPEN_GAP:
            self.is_holding = True
        if reaction is RecoveryReaction.SEARCH:
            return [StartSearch()]
        if reaction is RecoveryReaction.CLOSE_GAP and self._gap is not None:
            gap, self._gap = self._gap, None
            return [Release(self.release()), gap]
        return []


def _merged(gap: GapClosed | None, addition: GapClosed) -> GapClosed:
    if gap is None:
        return addition
    return GapClosed(
        gap.seconds + addition.seconds, gap.caught_up + addition.caught_up, gap.complete and addition.complete
    )
