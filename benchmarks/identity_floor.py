"""Question: what is the least that reading 10,000 tasks can cost anything in Python that has one object per entity?

    python -m benchmarks.identity_floor

It reads the pages of `benchmarks/reading.py` with `requests.post(...).json()`, keeps every object of the answers as the
memory of a plain Python object, finds objects by their id in a dictionary of weak references, puts them in the place of
references, and reads dates. It has no types, no schema, no locks and no edits to respect, so nothing that has may be
faster without doing less. "Warm" reads the same again while everything is held.
"""

from __future__ import annotations

import datetime
import gc
import sys
import time
import weakref
from typing import Any

from . import frame
from .frame import Figures, Measurement, Server
from .reading import PAGE, SIZES, pages, post, resident

FLOOR = "plain objects with identity"

Known = dict[str, "weakref.ref[Thing]"]


class Thing:
    """An object that can be held weakly and has no other ability."""

    __slots__ = ("__dict__", "__weakref__")

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values


def identified(row: dict[str, Any], known: Known) -> Thing:
    """Return the one object for a row, with what it refers to in the place of references."""
    key = row["id"]
    reference = known.get(key)
    thing = reference() if reference is not None else None
    if thing is not None and len(row) == 2:
        return thing
    for name, value in row.items():
        if type(value) is dict:
            row[name] = identified(value, known) if "id" in value else datetime.datetime.fromisoformat(value["value"])
    if thing is None:
        thing = Thing(row)
        known[key] = weakref.ref(thing)
    elif not row.items() <= thing.__dict__.items():
        thing.__dict__.update(row)
    return thing


def read(server: Server, size: int, known: Known) -> list[Thing]:
    """Return an object for every task."""
    things = []
    for page in pages(size):
        (answer,) = post(server, page)
        things += [identified(row, known) for row in answer["data"]]
    return things


def cold_and_warm(client: str, server: Server, size: int) -> Figures:
    """Read everything, and everything again while it is held."""
    cold, warm = [], []
    for _ in range(3):
        known: Known = {}
        gc.collect()
        started = time.perf_counter()
        held = read(server, size, known)
        cold.append(time.perf_counter() - started)
        started = time.perf_counter()
        again = read(server, size, known)
        warm.append(time.perf_counter() - started)
        assert len(held) == size
        assert all(one is other for one, other in zip(held, again, strict=True))
    return {"seconds": min(cold), "warm seconds": min(warm)}


def memory(client: str, server: Server, size: int) -> Figures:
    """Hold everything, and say how much the process has grown by."""
    before = resident()
    known: Known = {}
    held = read(server, size, known)
    gc.collect()
    return {"MB": resident() - before, "rows": float(len(held))}


MEASUREMENTS = [
    Measurement("read tasks", cold_and_warm, (FLOOR,), SIZES, quick_sizes=(40, 2 * PAGE), is_portable=True),
    Measurement("hold tasks", memory, (FLOOR,), (10_000,), repeat=1, is_portable=True),
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
