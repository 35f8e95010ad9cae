"""Edge: the demo: three productions of a believable studio, the same on every run, as many tasks as are asked for."""

from __future__ import annotations

import datetime
import json

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id
from ftrack_orm.sandbox.writing.column_values import datetime_text

from . import people
from .attributes import Attributes
from .production import Productions
from .random_source import RandomSource
from .scale import TASKS, Scale

#: What the demo is made from; another number makes another studio.
_SEED = 20_240_108


def plant(writer: RowWriter, *, tasks: int | None, now: datetime.datetime, api_user: str) -> None:
    """Write the demo on top of what a fresh server has.

    Everything happens on a calendar of its own; only what goes on at the moment of asking, a running timer and a job,
    is told in terms of *now*. Raises `SandboxUnsupported` for a schema without projects and tasks.
    """
    for needed in ("Project", "Task"):
        if not writer.has(needed):
            message = f'The demo seed needs the entity type {needed}, which the schema lacks. Use the seed "empty".'
            raise SandboxUnsupported(message, entity_type=needed)
    chance = RandomSource(_SEED)
    crew = people.plant(writer, chance, api_user)
    attributes = Attributes(writer)
    for number, user in enumerate(crew.everyone):
        attributes.set("employee_number", user, 1001 + number)
    Productions(writer, chance, crew, attributes).plant(Scale.of(TASKS if tasks is None else tasks))
    _plant_present(writer, now, api_user)


def _plant_present(writer: RowWriter, now: datetime.datetime, api_user: str) -> None:
    started, moment = datetime_text(now - datetime.timedelta(hours=1)), datetime_text(now)
    me, project = empty.user_id(api_user), named_id("Project", "demo")
    timer = (named_id("Timer"), me, project, started, "Dailies")
    writer.insert("Timer", "id user_id context_id start comment", [timer])
    data = json.dumps({"description": "Prepared the demo productions."})
    writer.insert(
        "Job",
        "id user_id status type data created_at finished_at",
        [(named_id("Job"), me, "done", "api_job", data, started, moment)],
    )
