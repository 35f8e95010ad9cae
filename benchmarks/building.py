"""Question: how long does building a query and compiling it to an expression take?

    python -m benchmarks.building

The query is that of the documentation's front page, with four criteria, two projections, an order and a limit. The
official client has no builder; its users write the expression. The floor is building the same nodes by hand and
compiling them, without looking up names or checking values, which any builder with a syntax tree has to do.
"""

from __future__ import annotations

import sys
import timeit
from typing import TYPE_CHECKING, Any

from ftrack_orm.query.language import nodes
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Path

from . import harness
from .clients import OURS, open_session
from .harness import Figures, Measurement

if TYPE_CHECKING:
    from .processes import Server

NODES = "nodes by hand"


def build(client: str, server: Server, size: int) -> Figures:
    """Return the microseconds of building the query, and the seconds of building and compiling it."""
    if client == NODES:
        return {
            "built us": _least_microseconds(_nodes),
            "seconds": _least_microseconds(lambda: compile_select(_nodes())) / 1e6,
        }
    session = open_session(client, server)
    Task = session.types.Task
    user = session.create("User", username="jane")  # makes no request

    def build_query() -> Any:
        return (
            session.query(Task)
            .where(Task.project.name == "demo", Task.status.name.in_(["In progress", "Ready to start"]))
            .where(Task.assignments.any(resource=user) | (Task.bid > 8 * 3600))
            .select(Task.name, Task.status.name)
            .order_by(Task.end_date.desc())
            .limit(200)
        )

    return {
        "built us": _least_microseconds(build_query),
        "seconds": _least_microseconds(lambda: str(build_query())) / 1e6,
    }


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


def _least_microseconds(work: Any) -> float:
    return min(timeit.repeat(work, number=200, repeat=15)) / 200 * 1e6


MEASUREMENTS = [Measurement("build a query", build, (NODES, OURS), (1,), quick_sizes=(1,), can_use_sandbox=True)]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
