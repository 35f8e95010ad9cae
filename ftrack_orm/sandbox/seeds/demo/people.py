"""Edge: who works on the demo: users, their departments as groups, and when they are away."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import attrs

from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar, names
from .random_source import RandomSource


@attrs.frozen
class Crew:
    """The ids of everybody, and of those who do each type of task."""

    everyone: Sequence[str]
    by_task_type: Mapping[str, Sequence[str]]
    producers: Sequence[str]
    groups: Sequence[str]


def plant(writer: RowWriter, chance: RandomSource, api_user: str) -> Crew:
    """Write the users and groups; the one whose name is *api_user* is there already and is not made twice."""
    insert = writer.insert
    studio = named_id("Group", "Studio")
    groups = {name: named_id("Group", name) for name in names.DEPARTMENTS}
    insert("Group", "id name local resource_type", [(studio, "Studio", True, "group")])
    rows = [(id_, name, True, studio, "group") for name, id_ in groups.items()]
    insert("Group", "id name local parent_id resource_type", rows)
    memberships = writer.rows("Membership", "id user_id group_id")
    members: dict[str, list[str]] = {name: [] for name in groups}
    taken = [person for person in names.PEOPLE if _username(person) != api_user.lower()][: len(names.PEOPLE) - 1]
    for person in taken:
        first_name, last_name, department = person
        username = _username(person)
        role = "Project Manager" if department == "Production" else "User"
        id_ = empty.plant_user(writer, username, first_name, last_name, role=role)
        memberships.add(named_id("Membership", username), id_, groups[department])
        members[department].append(id_)
    mine = empty.user_id(api_user)
    memberships.add(named_id("Membership", "api user"), mine, groups["Production"])
    members["Production"].append(mine)
    everyone = [id_ for ids in members.values() for id_ in ids]
    _plant_leave(writer, chance, everyone)
    return Crew(
        everyone=everyone,
        by_task_type={
            task_type: members[department] for department, types in names.DEPARTMENTS.items() for task_type in types
        },
        producers=members["Production"],
        groups=list(groups.values()),
    )


def _username(person: tuple[str, str, str]) -> str:
    text = unicodedata.normalize("NFKD", f"{person[0]}.{person[1]}").encode("ascii", "ignore")
    return text.decode("ascii").lower()


def _plant_leave(writer: RowWriter, chance: RandomSource, everyone: Sequence[str]) -> None:
    events = writer.rows("CalendarEvent", "id name start end leave created_at created_by_id")
    resources = writer.rows("CalendarEventResource", "id calendar_event_id resource_id created_at created_by_id")
    for user in everyone[::3]:
        id_, day = chance.id(), chance.whole(calendar.TODAY - 40, calendar.TODAY + 60)
        made = calendar.at(day - 30, 10)
        events.add(id_, "Holiday", calendar.MORNING[day], calendar.EVENING[day + chance.whole(0, 9)], True, made, user)
        resources.add(chance.id(), id_, user, made, user)
