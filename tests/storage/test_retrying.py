"""Delays between attempts, and their end."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import RequestCancelled, StorageError, TransportError
from ftrack_orm.storage.retrying import RetryPolicy
from ftrack_orm.transport.cancellation import Cancellation

ERROR = StorageError("broken")


def test_delays_double_with_jitter_until_the_error_is_raised() -> None:
    delays: list[float] = []
    policy = RetryPolicy(3, lambda seconds, stop: delays.append(seconds), lambda: 1.2)
    for attempt in (1, 2, 3):
        policy.wait_before_retry(attempt, ERROR, Cancellation())
    policy.wait_before_retry(1, ERROR, Cancellation(), 7.0)
    assert delays == pytest.approx([0.3, 0.6, 1.2, 7.0])
    with pytest.raises(StorageError, match="broken"):
        policy.wait_before_retry(4, ERROR, Cancellation())


def test_a_transfer_that_has_begun_outlasts_a_failure_of_the_network() -> None:
    delays: list[float] = []
    policy = RetryPolicy(3, lambda seconds, stop: delays.append(seconds), lambda: 1.0)
    lost = TransportError("lost")
    for attempt in range(1, 10):
        policy.wait_before_retry(attempt, lost, Cancellation(), has_begun=True)
    assert 30 < sum(delays) < 60
    for attempt, error, has_begun in ((10, lost, True), (4, lost, False), (4, ERROR, True)):
        with pytest.raises(type(error)):
            policy.wait_before_retry(attempt, error, Cancellation(), has_begun=has_begun)


def test_a_cancelled_wait_ends_the_transfer() -> None:
    cancellation = Cancellation()
    policy = RetryPolicy(3, lambda seconds, stop: cancellation.cancel(), lambda: 1.0)
    with pytest.raises(RequestCancelled, match="cancelled before it was continued"):
        policy.wait_before_retry(1, ERROR, cancellation)
