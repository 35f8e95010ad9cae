"""Edge: a typical session step by step against a running server, with the requests and the time of each step."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ftrack_orm.cli.consoles import console
from ftrack_orm.session.session import Session
from ftrack_orm.testing import requests_made

#: The numbers of tasks in the steps.
READ_TASKS = 500
CHANGED_TASKS = 200
CREATED_TASKS = 50


class Steps:
    """Prints each step with its cost, and all costs as a table at the end."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = console(markup=True)
        self._console.quiet = quiet
        self._costs: list[tuple[str, int, float]] = []

    @contextmanager
    def step(self, title: str, session: Session) -> Iterator[None]:
        """Print the title of a step, the requests of *session* in the block, and the duration of the block."""
        number = len(self._costs) + 1
        self._console.print(f"\n[bold]{number}. {title}[/bold]")
        started = time.perf_counter()
        with requests_made(session) as made:
            yield
        milliseconds = (time.perf_counter() - started) * 1000
        self._costs.append((title, made.count, milliseconds))
        requests = "1 request" if made == 1 else f"{made.count} requests"
        self._console.print(f"   [green]{requests}[/green], {milliseconds:.0f} ms")

    @property
    def costs(self) -> list[dict[str, Any]]:
        """The title, the requests and the milliseconds of each step."""
        return [
            {"step": title, "requests": requests, "milliseconds": round(milliseconds)}
            for title, requests, milliseconds in self._costs
        ]

    def print_detail(self, text: str) -> None:
        """Print a detail of the current step."""
        self._console.print(Padding(Text(text), (0, 0, 0, 3), expand=False))

    def print_summary(self) -> None:
        """Print a table with the cost of all steps."""
        table = Table("step", "requests", "ms", title="\nSummary")
        for title, requests, milliseconds in self._costs:
            table.add_row(title, str(requests), f"{milliseconds:.0f}")
        for column in table.columns[1:]:
            column.justify = "right"
        self._console.print(table)


def run(server_url: str, api_key: str, api_user: str, *, quiet: bool = False) -> list[dict[str, Any]]:
    """Run the steps against a server with the demo seed, print them unless *quiet*, and return their costs."""
    steps = Steps(quiet=quiet)
    # With a new schema cache, so that the demo shows the cost of a first start on any machine.
    with tempfile.TemporaryDirectory() as cache:
        with Session(server_url, api_key, api_user, schema_cache_path=cache) as session:
            _read(session, steps)
            changed, created = _change(session, steps)
        with Session(server_url, api_key, api_user, schema_cache_path=cache) as session:
            _read_back(session, steps, changed, created)
    steps.print_summary()
    return steps.costs


def _read(session: Session, steps: Steps) -> None:
    with steps.step("Connect, and derive entity classes from the server's schema", session):
        Task = session.types.Task
        bases = " < ".join(base.__name__ for base in Task.__mro__[:3])
        steps.print_detail(f"{len(session.types)} entity types, among them {bases}")
    with steps.step(f"Read {READ_TASKS} tasks without a projection", session):
        tasks = session.query(Task).limit(READ_TASKS).all()
        if not tasks:
            raise SystemExit("The server has no tasks to show. Use the seed 'demo'.")
        steps.print_detail(f"{len(tasks)} tasks, such as {tasks[0]!r}")
    with steps.step("Read the names of status, type, parent and parent's parent of each task", session):
        rows = [(t.name, t.status.name, t.type.name, t.parent.name, t.parent.parent.name) for t in tasks]
        steps.print_detail(" · ".join(rows[0]))
        counts = Counter(status for _, status, *_ in rows).most_common()
        steps.print_detail(", ".join(f"{count} {status}" for status, count in counts))


def _change(session: Session, steps: Steps) -> tuple[list[str], list[str]]:
    Task, Status = session.types.Task, session.types.Status
    with steps.step("Find unfinished tasks of one production with a chained query", session):
        query = (
            session.query(Task)
            .where(Task.project.name == "demo", Task.status.name != "Approved")
            .select(Task.name, Task.status.name, Task.parent.name)
            .order_by(Task.name)
            .limit(CHANGED_TASKS)
        )
        steps.print_detail(str(query))
        tasks = query.all()
        approved = session.query(Status).where(Status.name == "Approved").one()
    with steps.step(f"Change {len(tasks)} tasks and create {CREATED_TASKS}, in one commit", session):
        for task in tasks:
            task.status = approved
        new: list[Any] = [
            session.create(Task, name=f"review {number:02}", parent=tasks[number].parent)
            for number in range(CREATED_TASKS)
        ]
        steps.print_detail(f"{len(session.modified)} modified and {len(session.created)} created, nothing sent yet")
        steps.print_detail(f"{session.commit()} operations sent")
        steps.print_detail(f"the server gave {new[0]!r} the status {new[0].status.name!r}")
    return [task.id for task in tasks], [task.id for task in new]


def _read_back(session: Session, steps: Steps, changed: list[str], created: list[str]) -> None:
    with steps.step("Read the result back in a new session with the cached schema", session):
        Task = session.types.Task
        query = session.query(Task).where(Task.id.in_(changed + created)).select(Task.name, Task.status.name)
        tasks: dict[str, Any] = {task.id: task for task in query}
        approved = sum(tasks[key].status.name == "Approved" for key in changed)
        steps.print_detail(f"{approved} of {len(changed)} changed tasks are approved")
        steps.print_detail(f"{sum(key in tasks for key in created)} of {len(created)} created tasks exist")
    if approved != len(changed) or not all(key in tasks for key in created):
        raise SystemExit("The server does not have the committed values.")
