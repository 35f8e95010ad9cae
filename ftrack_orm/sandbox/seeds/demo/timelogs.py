"""Edge: the work on the demo's tasks: who does them, what waits for what, the time it took, how they moved on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ftrack_orm.sandbox.seeds.row_writer import RowWriter
from ftrack_orm.sandbox.seeds.workflows import status

from . import calendar, names
from .contexts import Task
from .random_source import RandomSource


class Work:
    """Writes what follows from a place's tasks; told of each place once."""

    def __init__(self, writer: RowWriter, chance: RandomSource) -> None:
        self._chance = chance
        self._appointments = writer.rows("Appointment", "id type context_id resource_id")
        self._links = writer.rows("TypedContextLink", "id from_id to_id")
        self._timelogs = writer.rows("Timelog", "id context_id user_id start duration comment time_zone_offset")
        self._changes = writer.rows(
            "TypedContextStatusChange", "id parent_id parent_type user_id date from_status_id status_id"
        )

    def allocate(self, context_id: str, resources: Sequence[str]) -> None:
        """Write that people or groups are set aside for a project or sequence."""
        for resource in resources:
            self._appointments.add(self._chance.id(), "allocation", context_id, resource)

    def plan(self, tasks: Sequence[Task]) -> None:
        """Write the assignments of a place's tasks, their order, and what has been done so far."""
        chance = self._chance
        for task in tasks:
            for user in task.assignees:
                self._appointments.add(chance.id(), "assignment", task.id, user)
            if task.is_started:
                self._log(task)
        for before, after in itertools.pairwise(tasks):
            self._links.add(chance.id(), before.id, after.id)

    def _log(self, task: Task) -> None:
        chance, user = self._chance, task.assignees[0]
        hours = chance.whole(1, 8)
        begins = calendar.at(task.begins, 9, chance.whole(0, 59))
        self._timelogs.add(chance.id(), task.id, user, begins, hours * 3600, chance.pick(names.WORK), 0)
        if task.last_day > task.begins and chance.happens(0.4):
            begins = calendar.at(task.last_day, 9, chance.whole(0, 59))
            self._timelogs.add(chance.id(), task.id, user, begins, hours * 1800, chance.pick(names.WORK), 0)
        self._change(task, "Not started", "In progress", calendar.at(task.begins, 9))
        if task.status != "In progress":
            self._change(task, "In progress", task.status, calendar.at(task.last_day, 16, chance.whole(0, 59)))

    def _change(self, task: Task, before: str, after: str, moment: str) -> None:
        self._changes.add(self._chance.id(), task.id, "task", task.assignees[0], moment, status(before), status(after))
