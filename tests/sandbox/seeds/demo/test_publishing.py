"""The assets, versions and components of the demo."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables


def test_versions_of_an_asset_are_numbered_from_one_without_gaps(demo: sa.Connection, ftrack_tables: Tables) -> None:
    version = ftrack_tables.table("AssetVersion")
    first, last, count = sa.func.min(version.c.version), sa.func.max(version.c.version), sa.func.count()
    rows = demo.execute(sa.select(first, last, count).group_by(version.c.asset_id)).all()
    assert {row[0] for row in rows} == {1}
    assert all(last == count for _, last, count in rows)
    assert max(last for _, last, _ in rows) > 2


def test_every_version_has_a_main_component_with_a_location(demo: sa.Connection, ftrack_tables: Tables) -> None:
    version, component, location = (
        ftrack_tables.table(name) for name in ("AssetVersion", "Component", "ComponentLocation")
    )
    located = (
        sa.select(component.c.version_id)
        .join(location, location.c.component_id == component.c.id)
        .where(component.c.name == "main")
    )
    assert demo.execute(sa.select(version.c.id).where(version.c.id.not_in(located))).all() == []


def test_components_on_the_server_are_identified_by_their_id(demo: sa.Connection, ftrack_tables: Tables) -> None:
    location = ftrack_tables.table("ComponentLocation")
    statement = sa.select(location.c.component_id, location.c.resource_identifier).where(
        location.c.location_id == "3a372bde-05bc-11e4-8908-20c9d081909b"
    )
    rows = demo.execute(statement).all()
    assert rows
    assert all(component_id == identifier for component_id, identifier in rows)
