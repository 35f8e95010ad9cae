"""Question: how long does renaming a context hold the lock of a session that knows many entities?

    python -m benchmarks.rename_with_many_known

A rename changes the `link` of everything below. "commit seconds" is the time of the commit, "lock seconds" the longest
time that another thread waited for the session's lock during commits. The second measurement has loaded `link` of every
entity, the first of none.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import harness
from .clients import OURS
from .harness import Figures, Measurement
from .prepared_responses import PreparedResponses
from .production import NARROW

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .processes import Server

REPETITIONS = 20


def nothing_loaded(client: str, server: Server, size: int) -> Figures:
    """Rename one of *size* known tasks, none of which has its link loaded."""
    return _rename(size, with_links=False)


def links_loaded(client: str, server: Server, size: int) -> Figures:
    """Rename one of *size* known tasks, all of which have their links loaded."""
    return _rename(size, with_links=True)


def _rename(size: int, *, with_links: bool) -> Figures:
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
        workspace = session._workspace
        task = tasks[size // 2]
        gc.collect()
        gc.disable()
        commits: list[float] = []
        waits: list[float] = []
        for number in range(REPETITIONS):
            if with_links:
                loader = workspace.loader
                loader.merge(
                    [{"__entity_type__": "Task", "id": each["id"], "link": [{"id": each["id"]}]} for each in tasks]
                )
            task["name"] = f"renamed {number}"
            done = threading.Event()
            waiter = threading.Thread(target=_wait_for_lock, args=(workspace.lock, done, waits))
            waiter.start()
            started = time.perf_counter()
            session.commit()
            commits.append(time.perf_counter() - started)
            done.set()
            waiter.join()
        gc.enable()
    return {"commit seconds": sorted(commits)[REPETITIONS // 2], "lock seconds": max(waits)}


def _wait_for_lock(lock: AbstractContextManager[object], done: threading.Event, waits: list[float]) -> None:
    while not done.is_set():
        started = time.perf_counter()
        with lock:
            waits.append(time.perf_counter() - started)
        time.sleep(0)


MEASUREMENTS = [
    Measurement("rename, no link loaded", nothing_loaded, (OURS,), (10_000, 100_000), server=None),
    Measurement("rename, all links loaded", links_loaded, (OURS,), (10_000, 100_000), server=None),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
