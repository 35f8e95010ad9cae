"""Edge: what the demo's tasks have published: assets, numbered versions, the files of each and where they are."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ftrack_orm.sandbox.seeds import empty
from ftrack_orm.sandbox.seeds.constants import SERVER_LOCATION, UNMANAGED_LOCATION
from ftrack_orm.sandbox.seeds.row_writer import RowWriter
from ftrack_orm.sandbox.seeds.workflows import status

from . import calendar, names
from .contexts import Task
from .random_source import RandomSource


@attrs.frozen
class Version:
    """A version that has just been published."""

    id: str
    asset_id: str
    asset_name: str
    number: int
    task: Task
    user: str
    day: int
    status: str


class Publishing:
    """Writes the versions of a place's tasks; told of each place once."""

    def __init__(self, writer: RowWriter, chance: RandomSource) -> None:
        self._chance = chance
        self._can_publish = writer.has("Asset") and writer.has("AssetVersion")
        self._assets = writer.rows("Asset", "id name context_id type_id project_id")
        self._versions = writer.rows(
            "AssetVersion", "id asset_id version task_id user_id status_id comment date is_published project_id"
        )
        self._uses = writer.rows("AssetVersionLink", "id from_id to_id")
        self._files = writer.rows("FileComponent", "id name system_type file_type size version_id container_id")
        self._sequences = writer.rows("SequenceComponent", "id name system_type file_type size version_id padding")
        self._locations = writer.rows("ComponentLocation", "id component_id location_id resource_identifier")

    def publish(self, tasks: Sequence[Task], count: int) -> list[Version]:
        """Write *count* versions of the tasks that are started, each task's as versions of one asset; return them."""
        started = [task for task in tasks if task.is_started and self._can_publish]
        counts = dict.fromkeys(range(len(started)), 0)
        for _ in range(count if started else 0):
            counts[self._chance.early(range(len(started)))] += 1
        published: list[Version] = []
        for at, number in counts.items():
            if number:
                versions = self._asset(started[at], number)
                if published:
                    self._uses.add(self._chance.id(), published[-1].id, versions[-1].id)
                published.extend(versions)
        return published

    def _asset(self, task: Task, count: int) -> list[Version]:
        chance, asset_id = self._chance, self._chance.id()
        name = task.type_name.lower().replace(" ", "_")
        kind = names.PUBLISHED_AS.get(task.type_name, "Upload")
        self._assets.add(asset_id, name, task.place.id, empty.asset_type(kind), task.place.project_id)
        user = chance.pick(task.assignees)
        versions = []
        for number in range(1, count + 1):
            day = task.begins + (task.last_day - task.begins) * number // count
            state = _status(task, is_last=number == count)
            version = Version(chance.id(), asset_id, name, number, task, user, day, state)
            date = calendar.at(day, 10 + min(number, 7), chance.whole(0, 59))
            self._versions.add(
                version.id, asset_id, number, task.id, user, status(state), chance.pick(names.COMMENTS), date,
                chance.happens(0.95), task.place.project_id,
            )  # fmt: skip
            self._components(version)
            versions.append(version)
        return versions

    def _components(self, version: Version) -> None:
        chance, id_ = self._chance, self._chance.id()
        path = f"{version.task.place.path}/{version.asset_name}/v{version.number:03}"
        if version.task.type_name in _RENDERED:
            self._sequences.add(id_, "main", "sequence", ".exr", chance.whole(50, 900) << 20, version.id, 4)
            self._locations.add(chance.id(), id_, UNMANAGED_LOCATION, f"{path}/main.%04d.exr")
            if chance.happens(0.05):
                for frame in range(1001, 1005):
                    size = chance.whole(8, 30) << 20
                    self._files.add(chance.id(), str(frame), "file", ".exr", size, None, id_)
        else:
            self._files.add(id_, "main", "file", ".usd", chance.whole(1, 200) << 20, version.id, None)
            self._locations.add(chance.id(), id_, UNMANAGED_LOCATION, f"{path}/main.usd")
        if chance.happens(0.6):
            movie = chance.id()
            self._files.add(movie, "ftrackreview-mp4", "file", ".mp4", chance.whole(1, 40) << 20, version.id, None)
            # On the server a component is identified by its own id (protocol fact).
            self._locations.add(chance.id(), movie, SERVER_LOCATION, movie)


def _status(task: Task, *, is_last: bool) -> str:
    if not is_last:
        return "Revise"
    return task.status if task.is_done else "Pending Review"


#: Types of task that publish images rather than scenes.
_RENDERED = frozenset(
    {"Rendering", "Compositing", "Rotoscoping", "Matte Painting", "Concept Art", "Texture", "Conform"}
)
