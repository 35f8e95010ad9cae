"""What do building, compiling and parsing a typical query cost?

    python benchmarks/query_language.py

Medians of the mean over batches, in microseconds, without any server.
"""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable

from ftrack_orm.entities.classes import Classes
from ftrack_orm.query.builder import Query
from ftrack_orm.query.compiler import compile_select
from ftrack_orm.query.parser import parse
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import Reference

BATCHES, CALLS = 9, 500


def microseconds(call: Callable[[], object]) -> float:
    """Return what a call costs."""
    return statistics.median(timeit.repeat(call, repeat=BATCHES, number=CALLS)) / CALLS * 1e6


def main() -> None:
    """Print the table."""
    schema = Schema.from_answer(datamodel.load().answer)
    Task = Classes(schema)["Task"]
    user = Reference("User", (("id", "fb1b1a1c-0000-4000-8000-000000000000"),))

    def build() -> Query[object]:
        return (
            Query.on("Task", schema)
            .where(Task.project.name == "demo", Task.status.name.in_(["In progress", "Ready to start"]))
            .where(Task.assignments.any(resource=user) | (Task.bid > 8 * 3600))
            .select(Task.name, Task.status.name)
            .order_by(Task.end_date.desc())
            .limit(200)
        )

    query = build()
    text = compile_select(query.node)
    print(text)
    for name, call in (
        ("build", build),
        ("both", lambda: compile_select(build().node)),
        ("compile", lambda: compile_select(query.node)),
        ("parse", lambda: parse(text)),
    ):
        print(f"{name:>8} {microseconds(call):8.1f} µs")


if __name__ == "__main__":
    main()
