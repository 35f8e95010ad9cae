"""The demo as a whole: its size, its reproducibility and the schemas it supports."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.model import Schema
from tests.sandbox.seeds.databases import NOW, entity_counts, seeded_database


def test_the_demo_has_the_documented_size(demo: sa.Connection, ftrack_tables: Tables) -> None:
    counts = entity_counts(demo, ftrack_tables)
    exact = {name: counts[name] for name in ("Project", "Sequence", "Shot", "Task", "User", "AssetVersion")}
    assert exact == {"Project": 3, "Sequence": 40, "Shot": 600, "Task": 5000, "User": 30, "AssetVersion": 3000}


def test_the_demo_has_entities_of_all_types_of_a_production(demo: sa.Connection, ftrack_tables: Tables) -> None:
    counts = entity_counts(demo, ftrack_tables)
    minimum = {
        "Asset": 1500, "Appointment": 4000, "Note": 2000, "Recipient": 1000, "Metadata": 2000, "Timelog": 3000,
        "CustomAttributeValue": 5000, "CustomAttributeLink": 500, "TypedContextLink": 3000, "AssetVersionLink": 500,
        "FileComponent": 2000, "SequenceComponent": 500, "ComponentLocation": 3000, "TypedContextStatusChange": 3000,
        "TypedContextList": 3, "AssetVersionList": 3, "ListObject": 100, "ReviewSession": 3, "ReviewSessionObject": 30,
        "ReviewSessionInvitee": 6, "ReviewSessionObjectStatus": 10, "Group": 5, "Membership": 30, "Manager": 3,
        "CalendarEvent": 5, "Episode": 1, "AssetBuild": 50, "Folder": 3, "Milestone": 6, "Timer": 1, "Job": 1,
        "CustomAttributeLinkConfiguration": 2,
    }  # fmt: skip
    assert {name: counts.get(name, 0) for name, count in minimum.items() if counts.get(name, 0) < count} == {}


def test_only_the_timer_and_the_job_depend_on_the_current_time(ftrack_tables: Tables) -> None:
    later = NOW + datetime.timedelta(days=100)
    one, other = seeded_database(ftrack_tables, "demo", 60), seeded_database(ftrack_tables, "demo", 60, now=later)
    different = {
        table.name
        for table in ftrack_tables.metadata.sorted_tables
        if one.execute(sa.select(table)).all() != other.execute(sa.select(table)).all()
    }
    assert different == {"Job", "Timer"}


@pytest.mark.parametrize("tasks", [0, 1, 2, 7, 43, 1000])
def test_the_demo_has_exactly_the_requested_number_of_tasks(tasks: int, ftrack_tables: Tables) -> None:
    counts = entity_counts(seeded_database(ftrack_tables, "demo", tasks), ftrack_tables)
    assert counts.get("Task", 0) == tasks
    assert counts.get("AssetVersion", 0) == tasks * 3 // 5
    assert counts["Project"] == 3


@pytest.mark.parametrize("missing", ["Project", "Task"])
def test_a_schema_without_projects_or_tasks_is_refused(missing: str) -> None:
    names = [name for name in ("Context", "TypedContext", "Project", "Task") if name != missing]
    schemas = [{"id": name, "properties": {"id": {"type": "string"}}, "primary_key": ["id"]} for name in names]
    with pytest.raises(SandboxUnsupported, match=missing):
        seeded_database(Tables(Schema.from_response(schemas), {}), "demo", 10)
