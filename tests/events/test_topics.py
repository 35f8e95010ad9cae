"""Topics: which of them stay in the process."""

from __future__ import annotations

import pytest

from ftrack_orm.events import topics


@pytest.mark.parametrize(
    ("topic", "is_local"),
    [
        (topics.CONNECTED_TOPIC, True),
        (topics.DISCONNECTED_TOPIC, True),
        (topics.RECONNECTED_TOPIC, True),
        (topics.READY_TOPIC, True),
        ("ftrack.api.session.anything", True),
        (topics.REPLY_TOPIC, False),
        (topics.SUBSCRIBE_TOPIC, False),
        (topics.UPDATE_TOPIC, False),
        ("ftrack.api.sessions", False),
        ("studio.done", False),
    ],
)
def test_topics_of_the_connection_and_the_session_are_local(topic: str, is_local: bool) -> None:
    assert topics.is_local(topic) is is_local
