"""Question: does the next page travel while the one before is worked on?

    python -m benchmarks.overlap

Whoever walks works a while on each page, and then asks the server how many pages were asked of it so far. "Asked ahead"
is the share of pages that had been asked for by then, before the walk needed them: 0 when every page is waited for, 1
when only the first one is. It is a count, which a busy machine does not blur; the seconds are beside it.
"""

from __future__ import annotations

import sys
import time

import requests

from . import frame
from .clients import OFFICIAL, OURS, open_session
from .frame import Figures, Measurement, Server
from .production import EXPRESSION, PAGE_SIZE

WORK_SECONDS = 0.05


def walk(client: str, server: Server, size: int) -> Figures:
    """Walk over *size* tasks, and after the work on each page but the last look how many pages were asked for."""
    session = open_session(client, server)
    asked_before = _requests(server)
    ahead = pages = 0
    started = time.perf_counter()
    for number, _ in enumerate(session.query(EXPRESSION), 1):
        if number % PAGE_SIZE == 0 and number < size:
            time.sleep(WORK_SECONDS)
            pages += 1
            ahead += _requests(server) - asked_before > pages
    return {"seconds": time.perf_counter() - started, "asked ahead": ahead / pages}


def _requests(server: Server) -> int:
    """Return how many calls of its API the server has had."""
    return int(requests.get(f"{server.url}/requests", timeout=60).text)


MEASUREMENTS = [
    Measurement("overlap", walk, (OURS, OFFICIAL), (5_000, 20_000), slow=(OFFICIAL,), quick_sizes=(2 * PAGE_SIZE,))
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
