"""Pure: the subscription of a subscriber: an expression on events."""

from __future__ import annotations

from typing import Any

from ftrack_orm.compat.error_translation import translated

from .expression import Parser


class Subscription:
    """An expression such as `topic=ftrack.update`. Raises `ParseError` for one that cannot be parsed."""

    parser = Parser()

    @translated
    def __init__(self, subscription: str) -> None:
        self._subscription = subscription
        self._expression = self.parser.parse(subscription)

    def __str__(self) -> str:
        return self._subscription

    def includes(self, event: Any) -> bool:
        """Return whether *event* matches the expression."""
        return self._expression.match(event)
