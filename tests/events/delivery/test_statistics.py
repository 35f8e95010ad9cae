"""Counters: increased by several threads, read as a copy."""

from __future__ import annotations

import threading

from ftrack_orm.events.delivery.statistics import Counters, Statistics


def test_counts_of_several_threads_are_added_up() -> None:
    counters = Counters()

    def count() -> None:
        for _ in range(1000):
            counters.add("received")

    workers = [threading.Thread(target=count) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counters.add("caught_up", 3)
    assert counters.read(waiting=2, unsent=1) == Statistics(received=4000, caught_up=3, waiting=2, unsent=1)


def test_statistics_that_were_read_do_not_change() -> None:
    counters = Counters()
    before = counters.read(waiting=0, unsent=0)
    counters.add("failed")
    assert before.failed == 0
