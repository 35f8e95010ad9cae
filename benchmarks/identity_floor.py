"""Question: how long does reading 10,000 tasks take at least in Python, with one object per entity?

    python -m benchmarks.identity_floor

The pages of `benchmarks/reading.py` are read with `requests.post(...).json()`. Every object of the responses becomes
the `__dict__` of a plain Python object. Objects are found by their id in a dictionary of weak references and replace
references, and dates are parsed. There are no types, no schema, no locks and no edits to preserve, so a mapper that has
them cannot be faster without doing less. "Warm" reads the same again while all objects are kept.
"""

from __future__ import annotations

import datetime
import gc
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

from . import harness
from .harness import Figures, Measurement
from .production import PAGE_SIZE
from .reading import SIZES, pages, post, resident_megabytes

if TYPE_CHECKING:
    from .processes import Server

FLOOR = "plain objects with identity"

IdentityMap = dict[str, "weakref.ref[PlainEntity]"]


class PlainEntity:
    """An object with attributes and weak references, and nothing else."""

    __slots__ = ("__dict__", "__weakref__")

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values


def merge(row: dict[str, Any], identity_map: IdentityMap) -> PlainEntity:
    """Return the object for a row, with objects in place of references."""
    key = row["id"]
    reference = identity_map.get(key)
    entity = reference() if reference is not None else None
    if entity is not None and len(row) == 2:
        return entity
    for name, value in row.items():
        if type(value) is dict:
            row[name] = merge(value, identity_map) if "id" in value else datetime.datetime.fromisoformat(value["value"])
    if entity is None:
        entity = PlainEntity(row)
        identity_map[key] = weakref.ref(entity)
    elif not row.items() <= entity.__dict__.items():
        entity.__dict__.update(row)
    return entity


def read(server: Server, size: int, identity_map: IdentityMap) -> list[PlainEntity]:
    """Return an object for every task."""
    entities = []
    for page in pages(size):
        (reply,) = post(server, page)
        entities += [merge(row, identity_map) for row in reply["data"]]
    return entities


def cold_and_warm(client: str, server: Server, size: int) -> Figures:
    """Read all tasks, and read them again while they are kept."""
    cold, warm = [], []
    for _ in range(3):
        identity_map: IdentityMap = {}
        gc.collect()
        started = time.perf_counter()
        tasks = read(server, size, identity_map)
        cold.append(time.perf_counter() - started)
        started = time.perf_counter()
        again = read(server, size, identity_map)
        warm.append(time.perf_counter() - started)
        assert len(tasks) == size
        assert all(one is other for one, other in zip(tasks, again, strict=True))
    return {"seconds": min(cold), "warm seconds": min(warm)}


def memory(client: str, server: Server, size: int) -> Figures:
    """Return the growth of the process when all tasks are kept."""
    before = resident_megabytes()
    identity_map: IdentityMap = {}
    tasks = read(server, size, identity_map)
    gc.collect()
    return {"MB": resident_megabytes() - before, "rows": float(len(tasks))}


MEASUREMENTS = [
    Measurement("read tasks", cold_and_warm, (FLOOR,), SIZES, quick_sizes=(40, 2 * PAGE_SIZE), can_use_sandbox=True),
    Measurement("hold tasks", memory, (FLOOR,), (10_000,), repetitions=1, can_use_sandbox=True),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
