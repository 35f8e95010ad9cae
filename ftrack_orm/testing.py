"""State: what users' own tests need: counting the requests a session makes."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from .session import Session


class requests_made:
    """Counts the requests a session makes inside a `with` block; compares like the number.

    `with requests_made(session) as made: ...` and afterwards `assert made == 1`. *made* also has `operations`, the
    number of operations the requests carried, and `seconds`, the time they took.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.count = 0
        self.operations = 0
        self.seconds = 0.0

    def _observe(self, exchange: Any) -> None:
        self.count += 1
        self.operations += len(exchange.operations)
        self.seconds += exchange.seconds

    def __enter__(self) -> requests_made:
        self._session.observe(self._observe)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.stop_observing(self._observe)

    def __eq__(self, other: object) -> bool:
        return self.count == other

    def __le__(self, other: int) -> bool:
        return self.count <= other

    def __int__(self) -> int:
        return self.count

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{self.count} requests"
