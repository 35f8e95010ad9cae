"""Question: how many requests does a loop over tasks make without any projection?

    python -m benchmarks.round_trips

It reads the name of the status, the description, and the name of the parent's parent of each task. The server is the
embedded one, since each request depends on earlier responses.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from . import harness
from .clients import OFFICIAL, OURS, count_requests, open_session
from .harness import Figures, Measurement

if TYPE_CHECKING:
    from .processes import Server


def iterate(client: str, server: Server, size: int) -> Figures:
    """Return the number of requests and the seconds of the loop."""
    session = open_session(client, server)
    requests: list[int] = []
    count_requests(session, lambda *_, **__: requests.append(1))
    started = time.perf_counter()
    for task in session.query(f"Task where parent.parent is_not none order by id limit {size}"):
        _ = task["status"]["name"], task["description"], task["parent"]["parent"]["name"]
    return {"requests": float(len(requests)), "seconds": time.perf_counter() - started}


MEASUREMENTS = [
    Measurement(
        "walk without projections",
        iterate,
        (OURS, OFFICIAL),
        (100, 1_000),
        server="sandbox",
        repetitions=1,
        quick_sizes=(20,),
    )
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
