"""Pure: the subscriber of an event hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .subscription import Subscription


class Subscriber:
    """A *callback* for the events of a *subscription*; *metadata* has its id."""

    def __init__(
        self, subscription: str, callback: Callable[[Any], Any], metadata: dict[str, Any], priority: int
    ) -> None:
        self.subscription = Subscription(subscription)
        self.callback = callback
        self.metadata = metadata
        self.priority = priority

    def __str__(self) -> str:
        return f'<{type(self).__name__} metadata={self.metadata} subscription="{self.subscription}">'

    def interested_in(self, event: Any) -> bool:
        """Return whether the subscription includes *event*."""
        return self.subscription.includes(event)
