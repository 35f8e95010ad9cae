"""Question: does committing one change cost more the more entities a session has in memory?

    python benchmarks/commit_with_many_cached.py [NUMBER ...]        # default: 0 1000 10000 50000

For each NUMBER of entities held it prints the time Python takes for a commit of one changed attribute, the median and
the worst of several. The server is a function in the same process that answers a prepared text, so that its time is
left out; the first line says how long that function alone takes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any

from ftrack_orm import Session
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import schema_hash
from ftrack_orm.transport.in_process import InProcess

REPETITIONS = 50


def answered(headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
    """Answer like a server of which every task exists, and that has just what is written."""
    return 200, "application/json", json.dumps([_reply(operation) for operation in json.loads(body)]).encode()


def _reply(operation: dict[str, Any]) -> object:
    action = operation["action"]
    if action == "query_schemas":
        return datamodel.load().answer
    if action == "query_server_information":
        return {"version": "4.13.8.0", "schema_hash": schema_hash(datamodel.load().answer)}
    if action == "update":
        (key,) = operation["entity_key"]
        return {"action": "update", "data": {**operation["entity_data"], "id": key}}
    return {"action": "query", "data": ROWS, "metadata": {"next": {"offset": None}}}


ROWS: list[dict[str, object]] = []


def measured(number: int) -> list[float]:
    """Return the seconds that commits take in a session that has *number* tasks."""
    ROWS[:] = [
        {"__entity_type__": "Task", "id": f"{i:036}", "name": f"task{i}", "bid": 0} for i in range(max(1, number))
    ]
    settings: dict[str, Any] = {"schema_cache_path": False, "recent_size": 1_000_000, "page_size": 1_000_000}
    with Session("https://x.test", "key", "user", transport=InProcess(answered), **settings) as session:
        tasks = session.query("Task").select("name", "bid").all()
        task = tasks[len(tasks) // 2]
        taken = []
        for bid in range(1, REPETITIONS + 1):
            task.bid = bid
            started = time.perf_counter()
            session.commit()
            taken.append(time.perf_counter() - started)
        return taken


def main() -> None:
    """Print a line for each number of entities."""
    body = json.dumps([{"action": "update", "entity_key": ["x"], "entity_data": {"bid": 1}}]).encode()
    started = time.perf_counter()
    for _ in range(REPETITIONS):
        answered({}, body)
    print(f"the server's part of it: {(time.perf_counter() - started) / REPETITIONS * 1000:.3f} ms")
    for number in map(int, sys.argv[1:] or ["0", "1000", "10000", "50000"]):
        taken = [seconds * 1000 for seconds in measured(number)]
        print(f"{number:>7} entities: {statistics.median(taken):.3f} ms, at worst {max(taken):.3f} ms")


if __name__ == "__main__":
    main()
