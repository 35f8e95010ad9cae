"""Rules for the rows of every seed: valid references, unique keys, equal rows on every run, support of any schema."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox import seeds
from ftrack_orm.sandbox.datamodel.unique_constraints import UNIQUE_CONSTRAINTS
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.relations import ForeignKey, HiddenKey, Inverse, Through
from tests.assertions import existing
from tests.sandbox.seeds.databases import SMALL, seeded_database, studio_tables

#: Required by the schema, but empty on real servers for object types without statuses or types.
MAY_BE_EMPTY = {"status_id", "type_id", "priority_id"}


def dump(connection: sa.Connection, tables: Tables) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
        for table in tables.metadata.sorted_tables
    }


def dangling(connection: sa.Connection, tables: Tables) -> list[str]:
    """Return the name of every relation with rows whose key refers to no row, over all relations of a schema."""
    names = []
    owners: dict[sa.Column[object], set[sa.Table]] = {}
    for (name, relation), key in tables.relations.items():
        entity_type = tables.schema.types.get(name)
        if entity_type is None or relation not in entity_type.attributes:
            continue
        target = entity_type.attributes[relation].target
        if target is None or target not in tables.schema.types:
            continue
        if isinstance(key, Through):
            _, near, far = tables.link(key)
            owners.setdefault(near, set()).add(tables.table(name))
            owners.setdefault(far, set()).add(tables.table(target))
        elif isinstance(key, Inverse):
            column = tables.key_column(target, key)
            owners.setdefault(column, set()).add(tables.table(name))
        elif isinstance(key, (ForeignKey, HiddenKey)) and tables.view(name) is None:
            column = tables.key_column(name, key)
            table = column.table
            of_type = table.c[ENTITY_TYPE].in_(tables.concrete(name))
            if has_dangling_key(connection, column, [tables.table(target)], of_type):
                names.append(f"{name}.{relation}")
    names.extend(str(column) for column, targets in owners.items() if has_dangling_key(connection, column, [*targets]))
    return names


def has_dangling_key(
    connection: sa.Connection, column: sa.Column[object], targets: list[sa.Table], *conditions: sa.ColumnElement[bool]
) -> bool:
    exists = [
        sa.exists().where(target.alias().c[target.primary_key.columns[0].name] == column).correlate(column.table)
        for target in targets
    ]
    statement = sa.select(column).where(column.is_not(None), *conditions, *[~each for each in exists]).limit(1)
    return connection.execute(statement).first() is not None


def test_every_reference_and_link_refers_to_a_row(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    assert dangling(seeded, ftrack_tables) == []


def test_the_check_of_references_detects_a_dangling_reference(ftrack_tables: Tables) -> None:
    connection = seeded_database(ftrack_tables, "empty")
    table = ftrack_tables.table("Status")
    connection.execute(sa.update(table).where(table.c.name == "Approved").values(state_id="nowhere"))
    assert dangling(connection, ftrack_tables) == ["Status.state"]


def test_every_required_attribute_has_a_value(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    empty = []
    for name, entity_type in ftrack_tables.schema.types.items():
        table = ftrack_tables.table(name)
        for attribute in entity_type.attributes.values():
            column = ftrack_tables.column(name, attribute.name) if attribute.kind is Kind.SCALAR else None
            if column is None or not attribute.required or attribute.name in MAY_BE_EMPTY:
                continue
            statement = sa.select(table).where(column.is_(None), table.c[ENTITY_TYPE] == name).limit(1)
            if seeded.execute(statement).first():
                empty.append(f"{name}.{attribute.name}")
    assert empty == []


def test_the_unique_constraints_of_the_server_hold(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    for unique in UNIQUE_CONSTRAINTS:
        columns = [existing(ftrack_tables.column(unique.entity_type, name)) for name in unique.attributes]
        of_type = ftrack_tables.table(unique.entity_type).c[ENTITY_TYPE]
        statement = sa.select(*columns).where(of_type.in_(ftrack_tables.concrete(unique.entity_type)))
        statement = statement.group_by(*columns).having(sa.func.count() > 1)
        assert seeded.execute(statement).first() is None, unique


def test_rows_have_the_classifiers_of_their_type(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    for name, entity_type in ftrack_tables.schema.types.items():
        table = ftrack_tables.table(name)
        for attribute, value in entity_type.classifiers.items():
            column = existing(ftrack_tables.column(name, attribute))
            values = set(seeded.execute(sa.select(column).where(table.c[ENTITY_TYPE] == name)).scalars())
            assert values <= {value}, name


def test_all_indexes_exist_after_seeding(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    inspector = sa.inspect(seeded)
    for table in ftrack_tables.metadata.sorted_tables:
        names = {index["name"] for index in inspector.get_indexes(table.name)}
        assert names == {index.name for index in table.indexes}


@pytest.mark.parametrize("name", seeds.NAMES)
def test_a_seed_is_the_same_on_every_run(name: Any, ftrack_tables: Tables) -> None:
    tasks = SMALL if name == "demo" else None
    assert dump(seeded_database(ftrack_tables, name, tasks), ftrack_tables) == dump(
        seeded_database(ftrack_tables, name, tasks), ftrack_tables
    )


def test_every_default_of_a_foreign_key_refers_to_a_row(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    for name, entity_type in ftrack_tables.schema.types.items():
        for attribute in entity_type.attributes.values():
            if attribute.foreign_key and attribute.default and not attribute.has_generated_default:
                table = ftrack_tables.table(attribute.foreign_key.split(".")[0])
                statement = sa.select(table.c.id).where(table.c.id == attribute.default)
                assert seeded.execute(statement).first(), f"{name}.{attribute.name}"


# -- refused arguments ---------------------------------------------------------------------------------------------


def test_an_unknown_seed_is_refused_with_a_suggestion(ftrack_tables: Tables) -> None:
    with pytest.raises(SettingsError, match=r"no seed 'demos'.*Did you mean 'demo'\?"):
        seeded_database(ftrack_tables, "demos")


def test_a_number_of_tasks_for_a_seed_without_tasks_is_refused(ftrack_tables: Tables) -> None:
    with pytest.raises(SettingsError, match="'empty' cannot be given a number"):
        seeded_database(ftrack_tables, "empty", 10)


def test_a_negative_number_of_tasks_is_refused(ftrack_tables: Tables) -> None:
    with pytest.raises(SettingsError, match="-1 tasks"):
        seeded_database(ftrack_tables, "demo", -1)


# -- schemas of a studio ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "without",
    [
        {"Shot"},
        {"Sequence", "Episode", "AssetBuild", "Milestone"},
        {"Note", "Recipient", "Metadata", "Timelog", "Timer", "Job"},
        {"ReviewSession", "ReviewSessionObject", "ReviewSessionInvitee", "List", "TypedContextList", "ListObject"},
        {"CustomAttributeLinkConfiguration", "CustomAttributeGroup", "UserSecurityRole", "Setting", "Disk"},
    ],
    ids=lambda without: min(without),
)
def test_types_that_the_schema_lacks_are_left_out_and_no_reference_dangles(without: Any) -> None:
    tables = studio_tables(without=without)
    connection = seeded_database(tables, "demo", 120)
    assert dangling(connection, tables) == []
    context = tables.table("Context")
    count = sa.select(sa.func.count()).select_from(context).where(context.c[ENTITY_TYPE] == "Task")
    assert connection.execute(count).scalar() == 120


def test_attributes_that_the_schema_lacks_are_left_out() -> None:
    tables = studio_tables(attributes={"description", "color", "bid", "comment", "custom_attributes", "is_active"})
    connection = seeded_database(tables, "demo", 120)
    assert "bid" not in tables.table("Task").c
    assert dangling(connection, tables) == []
