"""Edge: inserts the lists and review sessions of the demo, with invitees and their statuses of reviewed versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar

if TYPE_CHECKING:
    from .attributes import AttributeWriter
    from .contexts import TaskRow
    from .discussion import Discussion
    from .people import Crew
    from .publishing import VersionRow
    from .random_source import RandomSource

#: The maximum number of tasks, and of versions, in the lists and review sessions of one project.
ITEMS_PER_PROJECT = 40

_INVITEES = (("Maya Lindholm", "maya@client.example"), ("Theo Barnes", "theo@client.example"))
_REVIEW_STATUSES = ("approved", "require_changes", "seen")
_VERSIONS_PER_SESSION = 8


class ListsAndReviews:
    """Inserts the lists and review sessions of a project from its tasks and versions that are pending review."""

    def __init__(
        self,
        writer: RowWriter,
        random: RandomSource,
        crew: Crew,
        attributes: AttributeWriter,
        discussion: Discussion,
    ) -> None:
        self._random, self._crew, self._attributes, self._discussion = random, crew, attributes, discussion
        self._has = writer.has
        columns = "id name project_id user_id category_id date is_open system_type"
        self._lists = {
            "TypedContextList": writer.buffer("TypedContextList", columns),
            "AssetVersionList": writer.buffer("AssetVersionList", columns),
        }
        self._items = writer.buffer("ListObject", "id list_id entity_id")
        self._sessions = writer.buffer(
            "ReviewSession", "id name description project_id start_date end_date availability created_at created_by_id"
        )
        self._objects = writer.buffer(
            "ReviewSessionObject", "id name description version version_id review_session_id created_at sort_order"
        )
        self._invitees = writer.buffer(
            "ReviewSessionInvitee", "id name email review_session_id created_at created_by_id last_sent_at"
        )
        self._object_statuses = writer.buffer(
            "ReviewSessionObjectStatus", "id status review_session_object_id review_session_invitee_id created_at"
        )

    def insert(self, project_id: str, tasks: Sequence[TaskRow], versions: Sequence[VersionRow]) -> None:
        """Insert the lists and review sessions of a project from some of its tasks and versions."""
        self._insert_list(project_id, "TypedContextList", "Today's dailies", "Dailies", [task.id for task in tasks])
        ids = [version.id for version in versions]
        self._insert_list(project_id, "AssetVersionList", "For the client", "Client Reviews", ids)
        self._insert_list(project_id, "AssetVersionList", "Delivery 01", "Deliveries", ids[::2])
        if not self._has("ReviewSession"):
            return
        for number, start in enumerate(range(0, len(versions), _VERSIONS_PER_SESSION)):
            self._insert_session(project_id, number + 1, versions[start : start + _VERSIONS_PER_SESSION])

    def _insert_list(
        self, project_id: str, entity_type: str, name: str, category: str, entities: Sequence[str]
    ) -> None:
        if not self._has(entity_type):
            return
        id_ = self._random.uuid()
        date, owner = calendar.timestamp(calendar.TODAY, 8), self._crew.producers[0]
        system_type = "task" if entity_type == "TypedContextList" else "assetversion"
        category_id = named_id("ListCategory", category)
        self._lists[entity_type].add(id_, name, project_id, owner, category_id, date, True, system_type)
        self._attributes.set("purpose", id_, f"{name}, gathered by production.")
        for entity in entities:
            self._items.add(self._random.uuid(), id_, entity)

    def _insert_session(self, project_id: str, number: int, versions: Sequence[VersionRow]) -> None:
        random, producer = self._random, self._crew.producers[0]
        session, day = random.uuid(), calendar.TODAY + number
        created_at = calendar.timestamp(calendar.TODAY, 18)
        start, end = calendar.DAY_START[day], calendar.DAY_END[day + 5]
        name, description = f"Client review {number:02}", "Please send your notes by the end of the week."
        self._sessions.add(session, name, description, project_id, start, end, "available", created_at, producer)
        invitees = [random.uuid() for _ in _INVITEES]
        for id_, (person, email) in zip(invitees, _INVITEES, strict=True):
            self._invitees.add(id_, person, email, session, created_at, producer, created_at)
        for sort, version in enumerate(versions):
            review_object = random.uuid()
            label = f"Version {version.number}"
            self._objects.add(review_object, version.asset_name, "", label, version.id, session, created_at, sort)
            if random.chance(0.5):
                status = random.choice(_REVIEW_STATUSES)
                row = (random.uuid(), status, review_object, random.choice(invitees), calendar.timestamp(day, 15))
                self._object_statuses.add(*row)
                self._discussion.insert_note(review_object, "ReviewSessionObject", day, version.user)
