"""Question: what does it cost to build a query and to compile it to ftrack's text?

    python -m benchmarks.building

The query is the one on the front page of the documentation: four criteria, two projections, an order and a limit. The
official client has no builder; its users write the text. Beside it, the same nodes are made by hand, without a name
being looked up or a value checked, and compiled: that is what any builder that keeps a query as a tree must do.
"""

from __future__ import annotations

import sys
import timeit
from typing import Any

from ftrack_orm.query.language import nodes
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Path

from . import frame
from .clients import OURS, open_session
from .frame import Figures, Measurement, Server

NODES = "nodes by hand"


def build(client: str, server: Server, size: int) -> Figures:
    """Return the microseconds for building the query and for building and compiling it."""
    if client == NODES:
        return {"built us": _least(_nodes), "seconds": _least(lambda: compile_select(_nodes())) / 1e6}
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


def _nodes() -> Any:
    criterion = nodes.And(
        (
            nodes.Comparison(Path.of("project", "name"), nodes.Operator.IS, "demo"),
            nodes.Membership(Path.of("status", "name"), ("In progress", "Ready to start")),
            nodes.Or(
                (
                    nodes.Related(
                        Path.of("assignments"),
                        nodes.Quantifier.ANY,
                        nodes.Comparison(Path.of("resource", "id"), nodes.Operator.IS, "x"),
                    ),
                    nodes.Comparison(Path.of("bid"), nodes.Operator.GREATER, 8 * 3600),
                )
            ),
        )
    )
    return nodes.Select(
        "Task",
        (Path.of("name"), Path.of("status", "name")),
        criterion,
        order_by=(nodes.Ordering(Path.of("end_date"), descending=True),),
        limit=200,
    )


def key_only(session: Any) -> Any:
    """Return a user to ask about; making it asks for nothing."""
    return session.create("User", username="jane")


def _least(work: Any) -> float:
    return min(timeit.repeat(work, number=200, repeat=15)) / 200 * 1e6


MEASUREMENTS = [Measurement("build a query", build, (NODES, OURS), (1,), quick_sizes=(1,), is_portable=True)]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
