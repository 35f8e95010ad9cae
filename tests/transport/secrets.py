"""Searches errors for secrets, as the tools do that print or report tracebacks with the variables of their frames."""

from __future__ import annotations

import io
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.traceback import Traceback


def errors_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its causes and contexts."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        part = waiting.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [part.__cause__, part.__context__]


def texts_of(error: BaseException, *, with_rich: bool = True) -> Iterator[str]:
    """Yield everything that is printed or reported about an error, its causes and the frames that they passed."""
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    if with_rich:
        yield _printed_by_rich(error)
    for part in errors_of(error):
        yield repr(part) + str(part) + repr(part.args)
        yield "".join(_values(vars(part), 4))
        for frame, _ in traceback.walk_tb(part.__traceback__):
            yield "".join(_values(frame.f_locals, 4))


def _printed_by_rich(error: BaseException) -> str:
    printed = io.StringIO()
    shown = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000
    )
    Console(file=printed, width=500).print(shown)
    return printed.getvalue()


def _values(value: Any, depth: int) -> Iterator[str]:
    """Yield the reprs of a value and its items, as sentry reports them."""
    yield repr(value)
    if depth and isinstance(value, Mapping):
        for key, item in list(value.items()):
            yield from (repr(key), *_values(item, depth - 1))
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for item in list(value):
            yield from _values(item, depth - 1)


def leaks(error: BaseException, *secrets: str, with_rich: bool = True) -> list[str]:
    """Return the surroundings of each secret in anything that is printed about *error*."""
    found = []
    for text in texts_of(error, with_rich=with_rich):
        for secret in secrets:
            position = text.find(secret)
            if position >= 0:
                found.append(text[max(0, position - 120) : position + len(secret) + 40])
    return found
