"""Question: how long do 1,000 creates, 10,000 changes and one change among many cached entities take, with commit?

    python -m benchmarks.writing

"Bare" sends the same bytes and parses the response, which is the request that every client has to make.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import harness
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON, open_session
from .harness import Figures, Measurement
from .production import EXPRESSION, key

if TYPE_CHECKING:
    from .processes import Server

BARE = "bare request"


def creates(client: str, server: Server, size: int) -> Figures:
    """Create tasks under one parent and commit them."""
    if client == BARE:
        data = {"__entity_type__": "Task", "name": "task 000001", "parent_id": key("shot", 1), "bid": 1.0}
        return _bare_request(server, [{"action": "create", "entity_type": "Task", "entity_data": data}] * size)

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
    """Change one attribute of every loaded task and commit the changes."""
    if client == BARE:
        return _bare_request(server, [_update(number) for number in range(size)])

    repetition = itertools.count(1)

    def change(session: Any, tasks: Any) -> None:
        first = next(repetition) * 7.5
        for number, task in enumerate(tasks):
            task["bid"] = first + number
        session.commit()

    return _change_loaded_tasks(
        client, server, size, change, repetitions=1 if client == OFFICIAL else 5, prepare=gc.collect
    )


def one_change(client: str, server: Server, size: int) -> Figures:
    """Change one attribute of one task, with all others cached, and commit the change."""
    if client == BARE:
        return _bare_request(server, [_update(1)])

    def change(session: Any, tasks: Any) -> None:
        task = tasks[len(tasks) // 2]
        task["bid"] = task["bid"] + 1
        session.commit()

    return _change_loaded_tasks(client, server, size, change, repetitions=1 if client == OFFICIAL else 20)


def _change_loaded_tasks(
    client: str,
    server: Server,
    size: int,
    change: Callable[[Any, Any], None],
    repetitions: int = 1,
    prepare: Callable[[], object] = lambda: None,  # called before each repetition, not measured
) -> Figures:
    session = open_session(client, server)
    tasks = session.query(EXPRESSION).all()
    gc.collect()
    seconds = []
    for _ in range(repetitions):
        prepare()
        started = time.perf_counter()
        change(session, tasks)
        seconds.append(time.perf_counter() - started)
    return {"seconds": min(seconds)}


def _update(number: int) -> dict[str, Any]:
    data = {"__entity_type__": "Task", "bid": 7.5 + number}
    return {"action": "update", "entity_type": "Task", "entity_key": [key("task", number)], "entity_data": data}


def _bare_request(server: Server, operations: list[dict[str, Any]]) -> Figures:
    import requests

    http = requests.Session()
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        http.post(f"{server.url}/api", json=operations, timeout=60).json()
        seconds.append(time.perf_counter() - started)
    return {"seconds": min(seconds)}


#: All clients; the official one is slow.
ALL = (BARE, OURS, OURS_WITH_ORJSON, OFFICIAL)
MEASUREMENTS = [
    Measurement("creates", creates, ALL, (1_000, 4_000, 16_000), slow_clients=(OFFICIAL,)),
    Measurement("changed attributes", changes, ALL, (2_500, 10_000, 40_000), slow_clients=(OFFICIAL,)),
    Measurement("one change", one_change, (BARE, OURS, OFFICIAL), (10_000, 50_000), slow_clients=(OFFICIAL,)),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
