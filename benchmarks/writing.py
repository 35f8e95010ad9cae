"""Question: what do 1,000 creates, 10,000 changes and one change among many cached cost, with their commit?

    python -m benchmarks.writing

"Bare" sends the same bytes and parses the answer: that is the request, which no client can do without.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable
from typing import Any

from . import frame
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON, open_session
from .frame import Figures, Measurement, Server
from .production import EXPRESSION, key

BARE = "bare request"


def creates(client: str, server: Server, size: int) -> Figures:
    """Create tasks under one parent and commit them."""
    if client == BARE:
        data = {"__entity_type__": "Task", "name": "task 000001", "parent_id": key("shot", 1), "bid": 1.0}
        return _bare(server, [{"action": "create", "entity_type": "Task", "entity_data": data}] * size)

    def work() -> float:
        session = open_session(client, server)
        session.create("Task", {"name": "warm", "parent_id": key("shot", 1)})
        session.commit()
        gc.collect()
        started = time.perf_counter()
        for number in range(size):
            session.create("Task", {"name": f"task {number}", "parent_id": key("shot", 1), "bid": 1.0 + number})
        session.commit()
        return time.perf_counter() - started

    return {"seconds": min(work() for _ in range(1 if client == OFFICIAL else 3))}


def changes(client: str, server: Server, size: int) -> Figures:
    """Change one attribute of every task that is loaded and commit that."""
    if client == BARE:
        return _bare(server, [_update(number) for number in range(size)])

    rounds = itertools.count(1)

    def change(session: Any, tasks: Any) -> None:
        first = next(rounds) * 7.5
        for number, task in enumerate(tasks):
            task["bid"] = first + number
        session.commit()

    return _loaded(client, server, size, change, times=1 if client == OFFICIAL else 5, between=gc.collect)


def one_change(client: str, server: Server, size: int) -> Figures:
    """Change one attribute of one task, with all others in memory, and commit that."""
    if client == BARE:
        return _bare(server, [_update(1)])

    def change(session: Any, tasks: Any) -> None:
        task = tasks[len(tasks) // 2]
        task["bid"] = task["bid"] + 1
        session.commit()

    return _loaded(client, server, size, change, times=1 if client == OFFICIAL else 20)


def _loaded(
    client: str,
    server: Server,
    size: int,
    change: Callable[[Any, Any], None],
    times: int = 1,
    between: Callable[[], object] = lambda: None,  # what is done before each time, unmeasured
) -> Figures:
    session = open_session(client, server)
    tasks = session.query(EXPRESSION).all()
    gc.collect()
    taken = []
    for _ in range(times):
        between()
        started = time.perf_counter()
        change(session, tasks)
        taken.append(time.perf_counter() - started)
    return {"seconds": min(taken)}


def _update(number: int) -> dict[str, Any]:
    data = {"__entity_type__": "Task", "bid": 7.5 + number}
    return {"action": "update", "entity_type": "Task", "entity_key": [key("task", number)], "entity_data": data}


def _bare(server: Server, operations: list[dict[str, Any]]) -> Figures:
    import requests

    http = requests.Session()
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        http.post(f"{server.url}/api", json=operations, timeout=60).json()
        taken.append(time.perf_counter() - started)
    return {"seconds": min(taken)}


_ALL = (BARE, OURS, OURS_WITH_ORJSON, OFFICIAL)
MEASUREMENTS = [
    Measurement("creates", creates, _ALL, (1_000, 4_000, 16_000), slow=(OFFICIAL,)),
    Measurement("changed attributes", changes, _ALL, (2_500, 10_000, 40_000), slow=(OFFICIAL,)),
    Measurement("one change", one_change, (BARE, OURS, OFFICIAL), (10_000, 50_000), slow=(OFFICIAL,)),
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
