"""Delays between attempts to connect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.events.connection.backoff import BackOff


@given(st.integers(0, 200), st.floats(0, 1))
def test_delays_double_up_to_the_longest_and_the_jitter_halves_them_at_most(failures: int, jitter: float) -> None:
    delay = BackOff(first=0.5, longest=30.0).delay(failures, jitter)
    longest = min(30.0, 0.5 * 2**failures)
    assert (0 if failures == 0 else longest / 2) <= delay <= longest


def test_the_jitter_is_random_if_left_out() -> None:
    assert len({BackOff().delay(3) for _ in range(20)}) > 1
