"""Pure: the outputs of the connection's protocol: instructions and facts for the thread that runs it."""

from __future__ import annotations

from typing import Any, Union

import attrs


@attrs.frozen
class Connected:
    """The server is ready for events."""


@attrs.frozen
class Send:
    """Send *text* over the websocket."""

    text: str


@attrs.frozen
class EventReceived:
    """An event arrived; *payload* is its JSON object."""

    payload: dict[str, Any]


@attrs.frozen
class Acknowledged:
    """The server has processed the event sent with *id*; *reply* is its answer, `{"success": ...}` from ftrack."""

    id: int
    reply: dict[str, Any]


@attrs.frozen
class AckTimedOut:
    """The server did not acknowledge *id* in time; whether the event arrived is unknown."""

    id: int


@attrs.frozen
class Ignored:
    """A text arrived that requires no action, for *reason*; *text* is its beginning."""

    reason: str
    text: str


@attrs.frozen
class Malformed:
    """A text arrived that cannot be read, for *reason*; *text* is its beginning. *may_be_event*: it may be an event."""

    reason: str
    text: str
    may_be_event: bool


@attrs.frozen
class Closed:
    """The connection has ended.

    *may_retry* is False when connecting again cannot help or is not wanted. *unacknowledged* are the ids, oldest first,
    of sent events that were not acknowledged: whether they arrived is unknown.
    """

    reason: str
    may_retry: bool
    unacknowledged: tuple[int, ...] = ()


Output = Union[Connected, Send, EventReceived, Acknowledged, AckTimedOut, Ignored, Malformed, Closed]
