"""Edge: the productions of the demo, from the project down to every task, each part told to whoever writes about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.seeds import constants, empty, workflows
from ftrack_orm.sandbox.seeds.row_writer import RowBuffer, RowWriter, named_id
from ftrack_orm.sandbox.tables import Tables

from . import calendar, names, scale
from .attributes import Attributes
from .contexts import ContextRow, Task
from .discussion import Discussion
from .lists_and_reviews import MOST, ListsAndReviews
from .names import Title
from .people import Crew
from .publishing import Publishing, Version
from .random_source import Item, RandomSource
from .timelogs import Work

_COLUMNS = (
    "id name parent_id project_id context_type type_id status_id priority_id bid sort start_date end_date created_at "
    "created_by_id description"
)
_WAITING = "Pending Review"  # the status of what is gathered in lists and review sessions
_PRIORITIES = ("None", "None", "None", "Low", "Medium", "Medium", "High", "Urgent")


class Productions:
    """Makes the productions one after the other, holding no more of one than what is gathered at its end."""

    def __init__(self, writer: RowWriter, chance: RandomSource, crew: Crew, attributes: Attributes) -> None:
        self._writer, self._chance, self._crew, self._attributes = writer, chance, crew, attributes
        self._work = Work(writer, chance)
        self._publishing = Publishing(writer, chance)
        self._discussion = Discussion(writer, chance, crew)
        self._gatherings = ListsAndReviews(writer, chance, crew, attributes, self._discussion)
        self._contexts: dict[str, RowBuffer] = {}
        self._made = 0  # tasks so far
        self._pending_tasks: list[Task] = []
        self._pending_versions: list[Version] = []

    def plant(self, numbers: scale.Scale) -> None:
        """Write all productions."""
        weights = [title.weight for title in names.PRODUCTIONS]
        shots = scale.spread(numbers.shots, numbers.sequences)
        on_sequences = scale.spread(numbers.on_sequences, numbers.sequences)
        on_shots = scale.spread(numbers.on_shots, numbers.shots)
        sequences, builds = (scale.split(count, weights) for count in (numbers.sequences, numbers.builds))
        for title, sequence_count, build_count in zip(names.PRODUCTIONS, sequences, builds, strict=True):
            project = self._project(title)
            builds_here = self._builds(title, project, build_count)
            for number in range(1, sequence_count + 1):
                sequence = self._sequence(title, project, number, next(on_sequences))
                self._shots(title, sequence, next(shots), on_shots, builds_here)
            self._gatherings.gather(project.id, self._pending_tasks, self._pending_versions)
            self._pending_tasks, self._pending_versions = [], []

    # -- places -----------------------------------------------------------------------------------------------------

    def _project(self, title: Title) -> ContextRow:
        schemas = {schema.name: schema.id for schema in workflows.PROJECT_SCHEMAS}
        id_, first, last = named_id("Project", title.name), *title.begins
        self._writer.insert(
            "Project",
            "id project_id name full_name color context_type status root disk_id project_schema_id start_date end_date "
            "created_at created_by_id",
            [
                (
                    id_, id_, title.name, title.full_name, title.color, "show", "active", title.name, empty.disk(),
                    schemas[title.project_schema], calendar.MORNING[first], calendar.EVENING[last + 60],
                    calendar.at(first, 8), self._crew.producers[0],
                )
            ],
        )  # fmt: skip
        kinds = [named_id("ManagerType", kind) for kind in empty.MANAGER_TYPES]
        managers = [
            (self._chance.id(), id_, user, kind) for user, kind in zip(self._crew.producers, kinds, strict=False)
        ]
        self._writer.insert("Manager", "id context_id user_id type_id", managers)
        self._work.allocate(id_, [*self._crew.groups, *self._crew.everyone])
        self._writer.links("Context", "scopes").add(id_, named_id("Scope", empty.SCOPES[0]))
        self._attributes.set("client", id_, f"{title.full_name} Pictures")
        self._attributes.set("colorspace", id_, "ACEScg")
        self._attributes.set("resolution", id_, ["4k"])
        self._attributes.note(id_, "Project", "delivery_format", "exr")
        project = ContextRow(id_, "Project", title.name, title.name, id_, 0)
        for at, name in enumerate(names.MILESTONES):
            day = first + 30 + (last - first) * at // len(names.MILESTONES)
            self._context("Milestone", project, name, sort=at, days=(day, day), type_name="Deliverable")
        return project

    def _builds(self, title: Title, project: ContextRow, count: int) -> list[str]:
        """Write a production's asset builds and return the ids of the first ones, which shots use."""
        used: list[str] = []
        folder = self._context("Folder", project, "assets", sort=0)
        for at in range(count):
            name, kind = names.BUILDS[at % len(names.BUILDS)]
            if at >= len(names.BUILDS):
                name = f"{name}_{at // len(names.BUILDS) + 1:02}"
            build = self._context("AssetBuild", folder, name, sort=at, type_name=kind, status="In progress")
            if build.entity_type == "AssetBuild":
                self._attributes.set("reference", build.id, f"https://reference.example/{title.name}/{name}")
                used += [build.id] if len(used) < len(names.BUILDS) else []
            self._tasks(title, build, names.BUILD_TASKS)
        return used

    def _sequence(self, title: Title, project: ContextRow, number: int, tasks: int) -> ContextRow:
        parent = project
        if title.has_episodes:
            # Four sequences to an episode, which is made with its first.
            episode = f"ep{(number - 1) // 4 + 1:02}"
            id_ = named_id("Episode", title.name, episode)
            path = f"{project.path}/{episode}"
            parent = ContextRow(id_, "Episode", episode, path, project.id, 1)
            if number % 4 == 1:
                parent = self._context("Episode", project, episode, sort=number, status="In progress", id_=id_)
        sequence = self._context("Sequence", parent, f"sq{number * 10:03}", sort=number, status="In progress")
        self._work.allocate(sequence.id, [self._chance.pick(self._crew.groups)])
        if self._chance.happens(0.2):
            self._attributes.set("resolution", sequence.id, ["2k"])
        self._tasks(title, sequence, names.SEQUENCE_TASKS[:tasks])
        return sequence

    def _shots(
        self, title: Title, sequence: ContextRow, count: int, tasks: Iterator[int], builds: Sequence[str]
    ) -> None:
        chance = self._chance
        for number in range(10, 10 + count):
            status = "In progress" if title.name != "northern_lights" else "Completed"
            description = chance.pick(names.SHOT_DESCRIPTIONS)
            name = f"sh{number * 10:04}"
            shot = self._context("Shot", sequence, name, sort=number, status=status, description=description)
            self._describe_shot(title, sequence, shot, builds)
            wanted = sorted(names.SHOT_TASKS, key=lambda task: task[1])[: next(tasks)]
            self._tasks(title, shot, [task[0] for task in names.SHOT_TASKS if task in wanted])

    def _describe_shot(self, title: Title, sequence: ContextRow, shot: ContextRow, builds: Sequence[str]) -> None:
        chance, attributes = self._chance, self._attributes
        attributes.note(shot.id, shot.entity_type, "camera", chance.pick(("A", "B")))
        attributes.note(shot.id, shot.entity_type, "plate", f"{shot.path}/plate/v001")
        if chance.happens(0.3):
            attributes.set("lens", shot.id, chance.pick((24, 35, 50, 85)))
        if shot.entity_type != "Shot":
            return
        first = 1001
        delivery = {"__type__": "datetime", "value": calendar.EVENING[title.begins[1] + chance.whole(20, 60)]}
        attributes.set("fstart", shot.id, first)
        attributes.set("fend", shot.id, first + chance.whole(30, 200))
        attributes.set("handles", shot.id, 8)
        attributes.set("client_code", shot.id, f"{title.name[:2]}_{sequence.name}_{shot.name}".upper())
        attributes.set("delivery_date", shot.id, delivery)
        attributes.set("work", shot.id, chance.pick((["roto"], ["cg"], ["roto", "cg"], ["cleanup"])))
        attributes.link(chance.id(), "supervisor", shot.id, chance.pick(self._crew.producers))
        if builds:
            attributes.link(chance.id(), "uses_builds", shot.id, chance.pick(builds))

    def _context(
        self,
        entity_type: str,
        parent: ContextRow,
        name: str,
        *,
        sort: int,
        status: str = "Not started",
        type_name: str = "",
        days: tuple[int, int] | None = None,
        description: str | None = None,
        id_: str = "",
    ) -> ContextRow:
        entity_type = stand_in(self._writer.tables, entity_type)
        id_ = id_ or self._chance.id()
        begins, ends = (calendar.MORNING[days[0]], calendar.EVENING[days[1]]) if days else (None, None)
        self._rows(entity_type).add(
            id_, name, parent.id, parent.project_id, "task", workflows.type_(type_name) if type_name else None,
            workflows.status(status), constants.DEFAULT_PRIORITY, 0, sort, begins, ends, calendar.at(0, 8),
            self._crew.producers[0], description,
        )  # fmt: skip
        return ContextRow(id_, entity_type, name, f"{parent.path}/{name}", parent.project_id, parent.depth + 1)

    def _rows(self, entity_type: str) -> RowBuffer:
        if entity_type not in self._contexts:
            self._contexts[entity_type] = self._writer.rows(entity_type, _COLUMNS)
        return self._contexts[entity_type]

    # -- tasks ------------------------------------------------------------------------------------------------------

    def _tasks(self, title: Title, place: ContextRow, task_types: Sequence[str]) -> None:
        """Write a place's tasks, one after the other in time, and have everything about them written."""
        before = scale.versions_after(self._made)
        day = self._chance.whole(*title.begins)
        tasks = []
        for sort, task_type in enumerate(task_types):
            task = self._task(place, task_type, sort, day)
            tasks.append(task)
            day = task.ends - 1
        self._made += len(tasks)
        self._work.plan(tasks)
        versions = self._publishing.publish(tasks, scale.versions_after(self._made) - before)
        self._discussion.about_tasks(tasks)
        self._discussion.about_versions(versions)
        self._describe(tasks, versions)
        _keep(self._pending_tasks, [task for task in tasks if task.status == _WAITING])
        _keep(self._pending_versions, [version for version in versions if version.status == _WAITING])

    def _task(self, place: ContextRow, task_type: str, sort: int, begins: int) -> Task:
        chance = self._chance
        days = chance.whole(1, 8)
        ends = begins + days
        status = self._status(begins, ends)
        people = self._crew.by_task_type.get(task_type, self._crew.producers)
        assignees = [chance.pick(people)] if begins <= calendar.TODAY or chance.happens(0.8) else []
        if assignees and chance.happens(0.08):
            assignees = sorted({*assignees, chance.pick(people)})
        task = Task(chance.id(), task_type, place, begins, ends, status, assignees)
        self._rows("Task").add(
            task.id, task_type, place.id, place.project_id, "task", workflows.type_(task_type),
            workflows.status(status), workflows.priority(chance.pick(_PRIORITIES)), days * calendar.WORKDAY, sort,
            calendar.MORNING[begins], calendar.EVENING[ends], calendar.at(max(begins - 20, 0), 8),
            self._crew.producers[0], None,
        )  # fmt: skip
        return task

    def _status(self, begins: int, ends: int) -> str:
        if begins > calendar.TODAY:
            return "Ready to start" if begins < calendar.TODAY + 4 else "Not started"
        if ends < calendar.TODAY:
            return self._chance.pick(("Approved",) * 7 + ("Client approved",) * 2 + ("Revise",))
        return self._chance.pick(("In progress",) * 5 + (_WAITING,) * 3 + ("Revise", "On Hold"))

    def _describe(self, tasks: Sequence[Task], versions: Sequence[Version]) -> None:
        chance, attributes = self._chance, self._attributes
        for task in tasks:
            if chance.happens(0.4):
                attributes.set("difficulty", task.id, [chance.pick(("easy", "medium", "hard"))])
            if task.type_name == "Rendering":
                attributes.set("render_pool", task.id, [chance.pick(("day", "night", "cloud"))])
            if task.is_done and chance.happens(0.3):
                attributes.note(task.id, "Task", "published_from", f"/mnt/projects/{task.place.path}/work")
        for version in versions:
            attributes.set("reviewed", version.id, version.status != "Pending Review")
            if chance.happens(0.3):
                attributes.note(version.id, "AssetVersion", "renderer", chance.pick(("arnold", "karma", "cycles")))


def _keep(kept: list[Item], more: Sequence[Item]) -> None:
    """Add to what is gathered at a production's end, up to as much as is gathered at most."""
    kept.extend(more[: MOST - len(kept)])


def stand_in(tables: Tables, entity_type: str) -> str:
    """Return the entity type to make where the demo wants one: itself, or on a schema without it another container.

    Raises `SandboxUnsupported` when the schema has no type of context that anything could hang on.
    """
    if entity_type in tables.schema.types:
        return entity_type
    containers = [name for name in tables.schema.subtypes.get("TypedContext", ()) if name not in ("Task", "Milestone")]
    if not containers:
        raise SandboxUnsupported(
            f"The demo seed needs the entity type {entity_type} or another type of context to stand in for it, and the "
            'schema has none. Start with the seed "empty".'
        )
    return "Folder" if "Folder" in containers else min(containers)
