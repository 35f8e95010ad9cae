"""The custom attributes of the demo."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.query.language.parser import parse
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.sandbox.writing import custom_attribute_types
from tests.sandbox.seeds.databases import NOW


def test_every_value_of_a_custom_attribute_is_valid(demo: sa.Connection, ftrack_tables: Tables) -> None:
    attribute_type = ftrack_tables.table("CustomAttributeType")
    names = dict(demo.execute(sa.select(attribute_type.c.id, attribute_type.c.name)).all())
    configuration = ftrack_tables.table("CustomConfigurationBase")
    configurations = {row["id"]: dict(row) for row in demo.execute(sa.select(configuration)).mappings()}
    used = set()
    for row in demo.execute(sa.select(ftrack_tables.table("CustomAttributeValue"))).mappings():
        type_name = names[configurations[row["configuration_id"]]["type_id"]]
        value = custom_attribute_types.validate_value(configurations[row["configuration_id"]], type_name, row["value"])
        assert value == row["value"]
        used.add(type_name)
    assert used >= {"text", "number", "boolean", "date", "enumerator", "dynamic enumerator", "url"}
    assert {names[row["type_id"]] for row in configurations.values() if row["type_id"]} == set(names.values())


def test_a_query_returns_the_custom_attributes_that_apply_to_an_entity(
    demo: sa.Connection, ftrack_tables: Tables
) -> None:
    text = 'select custom_attributes.key, custom_attributes.value from Shot where parent.parent.name is "demo" limit 1'
    (shot,) = run_query(demo, ftrack_tables, parse(text), Serializer(), NOW).data
    values = {item["key"]: item["value"] for item in shot["custom_attributes"]}
    assert values["fend"] > values["fstart"] == 1001
    assert values["duration"] == "{self.fend - self.fstart + 1}"
    assert "difficulty" not in values


def test_shots_link_to_asset_builds_and_supervisors(demo: sa.Connection, ftrack_tables: Tables) -> None:
    link, context, user = (ftrack_tables.table(name) for name in ("CustomAttributeLink", "Context", "User"))
    targets = set(demo.execute(sa.select(link.c.to_id)).scalars())
    builds = set(demo.execute(sa.select(context.c.id).where(context.c.id.in_(targets))).scalars())
    supervisors = set(demo.execute(sa.select(user.c.id).where(user.c.id.in_(targets))).scalars())
    assert builds
    assert supervisors
    assert targets == builds | supervisors


def test_metadata_belongs_to_existing_entities(demo: sa.Connection, ftrack_tables: Tables) -> None:
    metadata = ftrack_tables.table("Metadata")
    for parent_type in demo.execute(sa.select(metadata.c.parent_type).distinct()).scalars():
        parent = ftrack_tables.table(parent_type)
        known = sa.select(parent.c.id)
        dangling = sa.select(metadata).where(metadata.c.parent_type == parent_type, metadata.c.parent_id.not_in(known))
        assert demo.execute(dangling.limit(1)).first() is None
