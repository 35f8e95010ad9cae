"""How long does the embedded server take to answer a page of 500 tasks with 10 projections over 5 relations?

    python benchmarks/sandbox_page.py [TASKS ...]

The same page is asked for in productions of different sizes, so that the output tells whether the cost grows with the
page or with the table. Times are medians of 15 runs inside the process, without HTTP.
"""

from __future__ import annotations

import datetime
import statistics
import sys
import time

import sqlalchemy as sa

from ftrack_orm.query.parser import parse
from ftrack_orm.sandbox import datamodel, seeds
from ftrack_orm.sandbox.reading.emission import Emission
from ftrack_orm.sandbox.reading.execution import run
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.model import Schema

PAGE = (
    "select name, bid, description, status.name, status.state.short, type.name, priority.name, parent.name, "
    "parent.parent.name, project.name from Task where project.name is demo limit {limit}"
)
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
RUNS = 15


def measure(connection: sa.Connection, tables: Tables, limit: int) -> tuple[float, int]:
    """Return the median time of a page in milliseconds, and how many entities it held."""
    select = parse(PAGE.format(limit=limit))
    times = []
    found = 0
    for _ in range(RUNS):
        started = time.perf_counter()
        found = len(run(connection, tables, select, Emission(), NOW).data)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), found


def main(sizes: list[int]) -> None:
    """Print the table."""
    model = datamodel.load()
    tables = Tables(Schema.from_answer(model.answer), model.relations)
    print(f"{'tasks':>8} {'page of 500':>14} {'page of 50':>14}")
    for tasks in sizes:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            seeds.seed(connection, tables, "demo", tasks=tasks, now=NOW, api_user="bench")
            large, found = measure(connection, tables, 500)
            small, _ = measure(connection, tables, 50)
        engine.dispose()
        print(f"{tasks:>8} {large:>11.1f} ms {small:>11.1f} ms" + ("" if found == 500 else f"  ({found} found)"))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [5_000, 20_000, 100_000])
