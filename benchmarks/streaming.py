"""Question: how fast is a walk over 100,000 tasks, and does memory stay flat?

    python -m benchmarks.streaming

The tasks are looked at and let go of. "MB grown" is what the process has more of at the end than after a fifth.
"""

from __future__ import annotations

import sys
import time

from . import frame
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON, open_session
from .frame import Figures, Measurement, Server
from .production import EXPRESSION
from .reading import BARE, pages, post, resident


def stream(client: str, server: Server, size: int) -> Figures:
    """Walk over all tasks once."""
    if client == BARE:
        started = time.perf_counter()
        for page in pages(size):
            post(server, page)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "entities/s": size / seconds, "MB grown": 0.0}
    session = open_session(client, server)
    early = 0.0
    started = time.perf_counter()
    for number, task in enumerate(session.query(EXPRESSION), 1):
        _ = task["name"], task["status"]["name"], task["parent"]["name"]
        if number == max(1, size // 5):
            early = resident()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "entities/s": size / seconds, "MB grown": resident() - early}


MEASUREMENTS = [
    Measurement("stream", stream, (BARE, OURS, OURS_WITH_ORJSON), (6_250, 25_000, 100_000), repeat=5, is_portable=True),
    Measurement("stream", stream, (OFFICIAL,), (2_500, 10_000), repeat=1, is_portable=True),
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
