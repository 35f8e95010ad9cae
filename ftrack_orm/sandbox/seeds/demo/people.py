"""Edge: inserts the people of the demo: users, their departments as groups, and their holidays."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar, names

if TYPE_CHECKING:
    from .random_source import RandomSource


@attrs.frozen
class Crew:
    """The ids of the users, of the users for each task type, of the producers and of the groups."""

    users: Sequence[str]
    by_task_type: Mapping[str, Sequence[str]]
    producers: Sequence[str]
    groups: Sequence[str]


def insert_crew(writer: RowWriter, random: RandomSource, api_user: str) -> Crew:
    """Insert the users and groups. The user *api_user* exists already and joins the producers."""
    insert = writer.insert
    studio = named_id("Group", "Studio")
    groups = {name: named_id("Group", name) for name in names.DEPARTMENTS}
    insert("Group", "id name local resource_type", [(studio, "Studio", True, "group")])
    rows = [(id_, name, True, studio, "group") for name, id_ in groups.items()]
    insert("Group", "id name local parent_id resource_type", rows)
    memberships = writer.buffer("Membership", "id user_id group_id")
    members: dict[str, list[str]] = {name: [] for name in groups}
    inserted = [person for person in names.PEOPLE if _username(person) != api_user.lower()][: len(names.PEOPLE) - 1]
    for person in inserted:
        first_name, last_name, department = person
        username = _username(person)
        role = "Project Manager" if department == "Production" else "User"
        id_ = empty.insert_user(writer, username, first_name, last_name, role=role)
        memberships.add(named_id("Membership", username), id_, groups[department])
        members[department].append(id_)
    api_user_id = empty.user_id(api_user)
    memberships.add(named_id("Membership", "api user"), api_user_id, groups["Production"])
    members["Production"].append(api_user_id)
    users = [id_ for ids in members.values() for id_ in ids]
    _insert_holidays(writer, random, users)
    return Crew(
        users=users,
        by_task_type={
            task_type: members[department] for department, types in names.DEPARTMENTS.items() for task_type in types
        },
        producers=members["Production"],
        groups=list(groups.values()),
    )


def _username(person: tuple[str, str, str]) -> str:
    text = unicodedata.normalize("NFKD", f"{person[0]}.{person[1]}").encode("ascii", "ignore")
    return text.decode("ascii").lower()


def _insert_holidays(writer: RowWriter, random: RandomSource, users: Sequence[str]) -> None:
    events = writer.buffer("CalendarEvent", "id name start end leave created_at created_by_id")
    resources = writer.buffer("CalendarEventResource", "id calendar_event_id resource_id created_at created_by_id")
    for user in users[::3]:
        id_, day = random.uuid(), random.integer(calendar.TODAY - 40, calendar.TODAY + 60)
        created_at = calendar.timestamp(day - 30, 10)
        start, end = calendar.DAY_START[day], calendar.DAY_END[day + random.integer(0, 9)]
        events.add(id_, "Holiday", start, end, True, created_at, user)
        resources.add(random.uuid(), id_, user, created_at, user)
