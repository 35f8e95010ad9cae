"""Rows of denormalised responses as plain data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftrack_orm.entities.reading.plain_rows import PlainRows, plain_value
from ftrack_orm.errors import ProtocolError
from ftrack_orm.query.language.parser import parse
from ftrack_orm.schema.model import Schema

from .small_schema import small_schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return small_schema()


def entity(entity_type: str, id: str, /, **values: Any) -> dict[str, Any]:
    return {"__entity_type__": entity_type, "id": id, **values}


def entry(key: str, value: Any, **values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Metadata", "parent_id": "t", "key": key, "value": value, **values}


def row_of(schema: Schema, projections: str, row: dict[str, Any]) -> dict[str, Any]:
    plain = PlainRows(parse(f"select {projections} from Task"), schema).row(row)
    assert json.loads(json.dumps(plain)) == plain
    return plain


def test_a_row_has_type_key_and_selected_attributes_only(schema: Schema) -> None:
    row = entity("Task", "t", name="x", project_id="p", status=entity("Status", "s", name="Done", sort=3))
    assert row_of(schema, "name, status.name", row) == entity(
        "Task", "t", name="x", status=entity("Status", "s", name="Done")
    )
    assert row_of(schema, "status.name", row) == entity("Task", "t", status=entity("Status", "s", name="Done"))


def test_an_entity_that_recurs_is_complete_each_time(schema: Schema) -> None:
    done = entity("Status", "s", name="Done")
    children = [entity("Task", "a", status=done), entity("Task", "b", status=done)]
    row = row_of(schema, "status.name, children.status.name", entity("Task", "t", status=done, children=children))
    assert row["status"] == row["children"][0]["status"] == row["children"][1]["status"] == done
    assert row["children"][0]["status"] is not row["children"][1]["status"]


def test_an_empty_relation_is_none_or_an_empty_list(schema: Schema) -> None:
    row = entity("Task", "t", status=None, children=[])
    assert row_of(schema, "status.name, children.name", row) == row


def test_datetimes_are_text_in_utc_and_objects_are_unchanged(schema: Schema) -> None:
    moment = {"__type__": "datetime", "value": "2024-05-31T10:00:00"}
    row = entity("Task", "t", due=moment, data={"x": [1, {"at": moment}], "y": None})
    assert row_of(schema, "due, data", row) == entity(
        "Task",
        "t",
        due="2024-05-31T10:00:00+00:00",
        data={"x": [1, {"at": "2024-05-31T10:00:00+00:00"}], "y": None},
    )


def test_a_mapped_collection_selected_as_a_whole_is_a_dict(schema: Schema) -> None:
    row = entity("Task", "t", metadata=[entry("a", "1"), entry("b", None)])
    assert row_of(schema, "metadata", row) == entity("Task", "t", metadata={"a": "1", "b": None})
    assert row_of(schema, "metadata, metadata.key", row) == entity("Task", "t", metadata={"a": "1", "b": None})


def test_a_mapped_collection_with_other_selected_attributes_is_a_list(schema: Schema) -> None:
    row = entity("Task", "t", metadata=[entry("a", "1", note="n")])
    assert row_of(schema, "metadata.value", row) == entity("Task", "t", metadata=[entry("a", "1")])
    assert row_of(schema, "metadata, metadata.note", row) == row


def test_a_mapped_collection_below_another_relation_is_a_dict_too(schema: Schema) -> None:
    row = entity("Task", "t", children=[entity("Task", "c", metadata=[entry("a", "1")])])
    assert row_of(schema, "children.metadata", row)["children"] == [entity("Task", "c", metadata={"a": "1"})]


def test_an_entity_of_a_type_that_is_not_in_the_schema_is_included(schema: Schema) -> None:
    row = entity("Task", "t", status=entity("Novelty", "n", name="x"))
    assert row_of(schema, "status.name", row) == entity("Task", "t", status=entity("Novelty", "n", name="x"))


@pytest.mark.parametrize(
    "row",
    [
        {"id": "t"},
        {"__entity_type__": "Task"},
        entity("Task", "t", metadata=[{"__entity_type__": "Metadata", "parent_id": "t", "key": "a"}]),
    ],
)
def test_an_incomplete_row_is_refused(schema: Schema, row: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match="incomplete row"):
        row_of(schema, "name, metadata", row)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (3.5, 3.5),
        ({"__type__": "date", "value": "2024-05-31"}, "2024-05-31"),
        ({"__type__": "datetime", "value": None}, None),
        ([{"__type__": "date", "value": "2024-05-31"}], ["2024-05-31"]),
    ],
)
def test_values_are_plain(value: Any, plain: Any) -> None:
    assert plain_value(value) == plain
