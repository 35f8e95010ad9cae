"""Question: what does it cost to build a query and to compile it to ftrack's text?

    python -m benchmarks.building

The query is the one on the front page of the documentation: four criteria, two projections, an order and a limit. The
official client has no builder; its users write the text.
"""

from __future__ import annotations

import sys
import timeit
from typing import Any

from . import frame
from .clients import OURS, open_session
from .frame import Figures, Measurement, Server


def build(client: str, server: Server, size: int) -> Figures:
    """Return the microseconds for building the query and for building and compiling it."""
    session = open_session(client, server)
    Task = session.types.Task
    user = key_only(session)

    def built() -> Any:
        return (
            session.query(Task)
            .where(Task.project.name == "demo", Task.status.name.in_(["In progress", "Ready to start"]))
            .where(Task.assignments.any(resource=user) | (Task.bid > 8 * 3600))
            .select(Task.name, Task.status.name)
            .order_by(Task.end_date.desc())
            .limit(200)
        )

    return {"built us": _least(built), "seconds": _least(lambda: str(built())) / 1e6}


def key_only(session: Any) -> Any:
    """Return a user to ask about; making it asks for nothing."""
    return session.create("User", username="jane")


def _least(work: Any) -> float:
    return min(timeit.repeat(work, number=200, repeat=15)) / 200 * 1e6


MEASUREMENTS = [Measurement("build a query", build, (OURS,), (1,), quick_sizes=(1,), is_portable=True)]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
