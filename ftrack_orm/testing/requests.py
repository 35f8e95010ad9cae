"""State: counts the requests of a session in tests of users, and asserts their number."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import UsageError

if TYPE_CHECKING:
    from ftrack_orm.session.session import Session


class requests_made:
    """Counts the requests of a session inside a `with` block, and asserts an expected number of them.

        with requests_made(session) == 1:  # or <= 3; raises AssertionError with the requests made otherwise
            tasks = query.all()

        with requests_made(session) as made:
            tasks = query.all()
        assert made == 1

    *made* also has `count`, `operations` (the number of operations in the requests) and `seconds` (their duration).
    Requests of all threads are counted, once they have a response or have failed. A page that is still being fetched
    ahead at the end of the block is not counted.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._has_started = False
        self._expected: tuple[str, Callable[[Any, Any], bool], object] | None = None
        self._requests: list[str] = []
        self.count = 0
        self.operations = 0
        self.seconds = 0.0

    def _observe(self, exchange: Any) -> None:
        with self._lock:
            self._requests.append(_describe(exchange))
            self.count += 1
            self.operations += len(exchange.operations)
            self.seconds += exchange.seconds

    def __enter__(self) -> requests_made:
        self._has_started = True
        self._session.observe(self._observe)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.stop_observing(self._observe)
        if error is None and self._expected is not None:
            sign, compare, number = self._expected
            if not compare(self.count, number):
                title = f"{self!r} {'was' if self.count == 1 else 'were'} made instead of {sign}{number}:"
                raise AssertionError("\n  ".join([title, *self._requests]))

    # A comparison before the block states the expected number; one inside or after the block compares.
    def _compare(self, sign: str, compare: Callable[[Any, Any], bool], number: object) -> Any:
        if self._has_started:
            return compare(self.count, number)
        self._expected = sign, compare, number
        return self

    def __eq__(self, other: object) -> Any:
        return self._compare("", operator.eq, other)

    def __le__(self, other: int) -> Any:
        return self._compare("at most ", operator.le, other)

    def __bool__(self) -> bool:
        if not self._has_started:
            raise UsageError("requests_made() counts inside a block: with requests_made(session) == 1: ...")
        return self.count > 0

    def __int__(self) -> int:
        return self.count

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "1 request" if self.count == 1 else f"{self.count} requests"


def _describe(exchange: Any) -> str:
    """Return the description of a request, shortened to 200 characters."""
    text = exchange.description
    return text if len(text) <= 200 else f"{text[:200]}... ({len(exchange.operations)} operations)"
