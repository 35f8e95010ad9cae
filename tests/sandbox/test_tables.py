"""The tables and columns of attributes and relations."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported, UnknownAttribute, UnknownEntityType
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.relations import Inverse, Through


def name_of(column: sa.Column[object] | None) -> str:
    assert column is not None
    return column.name


def test_a_family_shares_one_table_with_the_attributes_of_all_its_types(tables: Tables) -> None:
    assert tables.table("Task") is tables.table("Project") is tables.table("Context")
    assert tables.table("Task").name == "Context"
    assert {"name", "bid", "full_name", "status_id", ENTITY_TYPE} <= set(tables.table("Context").c.keys())


def test_unknown_names_are_refused(tables: Tables) -> None:
    with pytest.raises(UnknownEntityType):
        tables.table("Tsak")
    with pytest.raises(UnknownAttribute):
        tables.column("Task", "nmae")
    with pytest.raises(SandboxUnsupported, match=r"Task\.name"):
        tables.relation("Task", "name")


@pytest.mark.parametrize(
    ("entity_type", "attribute"),
    [
        ("Task", "link"),
        ("Task", "time_logged"),
        ("Task", "thumbnail_url"),
        ("Task", "status"),
        ("AssetVersion", "is_latest_version"),
        ("ContextCustomAttributeValue", "key"),
        ("CustomAttributeLinkFrom", "to_entity_type"),
    ],
)
def test_computed_attributes_have_no_column(tables: Tables, entity_type: str, attribute: str) -> None:
    assert tables.column(entity_type, attribute) is None


def test_attributes_with_one_internal_name_share_a_column(tables: Tables) -> None:
    first = tables.column("UserSecurityRole", "is_all_projects")
    assert first is tables.column("UserSecurityRole", "is_all_open_projects") is not None


def test_text_is_case_insensitive_and_ids_are_not(tables: Tables) -> None:
    collations = {
        name: getattr(tables.table("Context").c[name].type, "collation", None)
        for name in ("name", "id", "parent_id", "status_id", "created_at")
    }
    assert collations == {"name": "NOCASE", "id": None, "parent_id": None, "status_id": None, "created_at": None}


def test_a_type_has_the_concrete_types_of_its_rows(tables: Tables) -> None:
    assert tables.concrete("Task") == ("Task",)
    assert set(tables.concrete("Context")) == {"Context", "Project", "TypedContext", "Task", "Shot"}
    assert tables.concrete("NoteCategory") == tables.concrete("NoteLabel")
    assert tables.concrete("ContextCustomAttributeValue") == ("CustomAttributeValue",)


def test_views_restrict_the_rows_they_show(tables: Tables) -> None:
    view = tables.view("ContextCustomAttributeValue")
    assert view is not None
    assert (view.column, view.target) == ("entity_id", "Context")
    view = tables.view("UserCustomAttributeLink")
    assert view is not None
    assert (view.column, view.target) == ("to_id", "User")
    view = tables.view("NoteCategory")
    assert view is not None
    assert view.column is None
    assert tables.view("Task") is None
    assert tables.table("CustomAttributeLinkFrom") is tables.table("CustomAttributeLink")


def test_a_relation_of_a_base_type_is_found_for_its_subtypes(tables: Tables) -> None:
    assert tables.relation("Task", "children") == Inverse("parent_id")


def test_hidden_keys_and_hidden_links_have_columns(tables: Tables) -> None:
    assert "state_id" in tables.table("Status").c
    table, near, far = tables.link(Through("TaskTypeSchemaType", "type_id", "task_type_schema_id"))
    other, other_near, other_far = tables.link(Through("TaskTypeSchemaType", "task_type_schema_id", "type_id"))
    assert table is other
    assert (near, far) == (other_far, other_near)


def test_a_link_that_is_an_entity_type_has_the_table_of_that_type(tables: Tables) -> None:
    table, near, far = tables.link(Through("ListObject", "list_id", "entity_id"))
    assert table is tables.table("ListObject")
    assert (near.name, far.name) == ("list_id", "entity_id")


def test_columns_of_relations_are_indexed(tables: Tables) -> None:
    indexed = {column.name for index in tables.table("Context").indexes for column in index.columns}
    assert {"parent_id", "status_id", "project_id", "object_type_id", ENTITY_TYPE} <= indexed
    assert "entity_id" in {column.name for index in tables.table("ListObject").indexes for column in index.columns}


def test_an_integer_key_is_generated(tables: Tables, connection: sa.Connection) -> None:
    events = tables.table("Event")
    inserted = connection.execute(events.insert(), {"action": "x", ENTITY_TYPE: "Event"})
    assert inserted.inserted_primary_key == (1,)


def test_a_composite_key_has_the_order_of_the_schema(tables: Tables) -> None:
    assert [column.name for column in tables.table("Metadata").primary_key] == ["parent_id", "key"]


def test_a_column_has_the_name_of_its_attribute(tables: Tables) -> None:
    assert name_of(tables.column("Task", "created_at")) == "created_at"
