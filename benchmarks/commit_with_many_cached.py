"""Question: does committing one change cost more the more entities a session has in memory?

    python -m benchmarks.commit_with_many_cached

The server is a function in the same process, so that what is left is nearly all Python's: "answer seconds" is what that
function alone takes. An exponent of 0 says that the number of entities does not matter.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Mapping

from . import frame
from .answers import Answers
from .clients import OURS
from .frame import Figures, Measurement, Server
from .production import NARROW, key

REPETITIONS = 50


def commits(client: str, server: Server, size: int) -> Figures:
    """Commit one changed attribute of a task among *size*, several times."""
    from ftrack_orm import Session
    from ftrack_orm.transport.in_process import InProcess

    answers = Answers(size)

    def answered(headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", answers.respond(body)

    with Session(
        "https://bench.test", "key", "user", transport=InProcess(answered), schema_cache_path=False, page_size=size
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
        "answer seconds": _answering(answers),
    }


def _answering(answers: Answers) -> float:
    data = {"__entity_type__": "Task", "bid": 1}
    update = {"action": "update", "entity_type": "Task", "entity_key": [key("task", 0)], "entity_data": data}
    body = json.dumps([update]).encode()
    started = time.perf_counter()
    for _ in range(REPETITIONS):
        answers.respond(body)
    return (time.perf_counter() - started) / REPETITIONS


MEASUREMENTS = [Measurement("commit one of many", commits, (OURS,), (3_125, 12_500, 50_000), server=None)]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
