"""Question: how long do building, compiling and parsing a query take, and do they grow in proportion to the query?

    python -m benchmarks.query_language

The size is the number of criteria. They are written as users write them: with the classes, over relations, with values
of several types. There is no server. `benchmarks/building.py` measures the query of the front page, with a session.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import harness
from .clients import OURS
from .harness import Figures, Measurement

if TYPE_CHECKING:
    from .processes import Server

REPETITIONS, CALLS = 9, 100


def language(client: str, server: Server, size: int) -> Figures:
    """Return the times of building, compiling and parsing a query of *size* criteria."""
    from ftrack_orm import attr
    from ftrack_orm.entities.classes import Classes
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.language.compiler import compile_select
    from ftrack_orm.query.language.parser import parse
    from ftrack_orm.sandbox import datamodel
    from ftrack_orm.schema.model import Schema

    schema = Schema.from_response(datamodel.load().schemas)
    task: Any = Classes(schema)["Task"]

    def criterion(number: int) -> Any:
        if number % 4 == 0:
            return task.project.name == f"demo {number}"
        if number % 4 == 1:
            return task.status.name.in_(["In progress", f"Ready to start {number}"])
        if number % 4 == 2:
            return task.assignments.any(attr("resource.username") == f"jane{number}")
        return task.bid > number * 3600

    def build() -> Query[Any]:
        return (
            Query.on("Task", schema)
            .where(*map(criterion, range(size)))
            .select(task.name, task.status.name)
            .order_by(task.end_date.desc())
            .limit(200)
        )

    node = build().node
    text = compile_select(node)
    assert parse(text) == node
    built, compiled = _least_seconds(build), _least_seconds(lambda: compile_select(node))
    return {"seconds": built + compiled, "built us": built * 1e6, "compiled us": compiled * 1e6} | {
        "parsed us": _least_seconds(lambda: parse(text)) * 1e6
    }


def _least_seconds(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, repeat=REPETITIONS, number=CALLS)) / CALLS


MEASUREMENTS = [
    Measurement("build queries", language, (OURS,), (4, 16, 64), server=None, quick_sizes=(4,)),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
