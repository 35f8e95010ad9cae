"""Question: how long does reading a loaded value take?

    python -m benchmarks.attribute_reads

The values of a hundred tasks are read in turn, and those of ten thousand, which do not fit into the caches of the
processor. The cost of the loop is subtracted. The clients are compared with a plain Python object with the same values,
and with a floor: a class with nothing but a `__getattr__`, which it needs to load missing values and to report mistyped
attributes. Until Python 3.12, a `__getattr__` disables the fastest attribute access of the interpreter.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import harness
from .clients import OFFICIAL, OURS, open_session
from .harness import Figures, Measurement
from .production import EXPRESSION

if TYPE_CHECKING:
    from .processes import Server

PLAIN = "plain object"
FLOOR = "lazy class, nothing else"


class _Floor:
    """The minimum of a class that can load missing values and report mistyped attributes."""

    def __getattr__(self, name: str) -> object:
        raise AttributeError(name)

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]


class _Plain:
    def __init__(self, name: str, status: object = None, parent: object = None) -> None:
        self.name = name
        self.status = status
        self.parent = parent
        self.bid = 1
        self.description = None

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]


def _floor(name: str, status: object = None, parent: object = None) -> _Floor:
    task = _Floor()
    task.__dict__.update(name=name, status=status, parent=parent, bid=1, description=None)
    return task


def _build_tasks(make: Callable[..., Any], size: int) -> list[Any]:
    sequence = make("sq")
    return [make(f"t{number}", make("s"), make("sh", None, sequence)) for number in range(size)]


def _read_attribute(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task.name  # noqa: B018 - the read is measured


def _read_item(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task["name"]


def _read_three_attributes(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task.name, task.status.name, task.parent.parent.name  # noqa: B018


def _read_three_items(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task["name"], task["status"]["name"], task["parent"]["parent"]["name"]


def _loop(tasks: Sequence[Any]) -> None:
    for _ in tasks:
        pass


def reads(client: str, server: Server, size: int) -> Figures:
    """Return the nanoseconds of each kind of access."""
    if client in (PLAIN, FLOOR):
        tasks = _build_tasks(_Plain if client == PLAIN else _floor, size)
    else:
        session = open_session(client, server)
        tasks = session.query(EXPRESSION).all()
    accesses: dict[str, Callable[[Sequence[Any]], None]]
    if client == OFFICIAL:
        accesses = {"item ns": _read_item, "three values ns": _read_three_items}
    else:
        accesses = {"attribute ns": _read_attribute, "item ns": _read_item, "three values ns": _read_three_attributes}
    loop = _nanoseconds(_loop, tasks)
    return {name: _nanoseconds(access, tasks) - loop for name, access in accesses.items()}


def _nanoseconds(access: Callable[[Sequence[Any]], None], tasks: Sequence[Any]) -> float:
    """Return the least nanoseconds per task over several repetitions."""
    number = max(1, min(100, 10_000 // len(tasks)))
    return min(timeit.repeat(lambda: access(tasks), number=number, repeat=15)) / number / len(tasks) * 1e9


MEASUREMENTS = [
    Measurement(
        "read loaded values",
        reads,
        (PLAIN, FLOOR, OURS, OFFICIAL),
        (100, 10_000),
        quick_sizes=(10,),
        repetitions=5,
        slow_clients=(OFFICIAL,),
        can_use_sandbox=True,
    )
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
