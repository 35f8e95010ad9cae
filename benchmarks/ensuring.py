"""Question: how long does ensuring 1,000 tasks that exist already take, with how many requests and bytes?

    python -m benchmarks.ensuring

The tasks are below one shot and are identified by name and parent; one more attribute is compared. The other client has
no call for many entities and takes no entities as values, so that it ensures one after the other by the parent's id.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from . import harness
from .clients import OFFICIAL, OURS, open_session
from .harness import Figures, Measurement

if TYPE_CHECKING:
    from .processes import Server


def task_data(shot: Any, size: int) -> list[dict[str, Any]]:
    """Return the data of *size* tasks below *shot*."""
    return [{"name": f"task{number:04}", "parent": shot, "bid": 3600.0} for number in range(size)]


def ensure(client: str, server: Server, size: int) -> Figures:
    """Create the tasks, and return the costs of ensuring them in another session."""
    with open_session(OURS, server) as creator:
        shot = creator.query("Shot order by id limit 1").one()
        creator.ensure_many("Task", task_data(shot, size), ["name", "parent"])
        key = shot.id
    session = open_session(client, server)
    if client == OFFICIAL:
        data = [{"name": each["name"], "parent_id": key, "bid": each["bid"]} for each in task_data(None, size)]
        started = time.perf_counter()
        for each in data:
            session.ensure("Task", each, identifying_keys=["name", "parent_id"])
        return {"seconds": time.perf_counter() - started}
    data = task_data(session.get("Shot", key), size)
    started = time.perf_counter()
    with session.profile() as profile:
        session.ensure_many("Task", data, ["name", "parent"])
    seconds = time.perf_counter() - started
    kilobytes = (profile.request_bytes + profile.answer_bytes) / 1000
    return {"seconds": seconds, "requests": float(len(profile)), "kB": kilobytes}


MEASUREMENTS = [
    Measurement(
        "ensure existing tasks",
        ensure,
        (OURS, OFFICIAL),
        (1_000,),
        server="sandbox",
        repetitions=3,
        slow_clients=(OFFICIAL,),
        quick_sizes=(40,),
        tasks=100,
        needs_new_server=True,
    )
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
