"""Edge: inserts the tasks of the demo, and everything that belongs to them: work, publishes, notes and attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import calendar, scale
from .assignments_and_timelogs import AssignmentsAndTimelogs
from .contexts import PENDING_REVIEW, ContextRow, TaskRow
from .discussion import Discussion
from .lists_and_reviews import ITEMS_PER_PROJECT
from .publishing import Publishing, VersionRow

if TYPE_CHECKING:
    from ftrack_orm.sandbox.seeds.row_writer import RowWriter

    from .attributes import AttributeWriter
    from .context_writer import ContextWriter
    from .names import Production
    from .people import Crew
    from .random_source import Item, RandomSource

_PRIORITIES = ("None", "None", "None", "Low", "Medium", "Medium", "High", "Urgent")


class Tasks:
    """Inserts the tasks of one context after the other.

    Of the tasks and versions of a project, only those for its lists and review sessions are kept in memory.
    """

    def __init__(
        self,
        writer: RowWriter,
        random: RandomSource,
        crew: Crew,
        attributes: AttributeWriter,
        contexts: ContextWriter,
    ) -> None:
        self._random, self._crew, self._attributes, self._contexts = random, crew, attributes, contexts
        self.work = AssignmentsAndTimelogs(writer, random)
        self.discussion = Discussion(writer, random, crew)
        self._publishing = Publishing(writer, random)
        self._count = 0  # of all tasks inserted so far
        self._pending_tasks: list[TaskRow] = []
        self._pending_versions: list[VersionRow] = []

    def insert(self, production: Production, context: ContextRow, task_types: Sequence[str]) -> None:
        """Insert the tasks of a context, one after the other in time, and everything that belongs to them."""
        versions_before = scale.version_count(self._count)
        day = self._random.integer(*production.start_days)
        tasks = []
        for sort, task_type in enumerate(task_types):
            task = self._insert_task(context, task_type, sort, day)
            tasks.append(task)
            day = task.end_day - 1
        self._count += len(tasks)
        self.work.insert(tasks)
        versions = self._publishing.publish(tasks, scale.version_count(self._count) - versions_before)
        self.discussion.insert_task_notes(tasks)
        self.discussion.insert_version_notes(versions)
        self._insert_attributes(tasks, versions)
        _extend(self._pending_tasks, [task for task in tasks if task.status == PENDING_REVIEW])
        _extend(self._pending_versions, [version for version in versions if version.status == PENDING_REVIEW])

    def take_pending_review(self) -> tuple[list[TaskRow], list[VersionRow]]:
        """Return tasks and versions that are pending review, of those inserted since the last call."""
        pending = self._pending_tasks, self._pending_versions
        self._pending_tasks, self._pending_versions = [], []
        return pending

    def _insert_task(self, context: ContextRow, task_type: str, sort: int, start_day: int) -> TaskRow:
        random = self._random
        days = random.integer(1, 8)
        end_day = start_day + days
        status = self._choose_status(start_day, end_day)
        candidates = self._crew.by_task_type.get(task_type, self._crew.producers)
        assignees = [random.choice(candidates)] if start_day <= calendar.TODAY or random.chance(0.8) else []
        if assignees and random.chance(0.08):
            assignees = sorted({*assignees, random.choice(candidates)})
        task = TaskRow(random.uuid(), task_type, context, start_day, end_day, status, assignees)
        self._contexts.insert(
            "Task",
            context,
            task_type,
            sort=sort,
            status=status,
            type_name=task_type,
            days=(start_day, end_day),
            priority=random.choice(_PRIORITIES),
            bid=days * calendar.WORKDAY_SECONDS,
            created_day=max(start_day - 20, 0),
            id_=task.id,
        )
        return task

    def _choose_status(self, start_day: int, end_day: int) -> str:
        if start_day > calendar.TODAY:
            return "Ready to start" if start_day < calendar.TODAY + 4 else "Not started"
        if end_day < calendar.TODAY:
            return self._random.choice(("Approved",) * 7 + ("Client approved",) * 2 + ("Revise",))
        return self._random.choice(("In progress",) * 5 + (PENDING_REVIEW,) * 3 + ("Revise", "On Hold"))

    def _insert_attributes(self, tasks: Sequence[TaskRow], versions: Sequence[VersionRow]) -> None:
        random, attributes = self._random, self._attributes
        for task in tasks:
            if random.chance(0.4):
                attributes.set("difficulty", task.id, [random.choice(("easy", "medium", "hard"))])
            if task.type_name == "Rendering":
                attributes.set("render_pool", task.id, [random.choice(("day", "night", "cloud"))])
            if task.is_done and random.chance(0.3):
                folder = f"/mnt/projects/{task.context.path}/work"
                attributes.set_metadata(task.id, "Task", "published_from", folder)
        for version in versions:
            attributes.set("reviewed", version.id, version.status != PENDING_REVIEW)
            if random.chance(0.3):
                renderer = random.choice(("arnold", "karma", "cycles"))
                attributes.set_metadata(version.id, "AssetVersion", "renderer", renderer)


def _extend(pending: list[Item], more: Sequence[Item]) -> None:
    """Add items until the limit per project is reached."""
    pending.extend(more[: ITEMS_PER_PROJECT - len(pending)])
