"""Callbacks that raise: each exception is logged and counted, and the thread lives on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from ftrack_orm.events import threads
from ftrack_orm.events.delivery.callback_runner import CallbackRunner
from ftrack_orm.events.delivery.statistics import Counters
from tests.events.raised import every_exception


def run_on_hub_thread(call: Callable[[], Any]) -> Any:
    results: list[Any] = []
    threads.start_thread("ftrack-test", lambda: results.append(call())).join()
    return results[0]


def raising(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


class Owner:
    """Stands for a subscriber."""


def test_every_exception_is_contained_and_counted_on_a_thread_of_the_hub(caplog: pytest.LogCaptureFixture) -> None:
    counters = Counters()
    runner = CallbackRunner(counters)
    errors = every_exception()
    for error in errors:
        caplog.clear()
        assert run_on_hub_thread(partial(runner.run, raising(error), "A callback")) is False
        assert f"A callback failed with {type(error).__name__}" in caplog.text
    assert counters.read(waiting=0, unsent=0).failed == len(errors)


def test_only_an_interrupt_reaches_the_user_on_a_thread_of_the_user() -> None:
    counters = Counters()
    runner = CallbackRunner(counters)
    with pytest.raises(KeyboardInterrupt):
        runner.run(raising(KeyboardInterrupt()), "A callback")
    assert runner.run(raising(SystemExit(2)), "A callback") is False
    assert counters.read(waiting=0, unsent=0).failed == 1


def test_a_callback_runs_in_a_block_that_sees_its_exception_and_its_end() -> None:
    seen = []

    @contextlib.contextmanager
    def unit(on_leftovers: Callable[[str], object] | None) -> Iterator[None]:
        seen.append("begin" if on_leftovers is None else "begin apart")
        try:
            yield
        except SystemExit:
            seen.append("rollback")
            raise
        seen.append("end")

    runner, owner = CallbackRunner(Counters(), unit), Owner()
    run_on_hub_thread(lambda: runner.run(raising(SystemExit()), "A callback", owner))
    run_on_hub_thread(lambda: runner.run(lambda: None, "A callback", owner))
    runner.run(lambda: None, "A callback", owner)
    runner.run(lambda: None, "A listener")
    assert seen == ["begin apart", "rollback", "begin apart", "end", "begin", "end"]


def test_changes_left_uncommitted_are_warned_about_once_per_subscriber(caplog: pytest.LogCaptureFixture) -> None:
    @contextlib.contextmanager
    def unit(on_leftovers: Callable[[str], object] | None) -> Iterator[None]:
        yield
        assert on_leftovers is not None
        on_leftovers("1 modified")

    runner, owners = CallbackRunner(Counters(), unit), [Owner(), Owner()]
    for owner in owners * 3:
        run_on_hub_thread(partial(runner.run, lambda: None, "A callback", owner))
    assert caplog.text.count("1 modified") == len(owners)


def test_a_block_that_fails_counts_as_a_failure_of_the_callback() -> None:
    @contextlib.contextmanager
    def unit(on_leftovers: Callable[[str], object] | None) -> Iterator[None]:
        yield
        raise RuntimeError("no unit")

    counters = Counters()
    assert CallbackRunner(counters, unit).run(lambda: None, "A callback", threading) is False
    assert counters.read(waiting=0, unsent=0).failed == 1
