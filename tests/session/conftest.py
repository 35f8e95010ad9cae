"""A session that follows the changes of another one."""

from __future__ import annotations

from typing import cast

import pytest

from ftrack_orm import Session
from tests.production import Production
from tests.session.received_updates import FollowingSession, ReceivedUpdates


@pytest.fixture
def follower(session: Session, other: Session, production: Production) -> FollowingSession:
    """A session with a connected hub; `follower.updates` waits for the events of *other*."""
    session.event_hub.connect()
    following = cast("FollowingSession", session)
    following.updates = ReceivedUpdates(session)
    following.updates.count_writes_of(other)
    return following
