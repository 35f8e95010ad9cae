"""Question: is the next page requested while the current one is processed?

    python -m benchmarks.overlap

The loop works for a while on each page, and then asks the server how many pages were requested so far. "asked ahead" is
the share of pages that had been requested by then, before the loop needed them: 0 if it waits for every page, 1 if it
waits for the first one only. It is a count, which does not depend on the load of the machine, unlike the seconds.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import requests

from . import harness
from .clients import OFFICIAL, OURS, open_session
from .harness import Figures, Measurement
from .production import EXPRESSION, PAGE_SIZE

if TYPE_CHECKING:
    from .processes import Server

SECONDS_PER_PAGE = 0.05


def iterate(client: str, server: Server, size: int) -> Figures:
    """Iterate over *size* tasks, and after the work on each page but the last count the requested pages."""
    session = open_session(client, server)
    requests_before = _request_count(server)
    ahead = pages = 0
    started = time.perf_counter()
    for number, _ in enumerate(session.query(EXPRESSION), 1):
        if number % PAGE_SIZE == 0 and number < size:
            time.sleep(SECONDS_PER_PAGE)
            pages += 1
            ahead += _request_count(server) - requests_before > pages
    return {"seconds": time.perf_counter() - started, "asked ahead": ahead / pages}


def _request_count(server: Server) -> int:
    """Return the number of requests to the API of the server."""
    return int(requests.get(f"{server.url}/requests", timeout=60).text)


MEASUREMENTS = [
    Measurement(
        "overlap",
        iterate,
        (OURS, OFFICIAL),
        (5_000, 20_000),
        slow_clients=(OFFICIAL,),
        quick_sizes=(2 * PAGE_SIZE,),
    )
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
