"""Question: how long does the embedded server take for a page of 500 tasks with 10 values over 5 relations?

    python -m benchmarks.sandbox_page

The same page is queried in productions of different sizes, so that the exponent shows whether the cost depends on the
page (0) or on the table (1). Times are the best of several runs inside the process, without HTTP.
"""

from __future__ import annotations

import datetime
import sys
import time
from typing import TYPE_CHECKING

from . import harness
from .harness import Figures, Measurement

if TYPE_CHECKING:
    from .processes import Server

SANDBOX = "embedded server"
PAGE_EXPRESSION = (
    "select name, bid, description, status.name, status.state.short, type.name, priority.name, parent.name, "
    "parent.parent.name, project.name from Task where project.name is demo limit {limit}"
)
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
REPETITIONS = 15


def pages(client: str, server: Server, size: int) -> Figures:
    """Return the seconds for a page of 500 tasks and for one of 50, in a production of *size* tasks."""
    import sqlalchemy as sa

    from ftrack_orm.query.language.parser import parse
    from ftrack_orm.sandbox import datamodel, seeds
    from ftrack_orm.sandbox.reading.execution import run_query
    from ftrack_orm.sandbox.reading.serialization import Serializer
    from ftrack_orm.sandbox.tables import Tables
    from ftrack_orm.schema.model import Schema

    model = datamodel.load()
    tables = Tables(Schema.from_response(model.schemas), model.relations)
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)

    def page_seconds(connection: sa.Connection, limit: int) -> float:
        select = parse(PAGE_EXPRESSION.format(limit=limit))
        seconds = []
        for _ in range(REPETITIONS):
            started = time.perf_counter()
            count = len(run_query(connection, tables, select, Serializer(), NOW).data)
            seconds.append(time.perf_counter() - started)
            assert count == min(limit, size)
        return min(seconds)

    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        seeds.seed(connection, tables, "demo", tasks=size, now=NOW, api_user="bench")
        figures = {"seconds": page_seconds(connection, 500), "seconds for 50": page_seconds(connection, 50)}
    engine.dispose()
    return figures


MEASUREMENTS = [
    Measurement("page of the sandbox", pages, (SANDBOX,), (5_000, 20_000, 80_000), server=None, repetitions=1)
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
