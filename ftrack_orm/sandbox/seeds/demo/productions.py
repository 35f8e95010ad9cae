"""Edge: inserts the productions of the demo: projects with their asset builds, sequences, shots and tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.sandbox.seeds import empty, workflows
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id

from . import calendar, names, scale
from .context_writer import ContextWriter
from .contexts import ContextRow
from .lists_and_reviews import ListsAndReviews
from .tasks import Tasks

if TYPE_CHECKING:
    from .attributes import AttributeWriter
    from .names import Production
    from .people import Crew
    from .random_source import RandomSource

_FIRST_FRAME = 1001


class Productions:
    """Inserts one production after the other."""

    def __init__(self, writer: RowWriter, random: RandomSource, crew: Crew, attributes: AttributeWriter) -> None:
        self._writer, self._random, self._crew, self._attributes = writer, random, crew, attributes
        self._contexts = ContextWriter(writer, random, crew)
        self._tasks = Tasks(writer, random, crew, attributes, self._contexts)
        self._lists_and_reviews = ListsAndReviews(writer, random, crew, attributes, self._tasks.discussion)

    def insert(self, numbers: scale.Scale) -> None:
        """Insert all productions."""
        weights = [production.weight for production in names.PRODUCTIONS]
        shots = scale.distribute_evenly(numbers.shots, numbers.sequences)
        sequence_tasks = scale.distribute_evenly(numbers.sequence_tasks, numbers.sequences)
        shot_tasks = scale.distribute_evenly(numbers.shot_tasks, numbers.shots)
        sequence_counts = scale.distribute_by_weight(numbers.sequences, weights)
        build_counts = scale.distribute_by_weight(numbers.builds, weights)
        for production, sequence_count, build_count in zip(
            names.PRODUCTIONS, sequence_counts, build_counts, strict=True
        ):
            project = self._insert_project(production)
            builds = self._insert_builds(production, project, build_count)
            for number in range(1, sequence_count + 1):
                sequence = self._insert_sequence(production, project, number, next(sequence_tasks))
                self._insert_shots(production, sequence, next(shots), shot_tasks, builds)
            self._lists_and_reviews.insert(project.id, *self._tasks.take_pending_review())

    def _insert_project(self, production: Production) -> ContextRow:
        schemas = {schema.name: schema.id for schema in workflows.PROJECT_SCHEMAS}
        id_, first, last = named_id("Project", production.name), *production.start_days
        self._writer.insert(
            "Project",
            "id project_id name full_name color context_type status root disk_id project_schema_id start_date end_date "
            "created_at created_by_id",
            [
                (
                    id_, id_, production.name, production.full_name, production.color, "show", "active",
                    production.name, empty.disk_id(), schemas[production.project_schema], calendar.DAY_START[first],
                    calendar.DAY_END[last + 60], calendar.timestamp(first, 8), self._crew.producers[0],
                )
            ],
        )  # fmt: skip
        types = [named_id("ManagerType", name) for name in empty.MANAGER_TYPES]
        managers = [
            (self._random.uuid(), id_, user, type_) for user, type_ in zip(self._crew.producers, types, strict=False)
        ]
        self._writer.insert("Manager", "id context_id user_id type_id", managers)
        self._tasks.work.allocate(id_, [*self._crew.groups, *self._crew.users])
        self._writer.links("Context", "scopes").add(id_, named_id("Scope", empty.SCOPES[0]))
        self._attributes.set("client", id_, f"{production.full_name} Pictures")
        self._attributes.set("colorspace", id_, "ACEScg")
        self._attributes.set("resolution", id_, ["4k"])
        self._attributes.set_metadata(id_, "Project", "delivery_format", "exr")
        project = ContextRow(id_, "Project", production.name, production.name, id_, 0)
        for sort, name in enumerate(names.MILESTONES):
            day = first + 30 + (last - first) * sort // len(names.MILESTONES)
            self._contexts.insert("Milestone", project, name, sort=sort, days=(day, day), type_name="Deliverable")
        return project

    def _insert_builds(self, production: Production, project: ContextRow, count: int) -> list[str]:
        """Insert the asset builds of a production, and return the ids of the first ones, which shots link to."""
        linked: list[str] = []
        folder = self._contexts.insert("Folder", project, "assets", sort=0)
        for sort in range(count):
            name, type_name = names.BUILDS[sort % len(names.BUILDS)]
            if sort >= len(names.BUILDS):
                name = f"{name}_{sort // len(names.BUILDS) + 1:02}"
            build = self._contexts.insert(
                "AssetBuild", folder, name, sort=sort, type_name=type_name, status="In progress"
            )
            if build.entity_type == "AssetBuild":
                self._attributes.set("reference", build.id, f"https://reference.example/{production.name}/{name}")
                linked += [build.id] if len(linked) < len(names.BUILDS) else []
            self._tasks.insert(production, build, names.BUILD_TASKS)
        return linked

    def _insert_sequence(self, production: Production, project: ContextRow, number: int, tasks: int) -> ContextRow:
        parent = self._episode(production, project, number) if production.has_episodes else project
        sequence = self._contexts.insert("Sequence", parent, f"sq{number * 10:03}", sort=number, status="In progress")
        self._tasks.work.allocate(sequence.id, [self._random.choice(self._crew.groups)])
        if self._random.chance(0.2):
            self._attributes.set("resolution", sequence.id, ["2k"])
        self._tasks.insert(production, sequence, names.SEQUENCE_TASKS[:tasks])
        return sequence

    def _episode(self, production: Production, project: ContextRow, sequence_number: int) -> ContextRow:
        """Return the episode of a sequence. Every fourth sequence starts a new one, which is inserted."""
        name = f"ep{(sequence_number - 1) // 4 + 1:02}"
        id_ = named_id("Episode", production.name, name)
        if sequence_number % 4 == 1:
            return self._contexts.insert("Episode", project, name, sort=sequence_number, status="In progress", id_=id_)
        return ContextRow(id_, "Episode", name, f"{project.path}/{name}", project.id, 1)

    def _insert_shots(
        self,
        production: Production,
        sequence: ContextRow,
        count: int,
        task_counts: Iterator[int],
        builds: Sequence[str],
    ) -> None:
        for number in range(10, 10 + count):
            status = "In progress" if production.name != "northern_lights" else "Completed"
            description = self._random.choice(names.SHOT_DESCRIPTIONS)
            name = f"sh{number * 10:04}"
            shot = self._contexts.insert("Shot", sequence, name, sort=number, status=status, description=description)
            self._insert_shot_attributes(production, sequence, shot, builds)
            chosen = sorted(names.SHOT_TASKS, key=lambda task: task[1])[: next(task_counts)]
            self._tasks.insert(production, shot, [task[0] for task in names.SHOT_TASKS if task in chosen])

    def _insert_shot_attributes(
        self, production: Production, sequence: ContextRow, shot: ContextRow, builds: Sequence[str]
    ) -> None:
        random, attributes = self._random, self._attributes
        attributes.set_metadata(shot.id, shot.entity_type, "camera", random.choice(("A", "B")))
        attributes.set_metadata(shot.id, shot.entity_type, "plate", f"{shot.path}/plate/v001")
        if random.chance(0.3):
            attributes.set("lens", shot.id, random.choice((24, 35, 50, 85)))
        if shot.entity_type != "Shot":
            return
        delivery_day = production.start_days[1] + random.integer(20, 60)
        attributes.set("fstart", shot.id, _FIRST_FRAME)
        attributes.set("fend", shot.id, _FIRST_FRAME + random.integer(30, 200))
        attributes.set("handles", shot.id, 8)
        attributes.set("client_code", shot.id, f"{production.name[:2]}_{sequence.name}_{shot.name}".upper())
        attributes.set("delivery_date", shot.id, {"__type__": "datetime", "value": calendar.DAY_END[delivery_day]})
        attributes.set("work", shot.id, random.choice((["roto"], ["cg"], ["roto", "cg"], ["cleanup"])))
        attributes.link(random.uuid(), "supervisor", shot.id, random.choice(self._crew.producers))
        if builds:
            attributes.link(random.uuid(), "uses_builds", shot.id, random.choice(builds))
