"""Question: how long does reading 10,000 tasks take, with 12 attributes over 6 relations, cold and again?

    python -m benchmarks.reading

The baseline is `requests.post(...).json()`, which reads the same pages and does nothing with them; no client that uses
requests can be faster. "Cold" is a session that knows the schema and no entity, "warm" one that has all of them. "MB"
is the growth of the process by the result; its floor is the parsed responses alone.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import TYPE_CHECKING, Any

from . import harness
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON, open_session
from .harness import Figures, Measurement
from .production import EXPRESSION, PAGE_SIZE

if TYPE_CHECKING:
    from .processes import Server

BARE = "requests.post().json()"
SIZES = (2_500, 10_000, 40_000)


def pages(size: int) -> list[list[dict[str, str]]]:
    """Return the requests that read *size* tasks, one per page, as lists of operations."""
    return [
        [{"action": "query", "expression": f"{EXPRESSION} offset {offset} limit {PAGE_SIZE}"}]
        for offset in range(0, size, PAGE_SIZE)
    ]


def post(server: Server, operations: list[dict[str, str]]) -> Any:
    """Return the parsed response to *operations*, without any client."""
    import requests

    headers = {"ftrack-user": server.user, "ftrack-api-key": server.api_key}
    return requests.post(f"{server.url}/api", json=operations, headers=headers, timeout=60).json()


def _read_bare(server: Server, size: int) -> list[Any]:
    return [post(server, page) for page in pages(size)]


def _read(session: Any) -> Any:
    return session.query(EXPRESSION).all()


def cold_and_warm(client: str, server: Server, size: int) -> Figures:
    """Read all tasks, and read them again while they are kept."""
    if client == BARE:
        seconds = _least_seconds(lambda: _read_bare(server, size), 5)
        return {"seconds": seconds, "warm seconds": seconds}
    cold, warm = [], []
    for _ in range(1 if client == OFFICIAL else 3):
        session = open_session(client, server)
        gc.collect()
        started = time.perf_counter()
        tasks = _read(session)
        cold.append(time.perf_counter() - started)
        assert len(tasks) == size
        gc.collect()
        started = time.perf_counter()
        assert len(_read(session)) == size
        warm.append(time.perf_counter() - started)
        del tasks
        session.close()
    return {"seconds": min(cold), "warm seconds": min(warm)}


def memory(client: str, server: Server, size: int) -> Figures:
    """Return the growth of the process when all tasks are kept."""
    if client == BARE:
        import requests  # noqa: F401 - the import is not part of the result

        before = resident_megabytes()
        responses = _read_bare(server, size)
        return {"MB": resident_megabytes() - before, "rows": float(len(responses))}
    before = resident_megabytes()
    session = open_session(client, server)
    tasks = _read(session)
    gc.collect()
    return {"MB": resident_megabytes() - before, "rows": float(len(tasks))}


def resident_megabytes() -> float:
    """Return the resident memory of the process."""
    if not sys.platform.startswith("linux"):
        raise RuntimeError("Resident memory is read from /proc, which only Linux has.")
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def _least_seconds(work: Any, repetitions: int) -> float:
    seconds = []
    for _ in range(repetitions):
        gc.collect()
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


MEASUREMENTS = [
    Measurement(
        "read tasks",
        cold_and_warm,
        (BARE, OURS, OURS_WITH_ORJSON, OFFICIAL),
        SIZES,
        repetitions=5,
        slow_clients=(OFFICIAL,),
        can_use_sandbox=True,
    ),
    Measurement("hold tasks", memory, (BARE, OURS, OFFICIAL), (10_000,), repetitions=1, can_use_sandbox=True),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
