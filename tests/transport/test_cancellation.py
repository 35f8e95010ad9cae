"""A cancellation is seen by everything it was given to."""

from __future__ import annotations

import threading
from typing import Any

from ftrack_orm.transport.cancellation import Cancellation


def test_cancelling_is_seen_and_ends_waiting() -> None:
    cancellation = Cancellation()
    assert not cancellation.cancelled
    assert cancellation.wait(0) is False
    waited = []
    thread = threading.Thread(target=lambda: waited.append(cancellation.wait(10)))
    thread.start()
    cancellation.cancel()
    thread.join(5)
    assert waited == [True]
    assert cancellation.cancelled
    assert "cancelled" in repr(cancellation)


def test_callbacks_are_called_once() -> None:
    called = []
    cancellation = Cancellation()
    cancellation.on_cancel(lambda: called.append("first"))
    cancellation.on_cancel(lambda: called.append("second"))
    cancellation.cancel()
    cancellation.cancel()
    assert called == ["first", "second"]


def test_a_callback_that_is_added_after_cancelling_is_called_at_once() -> None:
    called = []
    cancellation = Cancellation()
    cancellation.cancel()
    remove = cancellation.on_cancel(lambda: called.append("late"))
    assert called == ["late"]
    remove()


def test_a_removed_callback_is_not_called() -> None:
    called = []
    cancellation = Cancellation()
    remove = cancellation.on_cancel(lambda: called.append("removed"))
    remove()
    remove()
    cancellation.cancel()
    assert called == []


def test_a_callback_may_remove_itself_while_it_is_called() -> None:
    cancellation = Cancellation()
    removals: list[Any] = []
    removals.append(cancellation.on_cancel(lambda: removals[0]()))
    cancellation.cancel()
    assert cancellation.cancelled
