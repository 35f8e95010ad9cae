"""Edge: the demo seed: a studio with three productions, equal on every run, with a given number of tasks."""

from __future__ import annotations

import datetime
import json

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id
from ftrack_orm.sandbox.writing.column_values import datetime_text

from . import people
from .attributes import AttributeWriter
from .productions import Productions
from .random_source import RandomSource
from .scale import DEFAULT_TASKS, Scale

#: Every seed of the random source generates a different studio.
_RANDOM_SEED = 20_240_108


def insert_rows(writer: RowWriter, *, tasks: int | None, now: datetime.datetime, api_user: str) -> None:
    """Insert the demo into a database that has the rows of a fresh server.

    All dates are those of a fixed calendar, except for the running timer and the job, which are relative to *now*.
    Raises `SandboxUnsupported` for a schema without projects or tasks.
    """
    for entity_type in ("Project", "Task"):
        if not writer.has(entity_type):
            raise SandboxUnsupported(
                f'The demo seed needs the entity type {entity_type}, which the schema lacks. Use the seed "empty".',
                entity_type=entity_type,
            )
    random = RandomSource(_RANDOM_SEED)
    crew = people.insert_crew(writer, random, api_user)
    attributes = AttributeWriter(writer)
    for index, user in enumerate(crew.users):
        attributes.set("employee_number", user, 1001 + index)
    Productions(writer, random, crew, attributes).insert(Scale.of(DEFAULT_TASKS if tasks is None else tasks))
    _insert_timer_and_job(writer, now, api_user)


def _insert_timer_and_job(writer: RowWriter, now: datetime.datetime, api_user: str) -> None:
    started_at, finished_at = datetime_text(now - datetime.timedelta(hours=1)), datetime_text(now)
    user, project = empty.user_id(api_user), named_id("Project", "demo")
    timer = (named_id("Timer"), user, project, started_at, "Dailies")
    writer.insert("Timer", "id user_id context_id start comment", [timer])
    data = json.dumps({"description": "Prepared the demo productions."})
    writer.insert(
        "Job",
        "id user_id status type data created_at finished_at",
        [(named_id("Job"), user, "done", "api_job", data, started_at, finished_at)],
    )
