"""Question: how fast is iterating over 100,000 tasks, and does the memory stay constant?

    python -m benchmarks.streaming

The tasks are read and not kept. "MB grown" is the growth of the process from a fifth of the tasks to the end.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from . import harness
from .clients import OFFICIAL, OURS, OURS_WITH_ORJSON, open_session
from .harness import Figures, Measurement
from .production import EXPRESSION
from .reading import BARE, pages, post, resident_megabytes

if TYPE_CHECKING:
    from .processes import Server


def stream(client: str, server: Server, size: int) -> Figures:
    """Iterate over all tasks once."""
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
            early = resident_megabytes()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "entities/s": size / seconds, "MB grown": resident_megabytes() - early}


MEASUREMENTS = [
    Measurement(
        "stream", stream, (BARE, OURS, OURS_WITH_ORJSON), (6_250, 25_000, 100_000), repetitions=5, can_use_sandbox=True
    ),
    Measurement("stream", stream, (OFFICIAL,), (2_500, 10_000), repetitions=1, can_use_sandbox=True),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
