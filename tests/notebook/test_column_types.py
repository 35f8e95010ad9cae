"""The types of columns, which follow from the schema and from configurations."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, attr
from ftrack_orm.notebook.column_types import ColumnType, default_columns, type_of_column
from ftrack_orm.query.columns import Column, build_columns
from ftrack_orm.schema.attribute import ValueType
from tests.custom_attributes import Configure
from tests.production import Production


def types_of(session: Session, entity_type: str, *columns: Any) -> list[ColumnType]:
    query = session.query(entity_type)
    return [
        type_of_column(column, entity_type, session._workspace.schema, lambda owner, item: [])
        for column in build_columns(query, columns, {})
    ]


def test_scalars_have_the_types_of_the_schema_over_any_number_of_relations(session: Session) -> None:
    paths = ("name", "bid", "end_date", "priority.sort", "project.is_private", "link", "metadata")
    assert [(each.value, each.is_list) for each in types_of(session, "Task", *paths)] == [
        (ValueType.TEXT, False),
        (ValueType.NUMBER, False),
        (ValueType.DATETIME, False),
        (ValueType.INTEGER, False),
        (ValueType.BOOLEAN, False),
        (ValueType.ANY, False),
        (ValueType.OBJECT, False),
    ]


def test_a_column_through_a_collection_is_a_list(session: Session) -> None:
    (names, moments) = types_of(session, "Shot", "children.name", "assets.versions.date")
    assert names == ColumnType(ValueType.TEXT, is_list=True)
    assert moments == ColumnType(ValueType.DATETIME, is_list=True)


def test_an_item_of_metadata_is_text(session: Session) -> None:
    (item,) = types_of(session, "Task", attr("metadata")["renderer"])
    assert item == ColumnType(ValueType.TEXT)


def test_aggregates_have_the_types_of_their_functions(session: Session) -> None:
    query = session.query("Task").group_by("status.name").select("count(id)", "sum(bid)", "max(end_date)")
    schema = session._workspace.schema
    types = [
        type_of_column(Column("", each), "Task", schema, lambda owner, item: []) for each in query.node.projections
    ]
    assert [each.value for each in types] == [ValueType.INTEGER, ValueType.NUMBER, ValueType.DATETIME]


@pytest.mark.parametrize(
    ("kind", "value_type", "is_list"),
    [
        ("text", ValueType.TEXT, False),
        ("boolean", ValueType.BOOLEAN, False),
        ("number", ValueType.NUMBER, False),
        ("date", ValueType.DATETIME, False),
        ("enumerator", ValueType.TEXT, True),
    ],
)
def test_custom_attributes_have_the_types_of_their_configurations(
    session: Session, production: Production, configure: Configure, kind: str, value_type: ValueType, is_list: bool
) -> None:
    key = configure(f"a_{kind}", kind)
    table = (
        session.query("Task").where(project_id=production.project).to_arrow(session.types.Task.custom_attributes[key])
    )
    (column,) = build_columns(session.query("Task"), [session.types.Task.custom_attributes[key]], {})
    configurations = [each for each in session._parts.configurations if each.key == key]
    found = type_of_column(column, "Task", session._workspace.schema, lambda owner, item: configurations)
    assert found == ColumnType(value_type, is_list)
    assert table.num_rows == 12


def test_a_key_that_is_configured_as_two_types_is_open(session: Session, configure: Configure) -> None:
    key = configure("mixed", "number")
    number = next(each for each in session._parts.configurations if each.key == key)
    text = type(number)(id="other", key=key, label=key, kind="text", entity_type="task")
    (column,) = build_columns(session.query("Task"), [session.types.Task.custom_attributes[key]], {})
    found = type_of_column(column, "Task", session._workspace.schema, lambda owner, item: [number, text])
    assert found == ColumnType(ValueType.ANY)


def test_a_whole_type_has_its_scalars_and_the_names_of_what_it_refers_to(session: Session) -> None:
    columns = default_columns("Task", session._workspace.schema)
    assert columns[:2] == ["id", "name"]
    assert {"bid", "end_date", "status.name", "parent.name", "project.name"} < set(columns)
    assert not {"status_id", "parent_id", "thumbnail_url", "thumbnail.name", "_link"} & set(columns)
    assert "user.username" in default_columns("AssetVersion", session._workspace.schema)
    for name in session._workspace.schema.types:
        assert default_columns(name, session._workspace.schema)
