"""Edge: what the people of the demo say to each other: notes on tasks and versions, replies, who is asked."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_orm.sandbox.seeds.empty import NOTE_LABELS
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar, names
from .contexts import Task
from .people import Crew
from .publishing import Version
from .random_source import RandomSource

_LABELS = [named_id("NoteLabel", name) for name, _ in NOTE_LABELS]


class Discussion:
    """Writes notes about what is in progress or published; told of each place once."""

    def __init__(self, writer: RowWriter, chance: RandomSource, crew: Crew) -> None:
        self._chance, self._crew, self._has = chance, crew, writer.has
        self._notes = writer.rows(
            "Note",
            "id content parent_id parent_type user_id date thread_activity in_reply_to_id is_todo "
            "completed_at completed_by_id category_id",
        )
        self._labels = writer.rows("NoteLabelLink", "note_id label_id")
        self._recipients = writer.rows("Recipient", "note_id resource_id text_mentioned")

    def about_tasks(self, tasks: Sequence[Task]) -> None:
        """Write notes on some of the tasks that are started."""
        for task in tasks:
            if task.is_started and self._chance.happens(0.2):
                self.about(task.id, "Task", task.begins, task.assignees[0])

    def about_versions(self, versions: Sequence[Version]) -> None:
        """Write notes on some versions."""
        for version in versions:
            if self._chance.happens(0.35):
                self.about(version.id, "AssetVersion", version.day, version.user)

    def about(self, parent_id: str, parent_type: str, day: int, worker: str) -> None:
        """Write a note to whoever works on something, sometimes with a reply, sometimes as a thing to do."""
        if not self._has(parent_type):
            return
        chance, note = self._chance, self._chance.id()
        author = chance.pick(self._crew.producers)
        written = calendar.at(day, 17, chance.whole(0, 59))
        answered = calendar.at(day + 1, 10, chance.whole(0, 59)) if chance.happens(0.4) else None
        is_todo, label = chance.happens(0.2), chance.pick(_LABELS)
        done = answered if is_todo else None
        content = chance.pick(names.NOTES)
        self._notes.add(
            note, content, parent_id, parent_type, author, written, answered or written, None, is_todo,
            done, worker if done else None, label,
        )  # fmt: skip
        self._labels.add(note, label)
        self._recipients.add(note, worker, None)
        if answered:
            self._notes.add(
                chance.id(), chance.pick(names.REPLIES), parent_id, parent_type, worker, answered, answered, note,
                False, None, None, None,
            )  # fmt: skip
