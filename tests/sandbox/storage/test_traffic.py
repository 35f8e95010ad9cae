"""The recorded requests of a storage."""

from __future__ import annotations

import threading

import pytest

from ftrack_orm.sandbox.storage.traffic import StorageRequest, Traffic

REQUEST = StorageRequest("PUT", "/x", "c", 0, 200, 5)


def test_requests_are_counted_and_recorded() -> None:
    traffic = Traffic()
    traffic.begin()
    traffic.begin()
    traffic.finish(REQUEST)
    assert (traffic.in_progress, traffic.most_in_progress, traffic.requests) == (1, 2, (REQUEST,))
    traffic.clear()
    assert (traffic.in_progress, traffic.most_in_progress, traffic.requests) == (1, 1, ())


def test_a_stalled_request_is_counted_while_it_stalls() -> None:
    traffic = Traffic()
    with traffic.stalling():
        assert traffic.stalled == 1
    assert traffic.stalled == 0


def test_waiting_ends_when_the_condition_becomes_true() -> None:
    traffic = Traffic()
    thread = threading.Thread(target=traffic.begin)
    thread.start()
    traffic.wait_for(lambda: traffic.in_progress == 1, 10)
    thread.join()


def test_waiting_for_too_long_is_an_error() -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.01 seconds"):
        Traffic().wait_for(lambda: False, 0.01)
