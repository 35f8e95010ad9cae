from __future__ import annotations

import threading

from ftrack_orm.transport.cancellation import Cancellation


def test_cancelling_is_seen_and_ends_waiting():
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


def test_callbacks_are_called_once():
    called = []
    cancellation = Cancellation()
    cancellation.on_cancel(lambda: called.append("first"))
    cancellation.on_cancel(lambda: called.append("second"))
    cancellation.cancel()
    cancellation.cancel()
    assert called == ["first", "second"]


def test_a_callback_given_too_late_is_called_at_once():
    called = []
    cancellation = Cancellation()
    cancellation.cancel()
    forget = cancellation.on_cancel(lambda: called.append("late"))
    assert called == ["late"]
    forget()


def test_a_forgotten_callback_is_not_called():
    called = []
    cancellation = Cancellation()
    forget = cancellation.on_cancel(lambda: called.append("forgotten"))
    forget()
    forget()
    cancellation.cancel()
    assert called == []


def test_a_callback_may_forget_itself_while_it_is_called():
    cancellation = Cancellation()
    forgets = []
    forgets.append(cancellation.on_cancel(lambda: forgets[0]()))
    cancellation.cancel()
    assert cancellation.cancelled
