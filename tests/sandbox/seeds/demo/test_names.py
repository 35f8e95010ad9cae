"""The names of the demo refer to existing departments, task types and asset types."""

from __future__ import annotations

from ftrack_orm.sandbox.seeds import empty, workflows
from ftrack_orm.sandbox.seeds.demo import names

SHOT_TASKS = [name for name, _ in names.SHOT_TASKS]


def test_every_task_type_exists_and_belongs_to_a_department() -> None:
    task_types = {*SHOT_TASKS, *names.SEQUENCE_TASKS, *names.BUILD_TASKS}
    assert task_types <= set(workflows.VFX.task_types)
    assert task_types <= {task_type for types in names.DEPARTMENTS.values() for task_type in types}


def test_every_task_type_is_published_as_an_existing_asset_type() -> None:
    task_types = {*SHOT_TASKS, *names.SEQUENCE_TASKS, *names.BUILD_TASKS}
    assert set(names.PUBLISHED_AS) == task_types
    assert set(names.PUBLISHED_AS.values()) <= {name for name, *_ in empty.ASSET_TYPES}


def test_the_ranks_of_shot_tasks_are_consecutive() -> None:
    assert sorted(rank for _, rank in names.SHOT_TASKS) == list(range(len(SHOT_TASKS)))


def test_people_belong_to_the_departments_and_have_different_names() -> None:
    assert {department for *_, department in names.PEOPLE} == set(names.DEPARTMENTS)
    assert len({person[:2] for person in names.PEOPLE}) == len(names.PEOPLE)
