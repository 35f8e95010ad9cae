"""Question: what does it cost to read 10,000 tasks with 12 attributes over 6 relations, cold and again?

    python -m benchmarks.reading

Beside both clients, `requests.post(...).json()` reads the same pages and does nothing with them: less is not possible
for a client that uses requests. "Cold" is a session that knows the schema and no entity, "warm" one that has them all.
Memory is what the process has more of with the result than before, and the floor is the parsed answers alone.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from . import frame
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON, open_session
from .frame import Figures, Measurement, Server
from .production import EXPRESSION

BARE = "requests.post().json()"
PAGE = 500
SIZES = (2_500, 10_000, 40_000)


def pages(size: int) -> list[list[dict[str, str]]]:
    """Return the requests that read *size* tasks, a page each."""
    return [
        [{"action": "query", "expression": f"{EXPRESSION} offset {offset} limit {PAGE}"}]
        for offset in range(0, size, PAGE)
    ]


def post(server: Server, operations: list[dict[str, str]]) -> Any:
    """Return the parsed answer to *operations*, as one gets it without any client."""
    import requests

    headers = {"ftrack-user": server.user, "ftrack-api-key": server.api_key}
    return requests.post(f"{server.url}/api", json=operations, headers=headers, timeout=60).json()


def _bare(server: Server, size: int) -> list[Any]:
    return [post(server, page) for page in pages(size)]


def _all(session: Any) -> Any:
    return session.query(EXPRESSION).all()


def cold_and_warm(client: str, server: Server, size: int) -> Figures:
    """Read everything, and everything again while it is held."""
    if client == BARE:
        seconds = _least(lambda: _bare(server, size), 5)
        return {"seconds": seconds, "warm seconds": seconds}
    cold, warm = [], []
    for _ in range(1 if client == OFFICIAL else 3):
        session = open_session(client, server)
        gc.collect()
        started = time.perf_counter()
        held = _all(session)
        cold.append(time.perf_counter() - started)
        assert len(held) == size
        gc.collect()
        started = time.perf_counter()
        assert len(_all(session)) == size
        warm.append(time.perf_counter() - started)
        del held
        session.close()
    return {"seconds": min(cold), "warm seconds": min(warm)}


def memory(client: str, server: Server, size: int) -> Figures:
    """Hold everything, and say how much the process has grown by."""
    if client == BARE:
        import requests  # noqa: F401 - what is imported is not the result

        before = resident()
        held = _bare(server, size)
        return {"MB": resident() - before, "rows": float(len(held))}
    before = resident()
    session = open_session(client, server)
    held = _all(session)
    gc.collect()
    return {"MB": resident() - before, "rows": float(len(held))}


def resident() -> float:
    """Return the process's resident memory in MB."""
    if not sys.platform.startswith("linux"):
        raise RuntimeError("Resident memory is read from /proc, which only Linux has.")
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def _least(work: Any, times: int) -> float:
    taken = []
    for _ in range(times):
        gc.collect()
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


MEASUREMENTS = [
    Measurement(
        "read tasks",
        cold_and_warm,
        (BARE, OURS, OURS_WITH_ORJSON, OFFICIAL),
        SIZES,
        repeat=5,
        slow=(OFFICIAL,),
        is_portable=True,
    ),
    Measurement("hold tasks", memory, (BARE, OURS, OFFICIAL), (10_000,), repeat=1, is_portable=True),
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
