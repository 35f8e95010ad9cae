"""Sixteen threads read, change and commit in one session at the same time without losing edits or deadlocks."""

from __future__ import annotations

import threading
from typing import Any

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production

THREADS = 16
ROUNDS = 12


def test_sixteen_threads_on_one_session_lose_nothing(session: Session, other: Session, production: Production) -> None:
    shared = existing(session.get("Task", production.tasks[0]))
    shared.metadata["start"] = "0"
    session.commit()
    tasks = [session.create("Task", name=f"own{n}", parent_id=production.shots[0], bid=0) for n in range(THREADS)]
    session.commit()
    barrier = threading.Barrier(THREADS)
    failures: list[BaseException] = []
    model: list[dict[str, Any]] = [{} for _ in range(THREADS)]

    def work(number: int) -> None:
        own, expected = tasks[number], model[number]
        barrier.wait()
        for turn in range(ROUNDS):
            own.bid = expected["bid"] = turn * THREADS + number
            shared.metadata[f"key{number}"] = expected["metadata"] = str(turn)
            if turn % 3 == 0:
                new = session.create("Task", name=f"new{number}-{turn}", parent_id=production.shots[1])
                expected.setdefault("created", []).append((new.id, new.name))
            if turn % 4 == 1:
                session.query("Task").where(f'project_id is "{production.project}"').select("bid", "metadata").all()
            assert own.bid == expected["bid"]
            assert shared.metadata[f"key{number}"] == expected["metadata"]
            assert own.parent.name == "sh0"
            if turn % 2 == number % 2:
                session.commit()

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a deadlock"
    assert failures == []
    session.commit()
    assert (session.created, session.modified, session.deleted) == ([], [], [])
    with requests_made(session) == 0:
        assert session.commit() == 0
    metadata = dict(existing(other.get("Task", shared.id)).metadata)
    assert metadata == {"start": "0", **{f"key{n}": expected["metadata"] for n, expected in enumerate(model)}}
    for number, expected in enumerate(model):
        assert existing(other.get("Task", tasks[number].id)).bid == expected["bid"]
        for key, name in expected["created"]:
            assert existing(other.get("Task", key)).name == name
