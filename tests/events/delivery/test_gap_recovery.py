"""Recovery from gaps: its whole table, and the rules that hold for any sequence of connections and searches."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ftrack_orm.events.delivery import gap_recovery as module
from ftrack_orm.events.delivery.gap_recovery import (
    TRANSITIONS,
    GapClosed,
    GapRecovery,
    Input,
    RecoveryOutput,
    RecoveryState,
    Release,
    StartSearch,
)
from ftrack_orm.events.event import Event


def never_connected() -> GapRecovery:
    return GapRecovery(can_search=True)


def up_to_date() -> GapRecovery:
    recovery = never_connected()
    assert recovery.connected(None, ["hub"]) == []
    return recovery


def search_needed() -> GapRecovery:
    recovery = up_to_date()
    assert recovery.connected(10.0, ["hub"]) == []
    return recovery


def searching() -> GapRecovery:
    recovery = search_needed()
    assert recovery.subscription_confirmed("hub") == [StartSearch()]
    return recovery


def search_outdated() -> GapRecovery:
    recovery = searching()
    assert recovery.connected(5.0, ["hub"]) == []
    return recovery


MAKERS = {
    RecoveryState.NEVER_CONNECTED: never_connected,
    RecoveryState.UP_TO_DATE: up_to_date,
    RecoveryState.SEARCH_NEEDED: search_needed,
    RecoveryState.SEARCHING: searching,
    RecoveryState.SEARCH_OUTDATED: search_outdated,
}

#: state, input -> outputs, next state; written down apart from the machine's own table.
TABLE: list[tuple[RecoveryState, Input, list[RecoveryOutput], RecoveryState]] = [
    (RecoveryState.NEVER_CONNECTED, Input.CONNECTED, [], RecoveryState.UP_TO_DATE),
    (RecoveryState.NEVER_CONNECTED, Input.RECONNECTED, [], RecoveryState.SEARCH_NEEDED),
    (RecoveryState.NEVER_CONNECTED, Input.CONFIRMED, [], RecoveryState.NEVER_CONNECTED),
    (RecoveryState.NEVER_CONNECTED, Input.SEARCH_ENDED, [], RecoveryState.NEVER_CONNECTED),
    (RecoveryState.UP_TO_DATE, Input.CONNECTED, [], RecoveryState.UP_TO_DATE),
    (RecoveryState.UP_TO_DATE, Input.RECONNECTED, [], RecoveryState.SEARCH_NEEDED),
    (RecoveryState.UP_TO_DATE, Input.CONFIRMED, [], RecoveryState.UP_TO_DATE),
    (RecoveryState.UP_TO_DATE, Input.SEARCH_ENDED, [], RecoveryState.UP_TO_DATE),
    (RecoveryState.SEARCH_NEEDED, Input.CONNECTED, [], RecoveryState.SEARCH_NEEDED),
    (RecoveryState.SEARCH_NEEDED, Input.RECONNECTED, [], RecoveryState.SEARCH_NEEDED),
    (RecoveryState.SEARCH_NEEDED, Input.CONFIRMED, [StartSearch()], RecoveryState.SEARCHING),
    (RecoveryState.SEARCH_NEEDED, Input.SEARCH_ENDED, [], RecoveryState.SEARCH_NEEDED),
    (RecoveryState.SEARCHING, Input.CONNECTED, [], RecoveryState.SEARCHING),
    (RecoveryState.SEARCHING, Input.RECONNECTED, [], RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCHING, Input.CONFIRMED, [], RecoveryState.SEARCHING),
    (
        RecoveryState.SEARCHING,
        Input.SEARCH_ENDED,
        [Release(()), GapClosed(10.0, caught_up=2, complete=True)],
        RecoveryState.UP_TO_DATE,
    ),
    (RecoveryState.SEARCH_OUTDATED, Input.CONNECTED, [], RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCH_OUTDATED, Input.RECONNECTED, [], RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCH_OUTDATED, Input.CONFIRMED, [], RecoveryState.SEARCH_OUTDATED),
    (RecoveryState.SEARCH_OUTDATED, Input.SEARCH_ENDED, [], RecoveryState.SEARCH_NEEDED),
]


def apply(recovery: GapRecovery, fact: Input) -> list[RecoveryOutput]:
    if fact is Input.CONNECTED:
        return recovery.connected(None, ["hub"])
    if fact is Input.RECONNECTED:
        return recovery.connected(1.0, ["hub"])
    if fact is Input.CONFIRMED:
        return recovery.subscription_confirmed("hub")
    return recovery.search_ended(2, complete=True)


@pytest.mark.parametrize(
    ("state", "fact", "outputs", "afterwards"), TABLE, ids=[f"{row[0].name}-{row[1].name}" for row in TABLE]
)
def test_each_input_in_each_state(
    state: RecoveryState, fact: Input, outputs: list[RecoveryOutput], afterwards: RecoveryState
) -> None:
    recovery = MAKERS[state]()
    assert recovery.state is state
    assert apply(recovery, fact) == outputs
    assert recovery.state is afterwards


def test_both_tables_are_complete() -> None:
    every = {(state, fact) for state in RecoveryState for fact in Input}
    assert set(TRANSITIONS) == every
    assert {(state, fact) for state, fact, _, _ in TABLE} == every
    assert {(state, fact): after for state, fact, _, after in TABLE} == {
        row: after for row, (_, after) in TRANSITIONS.items()
    }


def test_the_search_waits_for_the_confirmation_of_every_subscription() -> None:
    recovery = up_to_date()
    recovery.connected(1.0, ["hub", "one", "two"])
    assert recovery.subscription_confirmed("two") == []
    assert recovery.subscription_confirmed("hub") == []
    assert recovery.subscription_confirmed("one") == [StartSearch()]


def test_a_gap_during_a_search_is_reported_together_with_the_first() -> None:
    recovery = search_outdated()
    assert recovery.hold(Event("ftrack.update", id="held"))
    assert recovery.subscription_confirmed("hub") == []
    assert recovery.search_ended(3, complete=False) == [StartSearch()]
    release, gap = recovery.search_ended(4, complete=True)
    assert isinstance(release, Release)
    assert [event.id for event in release.events] == ["held"]
    assert gap == GapClosed(15.0, caught_up=7, complete=False)


def test_a_hub_that_cannot_search_reports_a_gap_at_once_and_holds_nothing_back() -> None:
    recovery = GapRecovery(can_search=False)
    recovery.connected(None, ["hub"])
    assert recovery.connected(3.0, ["hub"]) == [GapClosed(3.0, caught_up=0, complete=False)]
    assert not recovery.hold(Event("ftrack.update"))
    assert recovery.subscription_confirmed("hub") == []


def test_no_more_events_should_be_received_when_too_many_are_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HELD_EVENTS", 2)
    recovery = searching()
    for _ in range(2):
        assert not recovery.is_full
        recovery.hold(Event("ftrack.update"))
    assert recovery.is_full
    recovery.search_ended(0, complete=True)
    assert not recovery.is_full


SUBSCRIBERS = ["hub", "one"]


class AnyConnections(RuleBasedStateMachine):
    """Connections, gaps, confirmations, searches and events in any order, as a hub may see them."""

    def __init__(self) -> None:
        super().__init__()
        self.recovery = GapRecovery(can_search=True)
        self.is_connected = False
        self.was_connected = False
        self.unconfirmed: set[str] = set()
        self.is_searching = False
        #: Whether the running search began after the last gap.
        self.is_search_current = False
        self.lost_seconds = 0.0
        self.reported_seconds = 0.0
        self.caught_up = 0
        self.reported_caught_up = 0
        self.number = 0
        self.handled: list[int] = []

    def carry_out(self, outputs: list[RecoveryOutput]) -> None:
        for output in outputs:
            if isinstance(output, StartSearch):
                assert not self.is_searching, "one search at a time"
                assert not self.unconfirmed, "events that are missed during the search would never be found"
                self.is_searching = self.is_search_current = True
            elif isinstance(output, Release):
                self.handled += [event.data for event in output.events]
            else:
                assert self.is_search_current, "the gap was searched for after its end"
                self.reported_seconds += output.seconds
                self.reported_caught_up += output.caught_up

    @rule(is_lost=st.booleans(), seconds=st.integers(1, 5))
    def connect(self, is_lost: bool, seconds: int) -> None:
        """Connect, after a loss if there was a connection before and it was not ended on request."""
        gap = float(seconds) if is_lost and self.was_connected else None
        self.unconfirmed = set(SUBSCRIBERS)
        if gap is not None:
            self.lost_seconds += gap
            self.is_search_current = False
        self.carry_out(self.recovery.connected(gap, SUBSCRIBERS))
        self.is_connected = self.was_connected = True

    @precondition(lambda self: self.unconfirmed)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        subscriber = data.draw(st.sampled_from(sorted(self.unconfirmed)))
        self.unconfirmed.remove(subscriber)
        self.carry_out(self.recovery.subscription_confirmed(subscriber))

    @precondition(lambda self: self.is_searching)
    @rule(caught_up=st.integers(0, 3), complete=st.booleans())
    def end_search(self, caught_up: int, complete: bool) -> None:
        self.is_searching = False
        self.caught_up += caught_up
        self.carry_out(self.recovery.search_ended(caught_up, complete=complete))

    @precondition(lambda self: self.is_connected)
    @rule()
    def receive(self) -> None:
        self.number += 1
        if not self.recovery.hold(Event("ftrack.update", self.number)):
            self.handled.append(self.number)

    @rule()
    def disconnect(self) -> None:
        """End the connection on request: events that are held back are handled."""
        self.is_connected = False
        self.handled += [event.data for event in self.recovery.release()]

    @invariant()
    def a_gap_is_open_until_it_is_reported(self) -> None:
        is_open = self.recovery.state not in (RecoveryState.NEVER_CONNECTED, RecoveryState.UP_TO_DATE)
        assert is_open == (self.reported_seconds < self.lost_seconds)
        if not is_open:
            assert not self.recovery.is_holding
            assert self.reported_caught_up == self.caught_up
            assert self.handled == list(range(1, self.number + 1)), "each event once and in order"

    @invariant()
    def a_search_runs_when_it_can(self) -> None:
        state = self.recovery.state
        assert self.is_searching == (state in (RecoveryState.SEARCHING, RecoveryState.SEARCH_OUTDATED))
        assert state is not RecoveryState.SEARCH_NEEDED or self.unconfirmed

    def teardown(self) -> None:
        """Confirm everything and end the searches: all gaps are reported, all events handled."""
        while self.unconfirmed or self.is_searching:
            for subscriber in list(self.unconfirmed):
                self.unconfirmed.remove(subscriber)
                self.carry_out(self.recovery.subscription_confirmed(subscriber))
            if self.is_searching:
                self.is_searching = False
                self.carry_out(self.recovery.search_ended(0, complete=True))
        assert self.reported_seconds == self.lost_seconds
        assert sorted(self.handled) == list(range(1, self.number + 1))


TestAnyConnections = AnyConnections.TestCase
TestAnyConnections.settings = settings(stateful_step_count=25)
