"""Edge: inserts the publishes of the demo's tasks: assets, versions, components and their locations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.workflows import status_id
from ftrack_orm.schema.facts import SERVER_LOCATION_ID, UNMANAGED_LOCATION_ID

from . import calendar, names
from .contexts import PENDING_REVIEW, TaskRow

if TYPE_CHECKING:
    from ftrack_orm.sandbox.seeds.row_writer import RowWriter

    from .random_source import RandomSource


@attrs.frozen
class VersionRow:
    """A published version."""

    id: str
    asset_id: str
    asset_name: str
    number: int
    task: TaskRow
    user: str
    day: int
    status: str


class Publishing:
    """Inserts the versions of tasks, for one context after the other."""

    def __init__(self, writer: RowWriter, random: RandomSource) -> None:
        self._random = random
        self._can_publish = writer.has("Asset") and writer.has("AssetVersion")
        self._assets = writer.buffer("Asset", "id name context_id type_id project_id")
        self._versions = writer.buffer(
            "AssetVersion", "id asset_id version task_id user_id status_id comment date is_published project_id"
        )
        self._version_links = writer.buffer("AssetVersionLink", "id from_id to_id")
        self._files = writer.buffer("FileComponent", "id name system_type file_type size version_id container_id")
        self._sequences = writer.buffer("SequenceComponent", "id name system_type file_type size version_id padding")
        self._locations = writer.buffer("ComponentLocation", "id component_id location_id resource_identifier")

    def publish(self, tasks: Sequence[TaskRow], count: int) -> list[VersionRow]:
        """Insert *count* versions of the started tasks and return them; versions of one task share an asset."""
        started = [task for task in tasks if task.is_started and self._can_publish]
        counts = dict.fromkeys(range(len(started)), 0)
        for _ in range(count if started else 0):
            counts[self._random.early_choice(range(len(started)))] += 1
        published: list[VersionRow] = []
        for index, number in counts.items():
            if number:
                versions = self._insert_asset(started[index], number)
                if published:
                    self._version_links.add(self._random.uuid(), published[-1].id, versions[-1].id)
                published.extend(versions)
        return published

    def _insert_asset(self, task: TaskRow, count: int) -> list[VersionRow]:
        random, asset_id = self._random, self._random.uuid()
        name = task.type_name.lower().replace(" ", "_")
        asset_type = names.PUBLISHED_AS.get(task.type_name, "Upload")
        self._assets.add(asset_id, name, task.context.id, empty.asset_type_id(asset_type), task.context.project_id)
        user = random.choice(task.assignees)
        versions = []
        for number in range(1, count + 1):
            day = task.start_day + (task.last_worked_day - task.start_day) * number // count
            status = _status(task, is_last=number == count)
            version = VersionRow(random.uuid(), asset_id, name, number, task, user, day, status)
            date = calendar.timestamp(day, 10 + min(number, 7), random.integer(0, 59))
            self._versions.add(
                version.id, asset_id, number, task.id, user, status_id(status), random.choice(names.VERSION_COMMENTS),
                date, random.chance(0.95), task.context.project_id,
            )  # fmt: skip
            self._insert_components(version)
            versions.append(version)
        return versions

    def _insert_components(self, version: VersionRow) -> None:
        random, id_ = self._random, self._random.uuid()
        path = f"{version.task.context.path}/{version.asset_name}/v{version.number:03}"
        if version.task.type_name in _RENDERED:
            self._sequences.add(id_, "main", "sequence", ".exr", random.integer(50, 900) << 20, version.id, 4)
            self._locations.add(random.uuid(), id_, UNMANAGED_LOCATION_ID, f"{path}/main.%04d.exr")
            if random.chance(0.05):
                for frame in range(1001, 1005):
                    size = random.integer(8, 30) << 20
                    self._files.add(random.uuid(), str(frame), "file", ".exr", size, None, id_)
        else:
            self._files.add(id_, "main", "file", ".usd", random.integer(1, 200) << 20, version.id, None)
            self._locations.add(random.uuid(), id_, UNMANAGED_LOCATION_ID, f"{path}/main.usd")
        if random.chance(0.6):
            movie = random.uuid()
            self._files.add(movie, "ftrackreview-mp4", "file", ".mp4", random.integer(1, 40) << 20, version.id, None)
            # The resource identifier on the server is the id of the component (protocol fact).
            self._locations.add(random.uuid(), movie, SERVER_LOCATION_ID, movie)


def _status(task: TaskRow, *, is_last: bool) -> str:
    if not is_last:
        return "Revise"
    return task.status if task.is_done else PENDING_REVIEW


#: Task types that publish images rather than scenes.
_RENDERED = frozenset(
    {"Rendering", "Compositing", "Rotoscoping", "Matte Painting", "Concept Art", "Texture", "Conform"}
)
