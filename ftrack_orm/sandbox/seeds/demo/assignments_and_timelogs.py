"""Edge: inserts the assignments of the demo's tasks, their dependencies, their timelogs and their status changes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftrack_orm.sandbox.seeds.workflows import status_id

from . import calendar, names

if TYPE_CHECKING:
    from ftrack_orm.sandbox.seeds.row_writer import RowWriter

    from .contexts import TaskRow
    from .random_source import RandomSource


class AssignmentsAndTimelogs:
    """Inserts the rows that record who works on tasks, in which order and for how long."""

    def __init__(self, writer: RowWriter, random: RandomSource) -> None:
        self._random = random
        self._appointments = writer.buffer("Appointment", "id type context_id resource_id")
        self._dependencies = writer.buffer("TypedContextLink", "id from_id to_id")
        self._timelogs = writer.buffer("Timelog", "id context_id user_id start duration comment time_zone_offset")
        self._status_changes = writer.buffer(
            "TypedContextStatusChange", "id parent_id parent_type user_id date from_status_id status_id"
        )

    def allocate(self, context_id: str, resources: Sequence[str]) -> None:
        """Allocate users or groups to a project or sequence."""
        for resource in resources:
            self._appointments.add(self._random.uuid(), "allocation", context_id, resource)

    def insert(self, tasks: Sequence[TaskRow]) -> None:
        """Insert the assignments, the dependencies and the past work of the tasks of one context, given in order."""
        random = self._random
        for task in tasks:
            for user in task.assignees:
                self._appointments.add(random.uuid(), "assignment", task.id, user)
            if task.is_started:
                self._insert_past_work(task)
        for task, successor in itertools.pairwise(tasks):
            self._dependencies.add(random.uuid(), task.id, successor.id)

    def _insert_past_work(self, task: TaskRow) -> None:
        random = self._random
        hours = random.integer(1, 8)
        self._insert_timelog(task, task.start_day, hours * 3600)
        if task.last_worked_day > task.start_day and random.chance(0.4):
            self._insert_timelog(task, task.last_worked_day, hours * 1800)
        self._insert_status_change(task, "Not started", "In progress", calendar.timestamp(task.start_day, 9))
        if task.status != "In progress":
            date = calendar.timestamp(task.last_worked_day, 16, random.integer(0, 59))
            self._insert_status_change(task, "In progress", task.status, date)

    def _insert_timelog(self, task: TaskRow, day: int, duration: int) -> None:
        """Insert a timelog of the first assignee; *duration* is in seconds."""
        random, user = self._random, task.assignees[0]
        start = calendar.timestamp(day, 9, random.integer(0, 59))
        id_, comment = random.uuid(), random.choice(names.TIMELOG_COMMENTS)
        self._timelogs.add(id_, task.id, user, start, duration, comment, 0)

    def _insert_status_change(self, task: TaskRow, old: str, new: str, date: str) -> None:
        row = (self._random.uuid(), task.id, "task", task.assignees[0], date, status_id(old), status_id(new))
        self._status_changes.add(*row)
