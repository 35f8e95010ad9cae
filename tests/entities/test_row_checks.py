"""Checking the types in the rows of a response."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.row_checks import ROWS_PER_BLOCK, check_rows
from ftrack_orm.schema.json_depth import MAX_DEPTH
from tests.entities.reading.small_schema import small_schema

SCHEMA = small_schema()
STATUS = {"__entity_type__": "Status", "id": "s"}


def task(**values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Task", "id": "t", **values}


def nested(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", 5),
        ("name", ["x"]),
        ("name", {"a": 1}),
        ("due", "2024-01-01"),
        ("due", True),
        ("due", {"__type__": "datetime", "value": "0000-00-00 00:00:00"}),
        ("due", {"__type__": "datetime", "value": nested(5)}),
        ("due", {"__type__": {}, "value": "x"}),
        ("data", "text"),
        ("data", nested(MAX_DEPTH + 1)),
        ("status", "s"),
        ("status", {"id": "s"}),
        ("status", {"__entity_type__": ["Status"], "id": "s"}),
        ("status", {"__entity_type__": {}, "id": "s"}),
        ("children", "text"),
        ("children", None),
        ("children", [None]),
        ("children", [[]]),
        ("metadata", {}),
        ("metadata", [5]),
        ("metadata", [{"__entity_type__": "Metadata", "parent_id": "t", "key": "k", "value": ["x"]}]),
    ],
)
def test_a_value_of_a_wrong_type_is_an_error_with_entity_type_and_attribute(attribute: str, value: Any) -> None:
    rows = [task(name="first"), task(**{attribute: value})]
    with pytest.raises(errors.ProtocolError) as caught:
        check_rows(SCHEMA, rows)
    assert caught.value.entity_type in ("Task", "Metadata")
    assert attribute in str(caught.value) or caught.value.entity_type == "Metadata"
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    "row",
    [
        None,
        "Task",
        [],
        {},
        {"id": "t"},
        {"__entity_type__": "Task"},
        {"__entity_type__": "Task", "id": None},
        {"__entity_type__": "Task", "id": {}},
        {"__entity_type__": "Metadata", "parent_id": "t"},
        {"__entity_type__": 5, "id": "t"},
        {"__entity_type__": [], "id": "t"},
    ],
)
def test_a_row_without_entity_type_or_key_is_an_error(row: Any) -> None:
    with pytest.raises(errors.ProtocolError, match="without entity type or key"):
        check_rows(SCHEMA, [task(), row])


def test_an_unknown_type_is_an_error_unless_it_is_allowed() -> None:
    unknown = {"__entity_type__": "Elephant", "id": "e", "trunk": 1}
    with pytest.raises(errors.UnknownEntityType):
        check_rows(SCHEMA, [dict(unknown)])
    with pytest.raises(errors.UnknownEntityType):
        check_rows(SCHEMA, [task(status=dict(unknown))])
    rows = [dict(unknown)]
    check_rows(SCHEMA, rows, allow_unknown_types=True)
    assert rows == [unknown]


def test_typed_values_are_decoded_in_all_rows() -> None:
    moment = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)
    rows = [task(due={"__type__": "datetime", "value": "2024-05-01T12:00:00"}), task(due=None)]
    rows.append(task(name="other", children=[task(due={"__type__": "datetime", "value": "2024-05-01T12:00:00"})]))
    check_rows(SCHEMA, rows)
    assert [rows[0]["due"], rows[1]["due"], rows[2]["children"][0]["due"]] == [moment, None, moment]


def test_keys_that_the_schema_does_not_know_are_removed_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    rows = [task(name="a", __dict__={}, mro=[1]), task(name="b", status={**STATUS, "__class__": 5})]
    with caplog.at_level(logging.INFO, "ftrack_orm.entities"):
        check_rows(SCHEMA, rows)
    assert rows == [task(name="a"), task(name="b", status=STATUS)]
    assert {record.args for record in caplog.records} == {
        ("'__dict__'", 1, "Task"),
        ("'mro'", 1, "Task"),
        ("'__class__'", 1, "Status"),
    }


def test_a_wrong_value_is_found_in_any_block_of_many_rows() -> None:
    for position in (0, ROWS_PER_BLOCK, 3 * ROWS_PER_BLOCK):
        rows = [task(name="x", status=dict(STATUS)) for _ in range(3 * ROWS_PER_BLOCK + 1)]
        check_rows(SCHEMA, rows)
        rows[position]["status"]["name"] = 1.5
        with pytest.raises(errors.ProtocolError, match=r"1\.5 as Status\.name"):
            check_rows(SCHEMA, rows)


def test_entities_in_entities_are_limited_to_a_depth() -> None:
    def tree(levels: int) -> dict[str, Any]:
        row = task(name="innermost")
        for _ in range(levels - 1):
            row = task(children=[row])
        return row

    check_rows(SCHEMA, [tree(MAX_DEPTH)])
    for levels in (MAX_DEPTH + 1, 900, 50_000):
        with pytest.raises(errors.ProtocolError, match="nested"):
            check_rows(SCHEMA, [tree(levels)])


def test_whole_numbers_are_accepted_as_keys() -> None:
    check_rows(SCHEMA, [{"__entity_type__": "Task", "id": 5, "name": "x"}])
