"""Question: does the cost of committing one change grow with the number of cached entities?

    python -m benchmarks.commit_with_many_cached

The server is a function in the same process, so that nearly all of the time is spent in Python. "answer seconds" is the
time of that function alone. An exponent of 0 means that the cost does not depend on the number of entities.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import harness
from .clients import OURS
from .harness import Figures, Measurement
from .prepared_responses import PreparedResponses
from .production import NARROW, key

if TYPE_CHECKING:
    from .processes import Server

REPETITIONS = 50


def commits(client: str, server: Server, size: int) -> Figures:
    """Commit a changed attribute of one of *size* cached tasks, several times."""
    from ftrack_orm import Session
    from ftrack_orm.transport.in_process import InProcess

    responses = PreparedResponses(size)

    def respond(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", responses.respond(body)

    with Session(
        "https://bench.test", "key", "user", transport=InProcess(respond), schema_cache_path=False, page_size=size
    ) as session:
        tasks = session.query(NARROW).all()
        assert len(tasks) == size
        task = tasks[size // 2]
        gc.collect()
        taken = []
        for bid in range(1, REPETITIONS + 1):
            started = time.perf_counter()
            task.bid = bid
            session.commit()
            taken.append(time.perf_counter() - started)
    return {
        "seconds": min(taken),
        "worst seconds": max(taken),
        "answer seconds": _response_seconds(responses),
    }


def _response_seconds(responses: PreparedResponses) -> float:
    data = {"__entity_type__": "Task", "bid": 1}
    update = {"action": "update", "entity_type": "Task", "entity_key": [key("task", 0)], "entity_data": data}
    body = json.dumps([update]).encode()
    started = time.perf_counter()
    for _ in range(REPETITIONS):
        responses.respond(body)
    return (time.perf_counter() - started) / REPETITIONS


MEASUREMENTS = [Measurement("commit one of many", commits, (OURS,), (3_125, 12_500, 50_000), server=None)]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
