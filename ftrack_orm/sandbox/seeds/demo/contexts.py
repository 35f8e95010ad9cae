"""Pure: what the parts of the demo tell each other about a context that has just been made."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from . import calendar


@attrs.frozen
class ContextRow:
    """A context that tasks and assets hang on: a project, a sequence, a shot, an asset build."""

    id: str
    entity_type: str
    name: str
    path: str  # the names from the project down, as in a file path
    project_id: str
    depth: int


@attrs.frozen
class Task:
    """A task on a place: what is to be done, when, by whom, and how far it is."""

    id: str
    type_name: str
    place: ContextRow
    begins: int
    ends: int
    status: str
    assignees: Sequence[str]

    @property
    def is_started(self) -> bool:
        """Whether anything has been done already."""
        return self.begins <= calendar.TODAY

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.status in DONE

    @property
    def last_day(self) -> int:
        """The last day on which something happened to a task that is started."""
        return min(self.ends, calendar.TODAY)


DONE = frozenset({"Approved", "Client approved"})
