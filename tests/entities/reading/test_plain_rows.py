"""Rows as plain data, on a schema of the test's own and on rows as a denormalised answer has them."""

import json

import pytest

from ftrack_orm.entities.reading.plain_rows import PlainRows, plain_value
from ftrack_orm.entities.reading.projections import complete_projections
from ftrack_orm.errors import ProtocolError
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.parser import parse
from ftrack_orm.schema.model import Schema

TEXT = {"type": "string"}


def _type(entity_type, defaults, /, **properties):
    return {
        "id": entity_type,
        "primary_key": ["id"],
        "default_projections": defaults,
        "properties": {"id": TEXT, **properties},
    }


@pytest.fixture(scope="module")
def schema():
    many = {"type": "array", "items": {"$ref": "Task"}}
    metadata = {"type": "mapped_array", "items": {"$ref": "Metadata"}, "key_value_attributes": PAIR}
    task = {"name": TEXT, "due": {"type": "string", "format": "date-time"}, "data": {"type": "object"}}
    entry = {"id": "Metadata", "primary_key": ["parent_id", "key"], "default_projections": []}
    names = ("parent_id", "key", "value", "note")
    return Schema.from_answer(
        [
            _type("Task", ["name"], **task, status={"$ref": "Status"}, children=many, metadata=metadata),
            _type("Status", ["name", "color"], name=TEXT, color=TEXT),
            {**entry, "properties": dict.fromkeys(names, TEXT)},
        ]
    )


PAIR = {"key": "key", "value": "value"}


def entity(entity_type, id, /, **values):
    return {"__entity_type__": entity_type, "id": id, **values}


def entry(key, value, **values):
    return {"__entity_type__": "Metadata", "parent_id": "t", "key": key, "value": value, **values}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Task", "select name from Task"),
        ("Metadata", "select parent_id, key from Metadata"),
        ("select status from Task", "select status.id, status.name, status.color from Task"),
        ("select status, status.name, id from Task", "select status.id, status.name, status.color, id from Task"),
        ("select children.metadata from Task", "select children.metadata.key, children.metadata.value from Task"),
        ("select children[Task].status.name from Task", "select children[Task].status.name from Task"),
        ("select nowhere.name from Task", "select nowhere.name from Task"),
    ],
)
def test_what_a_query_leaves_open_is_filled_in(schema, text, asked):
    assert compile_select(complete_projections(parse(text), schema)) == asked


def row_of(schema, projections, row):
    plain = PlainRows(parse(f"select {projections} from Task"), schema).row(row)
    assert json.loads(json.dumps(plain)) == plain
    return plain


def test_a_row_has_type_key_and_what_was_selected_and_nothing_the_server_adds(schema):
    row = entity("Task", "t", name="x", project_id="p", status=entity("Status", "s", name="Done", sort=3))
    assert row_of(schema, "name, status.name", row) == entity(
        "Task", "t", name="x", status=entity("Status", "s", name="Done")
    )
    assert row_of(schema, "status.name", row) == entity("Task", "t", status=entity("Status", "s", name="Done"))


def test_an_entity_that_comes_up_again_is_told_in_full_again(schema):
    done = entity("Status", "s", name="Done")
    children = [entity("Task", "a", status=done), entity("Task", "b", status=done)]
    row = row_of(schema, "status.name, children.status.name", entity("Task", "t", status=done, children=children))
    assert row["status"] == row["children"][0]["status"] == row["children"][1]["status"] == done
    assert row["children"][0]["status"] is not row["children"][1]["status"]


def test_nothing_related_is_none_or_an_empty_list(schema):
    row = entity("Task", "t", status=None, children=[])
    assert row_of(schema, "status.name, children.name", row) == row


def test_moments_are_text_in_utc_and_objects_are_left_as_they_are(schema):
    moment = {"__type__": "datetime", "value": "2024-05-31T10:00:00"}
    row = entity("Task", "t", due=moment, data={"x": [1, {"at": moment}], "y": None})
    assert row_of(schema, "due, data", row) == entity(
        "Task",
        "t",
        due="2024-05-31T10:00:00+00:00",
        data={"x": [1, {"at": "2024-05-31T10:00:00+00:00"}], "y": None},
    )


def test_a_mapped_collection_selected_as_a_whole_is_a_dict(schema):
    row = entity("Task", "t", metadata=[entry("a", "1"), entry("b", None)])
    assert row_of(schema, "metadata", row) == entity("Task", "t", metadata={"a": "1", "b": None})
    assert row_of(schema, "metadata, metadata.key", row) == entity("Task", "t", metadata={"a": "1", "b": None})


def test_a_mapped_collection_of_which_more_or_less_was_selected_is_a_list(schema):
    row = entity("Task", "t", metadata=[entry("a", "1", note="n")])
    assert row_of(schema, "metadata.value", row) == entity("Task", "t", metadata=[entry("a", "1")])
    assert row_of(schema, "metadata, metadata.note", row) == row


def test_a_mapped_collection_below_another_relation_is_a_dict_too(schema):
    row = entity("Task", "t", children=[entity("Task", "c", metadata=[entry("a", "1")])])
    assert row_of(schema, "children.metadata", row)["children"] == [entity("Task", "c", metadata={"a": "1"})]


def test_an_entity_of_a_type_that_the_schema_has_not_heard_of_is_told_too(schema):
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
def test_a_row_that_is_not_whole_is_refused(schema, row):
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
def test_values_are_plain(value, plain):
    assert plain_value(value) == plain
