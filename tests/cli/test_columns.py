"""The columns that commands show."""

from __future__ import annotations

import pytest

from ftrack_orm.cli.columns import (
    attributes_at,
    named_columns,
    naming_attribute,
    record_columns,
    split_columns,
    table_columns,
)
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(list(datamodel.load().schemas))


def test_columns_are_separated_by_commas_and_kept_once() -> None:
    assert split_columns(["name, status.name", "name,,id"]) == ["name", "status.name", "id"]
    assert split_columns([]) == []


def test_each_type_has_a_few_columns_and_a_record(schema: Schema) -> None:
    for entity_type in schema.types.values():
        columns = table_columns(schema, entity_type)
        assert set(entity_type.primary_key) <= set(columns)
        assert len(columns) == len(set(columns)) <= 7
        record = record_columns(schema, entity_type)
        assert all(attributes_at(schema, entity_type.name, each) for each in (*columns, *record))
        assert not any(each.restricted for column in record for each in attributes_at(schema, entity_type.name, column))


def test_a_narrow_terminal_shows_names_without_ids(schema: Schema) -> None:
    task = schema["Task"]
    names = "name parent.name project.name type.name status.name priority.name"
    assert table_columns(schema, task, 80) == names.split()
    assert table_columns(schema, task, 120)[-1] == "id"


def test_a_column_that_ends_on_an_entity_shows_its_name(schema: Schema) -> None:
    columns = ["status", "name", "parent[Shot].status", "timelogs.user", "gone.name", "status.name", "metadata"]
    assert named_columns(schema, "Task", columns) == [
        *("status.name", "name", "parent[Shot].status.name", "timelogs.user.username", "gone.name", "metadata")
    ]


def test_types_have_naming_attributes(schema: Schema) -> None:
    names = {name: naming_attribute(schema[name]) for name in ("Task", "User", "Note", "Timelog")}
    assert names == {"Task": "name", "User": "username", "Note": None, "Timelog": "name"}
