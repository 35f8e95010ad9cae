"""Edge: the main job, step by step, against a running server, with the requests and the time each step took."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from ftrack_orm.session.session import Session
from ftrack_orm.testing import requests_made

#: How many tasks the steps work on.
READ = 500
CHANGED = 200
CREATED = 50


class Steps:
    """Prints each step and what it cost, and all of them as a table at the end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._costs: list[tuple[str, int, float]] = []

    @contextmanager
    def step(self, title: str, session: Session) -> Iterator[None]:
        """Time the block and count the requests *session* makes in it."""
        number = len(self._costs) + 1
        self._console.print(f"\n[bold]{number}. {title}[/bold]")
        started = time.perf_counter()
        with requests_made(session) as made:
            yield
        milliseconds = (time.perf_counter() - started) * 1000
        self._costs.append((title, made.count, milliseconds))
        requests = "1 request" if made == 1 else f"{made.count} requests"
        self._console.print(f"   [green]{requests}[/green], {milliseconds:.0f} ms")

    def say(self, text: str) -> None:
        """Print what a step found or did."""
        self._console.print(f"   {text}", markup=False)

    def summary(self) -> None:
        """Print what all steps cost."""
        table = Table("step", "requests", "ms", title="\nWhat it took")
        for title, requests, milliseconds in self._costs:
            table.add_row(title, str(requests), f"{milliseconds:.0f}")
        for column in table.columns[1:]:
            column.justify = "right"
        self._console.print(table)


def run(server_url: str, api_key: str, api_user: str) -> None:
    """Run the steps against a server that holds the demo seed, and print them."""
    steps = Steps()
    # Schema caches of their own: the demo shows what a first start costs, whatever ran on this machine before.
    with tempfile.TemporaryDirectory() as cache:
        with Session(server_url, api_key, api_user, schema_cache_path=cache) as session:
            _read(session, steps)
            changed, created = _change(session, steps)
        with Session(server_url, api_key, api_user, schema_cache_path=cache) as session:
            _read_back(session, steps, changed, created)
    steps.summary()


def _read(session: Session, steps: Steps) -> None:
    with steps.step("Connect, and derive entity classes from the server's schema", session):
        Task = session.types.Task
        bases = " < ".join(base.__name__ for base in Task.__mro__[:3])
        steps.say(f"{len(session.types)} entity types, among them {bases}")
    with steps.step(f"Read {READ} tasks, selecting nothing", session):
        tasks = session.query(Task).limit(READ).all()
        if not tasks:
            raise SystemExit("The server has no tasks to show anything with; the seed 'demo' has.")
        steps.say(f"{len(tasks)} tasks, such as {tasks[0]!r}")
    with steps.step("Walk from each to the names of status, type, parent and parent's parent", session):
        rows = [(t.name, t.status.name, t.type.name, t.parent.name, t.parent.parent.name) for t in tasks]
        steps.say(" · ".join(rows[0]))
        counts = Counter(status for _, status, *_ in rows).most_common()
        steps.say(", ".join(f"{count} {status}" for status, count in counts))


def _change(session: Session, steps: Steps) -> tuple[list[str], list[str]]:
    Task, Status = session.types.Task, session.types.Status
    with steps.step("Find unfinished tasks of one production with a chained query", session):
        query = (
            session.query(Task)
            .where(Task.project.name == "demo", Task.status.name != "Approved")
            .select(Task.name, Task.status.name, Task.parent.name)
            .order_by(Task.name)
            .limit(CHANGED)
        )
        steps.say(str(query))
        tasks = query.all()
        approved = session.query(Status).where(Status.name == "Approved").one()
    with steps.step(f"Change {len(tasks)} tasks and create {CREATED}, in one commit", session):
        for task in tasks:
            task.status = approved
        new: list[Any] = [
            session.create(Task, name=f"review {number:02}", parent=tasks[number].parent) for number in range(CREATED)
        ]
        steps.say(f"{len(session.modified)} modified and {len(session.created)} created, nothing sent yet")
        steps.say(f"{session.commit()} operations sent")
        steps.say(f"the server gave {new[0]!r} the status {new[0].status.name!r}")
    return [task.id for task in tasks], [task.id for task in new]


def _read_back(session: Session, steps: Steps, changed: list[str], created: list[str]) -> None:
    with steps.step("Read the result back in a new session, the schema being cached", session):
        Task = session.types.Task
        query = session.query(Task).where(Task.id.in_(changed + created)).select(Task.name, Task.status.name)
        tasks: dict[str, Any] = {task.id: task for task in query}
        approved = sum(tasks[key].status.name == "Approved" for key in changed)
        steps.say(f"{approved} of {len(changed)} changed tasks are approved")
        steps.say(f"{sum(key in tasks for key in created)} of {len(created)} created tasks exist")
    if approved != len(changed) or not all(key in tasks for key in created):
        raise SystemExit("The server does not hold what was committed.")
