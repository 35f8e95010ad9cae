"""Inserting rows: unknown types and attributes are dropped, defaults are filled in, rows are inserted in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.sandbox.seeds import row_writer
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.relations import Through


@pytest.fixture
def database(ftrack_tables: Tables) -> Iterator[sa.Connection]:
    """An empty database with the tables of ftrack's own data model."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        ftrack_tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


def stored(connection: sa.Connection, tables: Tables, entity_type: str) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(sa.select(tables.table(entity_type))).mappings()]


def test_a_row_has_its_type_its_classifiers_and_the_defaults_of_the_schema(
    database: sa.Connection, ftrack_tables: Tables
) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("Shot", "id name", [("s1", "sh010")])
    (row,) = stored(database, ftrack_tables, "Shot")
    assert row[ENTITY_TYPE] == "Shot"
    assert row["object_type_id"] == "bad911de-3bd6-47b9-8b46-3476e237cb36"
    assert row["priority_id"] == "9661b320-3a0c-11e2-81c1-0800200c9a66"
    assert row["name"] == "sh010"


def test_booleans_without_a_default_are_false(database: sa.Connection, ftrack_tables: Tables) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("User", "id username", [("u1", "jane")])
    (row,) = stored(database, ftrack_tables, "User")
    assert row["is_active"] is False
    assert row["email"] is None


def test_a_reference_fills_a_foreign_key_that_is_not_an_attribute(
    database: sa.Connection, ftrack_tables: Tables
) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("Status", "id name state", [("s1", "Done", "state-1")])
    assert stored(database, ftrack_tables, "Status")[0]["state_id"] == "state-1"


def test_attributes_that_the_schema_lacks_are_dropped_at_any_position(
    database: sa.Connection, ftrack_tables: Tables
) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("Scope", "nonsense id rubbish name", [(1, "s1", 2, "Client"), (3, "s2", 4, "Vendor")])
        writer.insert("State", "id folly", [("only", 5)])
    assert [(row["id"], row["name"]) for row in stored(database, ftrack_tables, "Scope")] == [
        ("s1", "Client"),
        ("s2", "Vendor"),
    ]
    assert [row["id"] for row in stored(database, ftrack_tables, "State")] == ["only"]


def test_types_and_relations_that_the_schema_lacks_are_dropped(database: sa.Connection, ftrack_tables: Tables) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("Spaceship", "id name", [("s1", "Rocinante")])
        writer.links("Spaceship", "crew").add("s1", "u1")
        writer.links("Task", "crew").add("t1", "u1")
        writer.links("Task", "children").add("t1", "t2")
    assert not writer.has("Spaceship")
    for table in ftrack_tables.metadata.sorted_tables:
        assert database.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0


def test_rows_without_a_value_for_every_column_of_the_primary_key_are_dropped(
    database: sa.Connection, ftrack_tables: Tables
) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("Metadata", "parent_id value", [("t1", "x")])
    assert stored(database, ftrack_tables, "Metadata") == []


def test_the_first_of_two_names_for_one_column_fills_it(database: sa.Connection, ftrack_tables: Tables) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("Schema", "id project_schema_id object_type_id type_id", [("s1", "p1", "first", "second")])
    assert "first" in stored(database, ftrack_tables, "Schema")[0].values()


@pytest.mark.parametrize("value", [["easy"], 1.5, True, "text", None, {"__type__": "datetime", "value": "2024-01-01"}])
def test_values_of_any_type_are_stored_as_json(value: Any, database: sa.Connection, ftrack_tables: Tables) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.insert("CustomAttributeValue", "configuration_id entity_id value", [("c1", "t1", value)])
    assert stored(database, ftrack_tables, "CustomAttributeValue")[0]["value"] == value


def test_links_are_rows_of_a_link_table_without_an_entity_type(database: sa.Connection, ftrack_tables: Tables) -> None:
    with RowWriter(database, ftrack_tables) as writer:
        writer.links("Context", "scopes").add("p1", "s1")
    key = ftrack_tables.relation("Context", "scopes")
    assert isinstance(key, Through)
    _, near, far = ftrack_tables.link(key)
    assert database.execute(sa.select(near, far)).all() == [("p1", "s1")]


def test_rows_are_inserted_in_batches_and_the_rest_at_the_end(
    database: sa.Connection, ftrack_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_writer, "ROWS_PER_INSERT", 10)
    with RowWriter(database, ftrack_tables) as writer:
        scopes = writer.buffer("Scope", "id name")
        counts = []
        for number in range(25):
            scopes.add(f"s{number}", "x")
            counts.append(len(stored(database, ftrack_tables, "Scope")))
    assert counts[8:11] == [0, 10, 10]
    assert counts[-1] == 20
    assert len(stored(database, ftrack_tables, "Scope")) == 25


def test_pending_rows_are_not_inserted_when_seeding_fails(database: sa.Connection, ftrack_tables: Tables) -> None:
    with pytest.raises(RuntimeError), RowWriter(database, ftrack_tables) as writer:
        writer.buffer("Scope", "id name").add("s1", "x")
        raise RuntimeError
    assert stored(database, ftrack_tables, "Scope") == []


def test_ids_from_names_are_equal_for_equal_names_only() -> None:
    assert named_id("Group", "FX") == named_id("Group", "FX")
    assert len({named_id("Group", "FX"), named_id("Group", "Fx"), named_id("FX")}) == 3
