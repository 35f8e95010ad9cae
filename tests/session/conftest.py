"""A session that follows the changes of another one."""

from __future__ import annotations

import pytest

from tests.session.received_updates import ReceivedUpdates


@pytest.fixture
def follower(session, other, production):
    """A session with a connected hub; `follower.updates` waits for the events of *other*."""
    session.event_hub.connect()
    session.updates = ReceivedUpdates(session)
    session.updates.count_writes_of(other)
    return session
