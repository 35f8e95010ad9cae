"""Question: what does it cost to read values that are loaded?

    python -m benchmarks.attribute_reads

Each is read from every one of a hundred tasks in turn, and of ten thousand, which the processor's caches do not hold;
the loop's own cost is taken off. Beside the clients stand a plain Python object with the same values, and the least
that any class can cost that does what plain objects cannot: load what is missing and name a mistyped attribute, for
which it needs `__getattr__`. Until Python 3.12 that alone keeps the interpreter from its shortest way to a value.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable, Sequence
from typing import Any

from . import frame
from .clients import OFFICIAL, OURS, open_session
from .frame import Figures, Measurement, Server
from .production import EXPRESSION

PLAIN = "plain object"
FLOOR = "lazy class, nothing else"


class _Floor:
    """What a class must have to load what is missing and to name a mistyped attribute."""

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
    made = _Floor()
    made.__dict__.update(name=name, status=status, parent=parent, bid=1, description=None)
    return made


def _made(make: Callable[..., Any], size: int) -> list[Any]:
    above = make("sq")
    return [make(f"t{number}", make("s"), make("sh", None, above)) for number in range(size)]


def _attribute(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task.name  # noqa: B018 - reading it is what is measured


def _item(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task["name"]


def _three(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task.name, task.status.name, task.parent.parent.name  # noqa: B018


def _three_items(tasks: Sequence[Any]) -> None:
    for task in tasks:
        task["name"], task["status"]["name"], task["parent"]["parent"]["name"]


def _loop(tasks: Sequence[Any]) -> None:
    for _ in tasks:
        pass


def reads(client: str, server: Server, size: int) -> Figures:
    """Return the nanoseconds of each way of reading."""
    if client in (PLAIN, FLOOR):
        tasks = _made(_Plain if client == PLAIN else _floor, size)
    else:
        session = open_session(client, server)
        tasks = session.query(EXPRESSION).all()
    ways: dict[str, Callable[[Sequence[Any]], None]] = {"item ns": _item, "three values ns": _three_items}
    if client != OFFICIAL:
        ways = {"attribute ns": _attribute, "item ns": _item, "three values ns": _three}
    loop = _nanoseconds(_loop, tasks)
    return {name: _nanoseconds(way, tasks) - loop for name, way in ways.items()}


def _nanoseconds(way: Callable[[Sequence[Any]], None], tasks: Sequence[Any]) -> float:
    number = max(1, 10_000 // len(tasks))
    return min(timeit.repeat(lambda: way(tasks), number=number, repeat=15)) / number / len(tasks) * 1e9


MEASUREMENTS = [
    Measurement(
        "read loaded values",
        reads,
        (PLAIN, FLOOR, OURS, OFFICIAL),
        (100, 10_000),
        repeat=5,
        slow=(OFFICIAL,),
        is_portable=True,
    )
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
