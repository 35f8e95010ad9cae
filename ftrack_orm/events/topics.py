"""Pure: the topics that ftrack and this library define (PROTOCOL 3.3 and 3.5)."""

from __future__ import annotations

#: One committed request: which entities changed, and which of their attributes.
UPDATE_TOPIC = "ftrack.update"
#: The reply to an event, targeted at its publisher.
REPLY_TOPIC = "ftrack.meta.reply"
#: Registers a subscriber with the server, and removes it.
SUBSCRIBE_TOPIC = "ftrack.meta.subscribe"
UNSUBSCRIBE_TOPIC = "ftrack.meta.unsubscribe"

#: Published by a hub to its own subscribers when its connection changes.
CONNECTED_TOPIC = "ftrack.meta.connected"
DISCONNECTED_TOPIC = "ftrack.meta.disconnected"
RECONNECTED_TOPIC = "ftrack.meta.reconnected"

#: Published by a session to its plugins; the data of each is `{"session": session}`.
CONFIGURE_LOCATION_TOPIC = "ftrack.api.session.configure-location"
READY_TOPIC = "ftrack.api.session.ready"
RESET_TOPIC = "ftrack.api.session.reset"

_LOCAL_TOPICS = frozenset({CONNECTED_TOPIC, DISCONNECTED_TOPIC, RECONNECTED_TOPIC})
_LOCAL_PREFIX = "ftrack.api.session."


def is_local(topic: str) -> bool:
    """Return whether events of *topic* are for subscribers in this process and never sent to the server."""
    return topic in _LOCAL_TOPICS or topic.startswith(_LOCAL_PREFIX)
