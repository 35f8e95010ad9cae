"""Pure: messages of a log that are formatted when they are written."""

from __future__ import annotations

from typing import Any


class LazyLogMessage:
    """A message with the placeholders of `str.format`."""

    def __init__(self, message: str, *arguments: Any, **keywords: Any) -> None:
        self.message = message
        self.arguments = arguments
        self.keywords = keywords

    def __str__(self) -> str:
        return self.message.format(*self.arguments, **self.keywords)
