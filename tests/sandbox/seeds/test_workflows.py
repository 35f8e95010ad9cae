"""The statuses, types and project schemas of a fresh server as data."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox.seeds import workflows
from ftrack_orm.sandbox.seeds.workflows import PROJECT_SCHEMAS, ProjectSchemaSeed


@pytest.mark.parametrize("project_schema", PROJECT_SCHEMAS, ids=lambda project_schema: project_schema.name)
def test_a_project_schema_refers_to_existing_statuses_and_types(project_schema: ProjectSchemaSeed) -> None:
    statuses = {*project_schema.task_statuses, *project_schema.version_statuses}
    types = set(project_schema.task_types)
    for schema_statuses, schema_types in project_schema.schemas.values():
        statuses.update(schema_statuses)
        types.update(schema_types)
    for task_type, override in project_schema.overrides.items():
        statuses.update(override)
        types.add(task_type)
    assert statuses <= set(workflows.STATUSES)
    assert types <= set(workflows.TYPES)
    for template in project_schema.templates.values():
        assert set(template) <= set(project_schema.task_types)


def test_every_status_has_an_existing_state() -> None:
    assert {state for _, state, _ in workflows.STATUSES.values()} <= set(workflows.STATES)


def test_ids_are_unique() -> None:
    for rows in (workflows.STATES, workflows.STATUSES, workflows.PRIORITIES, workflows.TYPES):
        ids = [row[0] for row in rows.values()]
        assert len(set(ids)) == len(ids)


def test_names_lead_to_ids() -> None:
    assert workflows.status_id("Not started") == "44dd9fb2-4164-11df-9218-0019bb4983d8"
    assert workflows.type_id("Animation") == "44dc3636-4164-11df-9218-0019bb4983d8"
    assert workflows.priority_id("High") == "847f9cda-ead3-11e2-846c-f23c91dfaa16"
