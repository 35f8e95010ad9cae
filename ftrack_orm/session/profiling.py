"""State: counts and times the requests of a session inside a block, with the lines of code that caused them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.entities.reading.call_sites import CallSite, calling_site
from ftrack_orm.transport.channel import Exchange
from ftrack_orm.values import SessionBound

if TYPE_CHECKING:
    from ftrack_orm.entities.reading.learning import Learned, ProjectionLearner

Observer = Callable[[Exchange], None]

#: Characters of a request's description in the table.
_DESCRIPTION_WIDTH = 70

_HEADINGS = ("#", "operations", "sent", "received", "ms", "line", "request")


@attrs.frozen
class ProfiledRequest:
    """One request: its operations, its size and duration, and the line of the user's code that caused it.

    *line* is None for a page that was fetched ahead in the background. *error* is the reason of a failure, else None.
    """

    description: str
    operations: int
    request_bytes: int
    answer_bytes: int
    seconds: float
    line: CallSite | None
    error: BaseException | None = None


class Profile(SessionBound):
    """The requests a session made inside a `with` block; printing it gives a table.

        with session.profile() as profile:
            ...
        print(profile)

    *requests* holds them in the order in which they finished, whichever thread made them. A request that is not
    finished when the block ends is missing. *learned* holds the projections that a session with `learn_projections` has
    learned in the block, and those that it has selected because it had learned them before. *observe* and
    *stop_observing* are the session's methods.
    """

    def __init__(
        self,
        observe: Callable[[Observer], None],
        stop_observing: Callable[[Observer], None],
        learner: ProjectionLearner | None = None,
    ) -> None:
        self._observe = observe
        self._stop_observing = stop_observing
        self._learner = learner
        self._lock = threading.Lock()
        self.requests: list[ProfiledRequest] = []
        self.learned: list[Learned] = []

    def __enter__(self) -> Profile:
        self._observe(self._record)
        if self._learner is not None:
            self._learner.observers.append(self.learned.append)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_observing(self._record)
        if self._learner is not None and self.learned.append in self._learner.observers:
            self._learner.observers.remove(self.learned.append)

    def _record(self, exchange: Exchange) -> None:
        request = ProfiledRequest(
            description=exchange.description,
            operations=len(exchange.operations),
            request_bytes=exchange.request_bytes,
            answer_bytes=exchange.answer_bytes,
            seconds=exchange.seconds,
            line=calling_site(),
            error=exchange.error,
        )
        with self._lock:
            self.requests.append(request)

    @property
    def operations(self) -> int:
        """The number of operations all requests carried."""
        return sum(request.operations for request in self.requests)

    @property
    def request_bytes(self) -> int:
        """The bytes sent, without headers."""
        return sum(request.request_bytes for request in self.requests)

    @property
    def answer_bytes(self) -> int:
        """The bytes received, without headers, as they were transferred: servers usually compress responses."""
        return sum(request.answer_bytes for request in self.requests)

    @property
    def seconds(self) -> float:
        """The sum of the durations of all requests, in seconds. Requests of several threads overlap."""
        return sum(request.seconds for request in self.requests)

    def __len__(self) -> int:
        return len(self.requests)

    def __str__(self) -> str:
        rows = [_HEADINGS, *(_row(number, request) for number, request in enumerate(self.requests, 1))]
        rows.append(self._totals())
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
        lines = [_aligned(row, widths) for row in rows]
        return "\n".join([*lines, *(f"learned: {each}" for each in dict.fromkeys(self.learned))])

    def _repr_html_(self) -> str:
        from ftrack_orm.notebook.profile_html import profile_html

        rows = [*(_row(number, request) for number, request in enumerate(self.requests, 1)), self._totals()]
        return profile_html(_HEADINGS, rows, [f"learned: {each}" for each in dict.fromkeys(self.learned)])

    def _totals(self) -> tuple[str, ...]:
        """Return the last row of the table."""
        costs = _costs(self.operations, self.request_bytes, self.answer_bytes, self.seconds)
        return (str(len(self)), *costs, "", "in all")

    def __repr__(self) -> str:
        return f"<profile of {len(self)} requests, {self.seconds:.3f} s>"


def _row(number: int, request: ProfiledRequest) -> tuple[str, ...]:
    text = request.description
    if len(text) > _DESCRIPTION_WIDTH:
        text = f"{text[:_DESCRIPTION_WIDTH]}..."
    if request.error is not None:
        text = f"{type(request.error).__name__}: {text}"
    costs = _costs(request.operations, request.request_bytes, request.answer_bytes, request.seconds)
    return (str(number), *costs, str(request.line or "(fetched ahead)"), text)


def _costs(operations: int, sent: int, received: int, seconds: float) -> tuple[str, str, str, str]:
    return str(operations), f"{sent / 1000:.1f} kB", f"{received / 1000:.1f} kB", f"{seconds * 1000:.1f}"


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    numbers = [cell.rjust(width) for cell, width in zip(row[:5], widths, strict=False)]
    return "  ".join([*numbers, row[5].ljust(widths[5]), row[6]]).rstrip()
