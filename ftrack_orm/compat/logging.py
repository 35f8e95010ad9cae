"""Pure: messages of a log that are formatted when they are written, and warnings about functions."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., Any])


class LazyLogMessage:
    """A message with the placeholders of `str.format`."""

    def __init__(self, message: str, *arguments: Any, **keywords: Any) -> None:
        self.message = message
        self.arguments = arguments
        self.keywords = keywords

    def __str__(self) -> str:
        return self.message.format(*self.arguments, **self.keywords)


def deprecation_warning(message: str) -> Callable[[_F], _F]:
    """Return a decorator whose functions warn with *message* when they are called."""

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            warnings.warn(message, PendingDeprecationWarning, stacklevel=2)
            return function(*arguments, **keywords)

        return cast("_F", call)

    return decorate
