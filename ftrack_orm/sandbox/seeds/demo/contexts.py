"""Pure: the contexts and tasks of the demo, as passed to the modules that insert entities related to them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from . import calendar

#: The statuses of finished tasks.
DONE = frozenset({"Approved", "Client approved"})

#: The status of the tasks and versions that lists and review sessions contain.
PENDING_REVIEW = "Pending Review"


@attrs.frozen
class ContextRow:
    """A context that can have tasks and assets: a project, a sequence, a shot, an asset build."""

    id: str
    entity_type: str
    name: str
    path: str  # the names from the project down, separated by slashes
    project_id: str
    depth: int


@attrs.frozen
class TaskRow:
    """A task of a context, from its first to its last working day."""

    id: str
    type_name: str
    context: ContextRow
    start_day: int
    end_day: int
    status: str
    assignees: Sequence[str]

    @property
    def is_started(self) -> bool:
        """Whether work on the task has started by the current day."""
        return self.start_day <= calendar.TODAY

    @property
    def is_done(self) -> bool:
        """Whether the task is finished."""
        return self.status in DONE

    @property
    def last_worked_day(self) -> int:
        """The last day of work on a started task."""
        return min(self.end_day, calendar.TODAY)
