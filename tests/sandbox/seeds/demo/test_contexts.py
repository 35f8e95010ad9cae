"""The progress of the demo's tasks."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox.seeds.demo.calendar import TODAY
from ftrack_orm.sandbox.seeds.demo.contexts import ContextRow, TaskRow

SHOT = ContextRow("S", "Shot", "sh010", "demo/sq010/sh010", "P", 2)


def task(start_day: int, end_day: int, status: str = "In progress") -> TaskRow:
    return TaskRow("T", "Animation", SHOT, start_day, end_day, status, ["U"])


@pytest.mark.parametrize(("start_day", "is_started"), [(TODAY - 1, True), (TODAY, True), (TODAY + 1, False)])
def test_a_task_is_started_on_its_first_day(start_day: int, is_started: bool) -> None:
    assert task(start_day, start_day + 5).is_started is is_started


@pytest.mark.parametrize(("status", "is_done"), [("Approved", True), ("Client approved", True), ("Revise", False)])
def test_a_task_is_done_when_it_is_approved(status: str, is_done: bool) -> None:
    assert task(1, 2, status).is_done is is_done


def test_work_on_a_task_ends_on_its_last_day_or_today() -> None:
    assert task(1, 5).last_worked_day == 5
    assert task(TODAY - 1, TODAY + 5).last_worked_day == TODAY
