"""State: what users' own tests need: counting the requests a session makes, and insisting on their number."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from .session.session import Session

__all__ = ["requests_made"]


class requests_made:
    """Counts the requests a session makes inside a `with` block, and holds the block to a number if one is given.

        with requests_made(session) == 1:  # or <= 3; AssertionError, naming the requests, when there were others
            tasks = query.all()

        with requests_made(session) as made:
            tasks = query.all()
        assert made == 1

    *made* also has `count`, `operations` (the number of operations the requests carried) and `seconds` (the time they
    took). A request is counted when it is answered or has failed, whichever thread made it: a page that is still being
    fetched ahead when the block ends is not counted.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._begun = False
        self._expected: tuple[str, Callable[[Any, Any], bool], object] | None = None
        self._requests: list[str] = []
        self.count = 0
        self.operations = 0
        self.seconds = 0.0

    def _observe(self, exchange: Any) -> None:
        with self._lock:
            self._requests.append(_described(exchange))
            self.count += 1
            self.operations += len(exchange.operations)
            self.seconds += exchange.seconds

    def __enter__(self) -> requests_made:
        self._begun = True
        self._session.observe(self._observe)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.stop_observing(self._observe)
        if error is None and self._expected is not None:
            sign, compare, number = self._expected
            if not compare(self.count, number):
                title = f"{self.count} requests were made, not {sign}{number}:"
                raise AssertionError("\n  ".join([title, *self._requests]))

    # Before the block a comparison says what is expected of it; from then on it is a comparison.
    def _compared(self, sign: str, compare: Callable[[Any, Any], bool], number: object) -> Any:
        if self._begun:
            return compare(self.count, number)
        self._expected = sign, compare, number
        return self

    def __eq__(self, other: object) -> Any:
        return self._compared("", operator.eq, other)

    def __le__(self, other: int) -> Any:
        return self._compared("at most ", operator.le, other)

    def __bool__(self) -> bool:
        if not self._begun:
            raise UsageError("requests_made() counts inside a block: with requests_made(session) == 1: ...")
        return self.count > 0

    def __int__(self) -> int:
        return self.count

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{self.count} requests"


def _described(exchange: Any) -> str:
    """Return a line that says what a request was about."""
    line = exchange.description
    return line if len(line) <= 200 else f"{line[:200]}... ({len(exchange.operations)} operations)"
