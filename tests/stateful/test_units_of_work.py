"""Sixteen threads in units of work of their own, half of which fail: the server has the edits of those that did not."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from tests.assertions import existing
from tests.production import Connect, Production
from tests.property_settings import examples

THREADS = 16
EDITS_PER_BLOCK = 5


class Failure(Exception):
    """Raised in a block to have it rolled back."""


class Worker:
    """Makes blocks of random edits and keeps a model of those that were committed.

    Every worker sets its own keys and adds its own entities, so that the order of the workers does not matter.
    """

    def __init__(self, number: int, session: Session, tasks: list[Entity], review: Entity) -> None:
        self._random = random.Random(number)
        self._session, self._review = session, review
        self._shared, self._own = tasks[0], tasks[1 + number]
        self._key = f"worker {number}"
        self.metadata: dict[str, str] = {}
        self.bid: float | None = None
        self.items: set[str] = set()
        self.created: set[str] = set()
        self.steps = 0

    def block(self, *, fails: bool) -> None:
        """Make one block; its edits become part of the model if it does not fail."""
        metadata, bid, items, created = dict(self.metadata), self.bid, set(self.items), set(self.created)
        with self._session.begin():
            for _ in range(EDITS_PER_BLOCK):
                self.steps += 1
                how = self._random.choice(("metadata", "metadata", "unset", "bid", "append", "remove", "create"))
                if how == "metadata":
                    key = f"{self._key} {self._random.randrange(3)}"
                    metadata[key] = str(self._random.random())
                    self._shared.metadata[key] = metadata[key]
                elif how == "unset" and metadata:
                    key = self._random.choice(sorted(metadata))
                    del metadata[key], self._shared.metadata[key]
                elif how == "bid":
                    bid = self._random.randrange(1000)
                    self._own.bid = bid
                elif how == "append":
                    self._review.items.append(self._own)
                    items = {self._own.id}
                elif how == "remove" and items:
                    self._review.items.remove(self._own)
                    items = set()
                elif how == "create":
                    new = self._session.create(
                        "Task", name=f"new {self._random.random()}", parent_id=self._own.parent_id
                    )
                    created.add(new.id)
            if fails:
                raise Failure
        self.metadata, self.bid, self.items, self.created = metadata, bid, items, created


def test_units_of_work_of_threads_do_not_mix(session: Session, connect: Connect, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    tasks = [session.create("Task", name=f"unit {number}", parent=shot) for number in range(THREADS + 1)]
    category = session.create("ListCategory", name="dailies")
    review = session.create("TypedContextList", name="review", project_id=production.project, category=category)
    session.commit()
    _ = [task.parent_id for task in tasks], review.items[:], dict(tasks[0].metadata)
    known = {child.id for child in shot.children}
    workers = [Worker(number, session, tasks, review) for number in range(THREADS)]
    start = threading.Barrier(THREADS)

    def run(worker: Worker, number: int) -> None:
        start.wait()
        for block in range(examples(4, 26)):
            if (block + number) % 2:
                with pytest.raises(Failure):
                    worker.block(fails=True)
            else:
                worker.block(fails=False)

    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(run, worker, number) for number, worker in enumerate(workers)]:
            future.result()
    assert sum(worker.steps for worker in workers) == examples(4, 26) * THREADS * EDITS_PER_BLOCK
    assert (session.created, session.modified, session.deleted) == ([], [], [])
    fresh = connect()
    for reading in (fresh, session):
        server = [existing(reading.get("Task", task.id)) for task in tasks]
        for task in server:
            reading.refresh(task, "metadata", "bid")
        reading.refresh(existing(reading.get("TypedContextList", review.id)), "items")
        reading.refresh(existing(reading.get("Shot", shot.id)), "children")
        expected = {key: value for worker in workers for key, value in worker.metadata.items()}
        assert dict(server[0].metadata) == expected
        assert [task.bid or 0 for task in server[1:]] == [worker.bid or 0 for worker in workers]
        items = {item.id for item in existing(reading.get("TypedContextList", review.id)).items}
        assert items == {id_ for worker in workers for id_ in worker.items}
        children = {child.id for child in existing(reading.get("Shot", shot.id)).children}
        assert children - known == {id_ for worker in workers for id_ in worker.created}
