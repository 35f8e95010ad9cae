"""Raises an exception at one line of the library, at a chosen visit, to see what an interrupt there leaves behind."""

from __future__ import annotations

import dis
import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import ftrack_orm

_PACKAGE = str(Path(ftrack_orm.__file__).parent)
_SERVER = str(Path(_PACKAGE) / "sandbox")


class Line(NamedTuple):
    """One visit of a line: *visit* counts from 1."""

    file: str
    number: int
    visit: int = 1

    def __str__(self) -> str:
        return f"{Path(self.file).relative_to(_PACKAGE)}:{self.number} (visit {self.visit})"


class LineTracer:
    """Counts the visits of the lines that this thread executes in a block, and raises *error* at the line *at*.

    The end of a `with` statement counts as a line to Python's tracing, before `__exit__` is called. No exception can
    occur there: signals are handled after a call or a jump, and nothing is allocated. These visits are left out.
    """

    def __init__(self, at: Line | None = None, error: type[BaseException] = RuntimeError) -> None:
        self._at, self._error = at, error
        self.visits: Counter[tuple[str, int]] = Counter()
        self.has_raised = False

    @property
    def first_visits(self) -> list[Line]:
        """The lines visited, in the order of their first visits."""
        return [Line(*line) for line in self.visits]

    @property
    def last_visits(self) -> list[Line]:
        """The last visits of the lines that were visited several times."""
        return [Line(*line, visits) for line, visits in self.visits.items() if visits > 1]

    def start(self) -> None:
        """Trace the functions that this thread calls, and those it returns to in generators, until the block ends."""
        sys.settrace(self._enter)

    @contextmanager
    def block(self) -> Iterator[Callable[[], None]]:
        """Yield the function that starts tracing, and end tracing with the block."""
        before = sys.gettrace()
        try:
            yield self.start
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        return self._visit if file.startswith(_PACKAGE) and not file.startswith(_SERVER) else None

    def _visit(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and frame.f_lasti not in _ends_of_with(frame.f_code):
            line = frame.f_code.co_filename, frame.f_lineno
            self.visits[line] += 1
            if self._at is not None and not self.has_raised and self._at == (*line, self.visits[line]):
                self.has_raised = True
                raise self._error(f"injected at {self._at}")
        return self._visit


@functools.cache
def _ends_of_with(code: CodeType) -> frozenset[int]:
    """Return the offsets at which the regular ends of `with` statements begin: they load None three times."""
    instructions = list(dis.get_instructions(code))
    loads_none = [each.opname == "LOAD_CONST" and each.argval is None for each in instructions]
    ends: set[int] = set()
    for index, each in enumerate(instructions[:-2]):
        loads_three = all(loads_none[n] or instructions[n].opname == "DUP_TOP" for n in (index + 1, index + 2))
        if loads_none[index] and loads_three:
            ends.add(each.offset)
            # With a value to return, this is first moved out of the way.
            if instructions[index - 1].opname in ("SWAP", "ROT_TWO", "ROT_THREE", "NOP"):
                ends.add(instructions[index - 1].offset)
    return frozenset(ends)
