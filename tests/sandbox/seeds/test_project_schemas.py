"""The project schemas of a fresh server."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.relations import Through
from tests.sandbox.seeds.databases import seeded_database, studio_tables


def test_a_project_schema_has_workflows_types_and_object_types(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    def link_counts(entity_type: str, relation: str) -> dict[str, int]:
        key = ftrack_tables.relation(entity_type, relation)
        assert isinstance(key, Through)
        _, near, _ = ftrack_tables.link(key)
        return dict(seeded.execute(sa.select(near, sa.func.count()).group_by(near)).all())

    table = ftrack_tables.table("ProjectSchema")
    rows = seeded.execute(sa.select(table)).mappings().all()
    assert {row["name"] for row in rows} == {"VFX", "Animation"}
    statuses, types = link_counts("WorkflowSchema", "statuses"), link_counts("TaskTypeSchema", "types")
    for row in rows:
        assert statuses[row["task_workflow_schema_id"]] > statuses[row["asset_version_workflow_schema_id"]] > 0
        assert types[row["task_type_schema_id"]] > 10
        assert link_counts("ProjectSchema", "object_types")[row["id"]] == 7


def test_every_project_schema_allows_the_object_types_of_a_studio() -> None:
    tables = studio_tables(plus={"ImagePlane": "0c0ffee0-0000-4000-a000-000000000001"})
    connection = seeded_database(tables, "empty")
    key = tables.relation("ProjectSchema", "object_types")
    assert isinstance(key, Through)
    _, near, far = tables.link(key)
    statement = sa.select(near).where(far == "0c0ffee0-0000-4000-a000-000000000001")
    assert len(connection.execute(statement).all()) == 2
