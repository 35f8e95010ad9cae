"""Question: how many requests does a loop over tasks make that was written without a thought of requests?

    python -m benchmarks.round_trips

It reads each task's status, description and its parent's parent's name, and nothing of it was projected. The server is
the embedded one, since what is asked depends on what was answered.
"""

from __future__ import annotations

import sys
import time

from . import frame
from .clients import OFFICIAL, OURS, count_requests, open_session
from .frame import Figures, Measurement, Server


def walk(client: str, server: Server, size: int) -> Figures:
    """Return how many requests the walk made, and the seconds it took."""
    session = open_session(client, server)
    made = []
    count_requests(session, lambda *_, **__: made.append(1))
    started = time.perf_counter()
    for task in session.query(f"Task where parent.parent is_not none order by id limit {size}"):
        _ = task["status"]["name"], task["description"], task["parent"]["parent"]["name"]
    return {"requests": float(len(made)), "seconds": time.perf_counter() - started}


MEASUREMENTS = [
    Measurement(
        "walk without projections",
        walk,
        (OURS, OFFICIAL),
        (100, 1_000),
        server="sandbox",
        repeat=1,
        quick_sizes=(20,),
    )
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
