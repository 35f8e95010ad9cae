"""Pure: how an event hub is to behave, as one value."""

from __future__ import annotations

import attrs


@attrs.frozen
class HubOptions:
    """What the session's settings of the same names, with `event_` before some, say; see `Settings`."""

    workers: int = 4
    queue_size: int = 10_000
    full_queue: str = "block"
    slow_callback_seconds: float = 10.0
    reconnect_limit: int | None = None
    outbox_size: int = 10_000
    reply_lifetime: float = 600.0
    catch_up: bool = True
