"""Edge: inserts the notes of the demo on tasks, versions and review objects, with replies and recipients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftrack_orm.sandbox.seeds.empty import NOTE_LABELS
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar, names

if TYPE_CHECKING:
    from .contexts import TaskRow
    from .people import Crew
    from .publishing import VersionRow
    from .random_source import RandomSource

_LABELS = [named_id("NoteLabel", name) for name, _ in NOTE_LABELS]


class Discussion:
    """Inserts notes on started tasks and published versions, for one context after the other."""

    def __init__(self, writer: RowWriter, random: RandomSource, crew: Crew) -> None:
        self._random, self._crew, self._has = random, crew, writer.has
        self._notes = writer.buffer(
            "Note",
            "id content parent_id parent_type user_id date thread_activity in_reply_to_id is_todo "
            "completed_at completed_by_id category_id",
        )
        self._labels = writer.buffer("NoteLabelLink", "note_id label_id")
        self._recipients = writer.buffer("Recipient", "note_id resource_id text_mentioned")

    def insert_task_notes(self, tasks: Sequence[TaskRow]) -> None:
        """Insert notes on some of the started tasks."""
        for task in tasks:
            if task.is_started and self._random.chance(0.2):
                self.insert_note(task.id, "Task", task.start_day, task.assignees[0])

    def insert_version_notes(self, versions: Sequence[VersionRow]) -> None:
        """Insert notes on some versions."""
        for version in versions:
            if self._random.chance(0.35):
                self.insert_note(version.id, "AssetVersion", version.day, version.user)

    def insert_note(self, parent_id: str, parent_type: str, day: int, recipient: str) -> None:
        """Insert a note for a user, sometimes with a reply and sometimes as a to-do."""
        if not self._has(parent_type):
            return
        random, note = self._random, self._random.uuid()
        author = random.choice(self._crew.producers)
        created_at = calendar.timestamp(day, 17, random.integer(0, 59))
        replied_at = calendar.timestamp(day + 1, 10, random.integer(0, 59)) if random.chance(0.4) else None
        is_todo, label = random.chance(0.2), random.choice(_LABELS)
        completed_at = replied_at if is_todo else None
        content = random.choice(names.NOTES)
        self._notes.add(
            note, content, parent_id, parent_type, author, created_at, replied_at or created_at, None, is_todo,
            completed_at, recipient if completed_at else None, label,
        )  # fmt: skip
        self._labels.add(note, label)
        self._recipients.add(note, recipient, None)
        if replied_at:
            self._notes.add(
                random.uuid(), random.choice(names.REPLIES), parent_id, parent_type, recipient, replied_at, replied_at,
                note, False, None, None, None,
            )  # fmt: skip
