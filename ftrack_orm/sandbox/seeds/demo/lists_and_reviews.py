"""Edge: what people of the demo gather round: lists of tasks and versions, review sessions, the client's verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar
from .attributes import Attributes
from .contexts import Task
from .discussion import Discussion
from .people import Crew
from .publishing import Version
from .random_source import RandomSource

#: How many tasks and versions at most are gathered of one production.
MOST = 40

_INVITEES = (("Maya Lindholm", "maya@client.example"), ("Theo Barnes", "theo@client.example"))
_VERDICTS = ("approved", "require_changes", "seen")
_PER_SESSION = 8


class ListsAndReviews:
    """Writes the lists and review sessions of a production from what waits for review there."""

    def __init__(
        self, writer: RowWriter, chance: RandomSource, crew: Crew, attributes: Attributes, discussion: Discussion
    ) -> None:
        self._chance, self._crew, self._attributes, self._discussion = chance, crew, attributes, discussion
        self._has = writer.has
        columns = "id name project_id user_id category_id date is_open system_type"
        self._lists = {
            "TypedContextList": writer.rows("TypedContextList", columns),
            "AssetVersionList": writer.rows("AssetVersionList", columns),
        }
        self._items = writer.rows("ListObject", "id list_id entity_id")
        self._sessions = writer.rows(
            "ReviewSession", "id name description project_id start_date end_date availability created_at created_by_id"
        )
        self._objects = writer.rows(
            "ReviewSessionObject", "id name description version version_id review_session_id created_at sort_order"
        )
        self._invitees = writer.rows(
            "ReviewSessionInvitee", "id name email review_session_id created_at created_by_id last_sent_at"
        )
        self._verdicts = writer.rows(
            "ReviewSessionObjectStatus", "id status review_session_object_id review_session_invitee_id created_at"
        )

    def gather(self, project_id: str, tasks: Sequence[Task], versions: Sequence[Version]) -> None:
        """Write a production's lists and sessions out of some of its tasks and versions."""
        self._list(project_id, "TypedContextList", "Today's dailies", "Dailies", [task.id for task in tasks])
        ids = [version.id for version in versions]
        self._list(project_id, "AssetVersionList", "For the client", "Client Reviews", ids)
        self._list(project_id, "AssetVersionList", "Delivery 01", "Deliveries", ids[::2])
        if not self._has("ReviewSession"):
            return
        for number, start in enumerate(range(0, len(versions), _PER_SESSION)):
            self._session(project_id, number + 1, versions[start : start + _PER_SESSION])

    def _list(self, project_id: str, entity_type: str, name: str, category: str, entities: Sequence[str]) -> None:
        if not self._has(entity_type):
            return
        id_ = self._chance.id()
        date, owner = calendar.at(calendar.TODAY, 8), self._crew.producers[0]
        kind = "task" if entity_type == "TypedContextList" else "assetversion"
        category_id = named_id("ListCategory", category)
        self._lists[entity_type].add(id_, name, project_id, owner, category_id, date, True, kind)
        self._attributes.set("purpose", id_, f"{name}, gathered by production.")
        for entity in entities:
            self._items.add(self._chance.id(), id_, entity)

    def _session(self, project_id: str, number: int, versions: Sequence[Version]) -> None:
        chance, producer = self._chance, self._crew.producers[0]
        session, day = chance.id(), calendar.TODAY + number
        made = calendar.at(calendar.TODAY, 18)
        begins, ends = calendar.MORNING[day], calendar.EVENING[day + 5]
        name, description = f"Client review {number:02}", "Please send your notes by the end of the week."
        self._sessions.add(session, name, description, project_id, begins, ends, "available", made, producer)
        invitees = [chance.id() for _ in _INVITEES]
        for id_, (person, email) in zip(invitees, _INVITEES, strict=True):
            self._invitees.add(id_, person, email, session, made, producer, made)
        for sort, version in enumerate(versions):
            object_ = chance.id()
            label = f"Version {version.number}"
            self._objects.add(object_, version.asset_name, "", label, version.id, session, made, sort)
            if chance.happens(0.5):
                verdict = chance.pick(_VERDICTS)
                self._verdicts.add(chance.id(), verdict, object_, chance.pick(invitees), calendar.at(day, 15))
                self._discussion.about(object_, "ReviewSessionObject", day, version.user)
