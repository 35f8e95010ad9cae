"""A connection listener that does nothing."""

from __future__ import annotations

from typing import Any

from ftrack_orm.errors import FtrackError
from ftrack_orm.events.connection.outbox import OutgoingMessage


class SilentListener:
    """Accepts every event and sends nothing; tests override single methods."""

    def on_connecting(self) -> None:
        pass

    def on_connected(self, gap: float | None) -> list[OutgoingMessage]:
        return []

    def on_event(self, payload: dict[str, Any]) -> None:
        pass

    def on_malformed(self, reason: str, may_be_event: bool) -> None:
        pass

    def on_ack(self, message: OutgoingMessage, problem: str | None) -> None:
        pass

    def on_disconnected(self, reason: str) -> None:
        pass

    def on_failed(self, error: FtrackError) -> None:
        pass

    def on_idle(self, now: float) -> None:
        pass

    def has_capacity(self, timeout: float) -> bool:
        return True
