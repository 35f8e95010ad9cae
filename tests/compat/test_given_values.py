"""Values that the server takes for others, dates as text and numbers as booleans, are converted by the schema."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm.compat.given_values import given_value, given_values
from ftrack_orm.sandbox.datamodel import load
from ftrack_orm.schema.model import Schema

SCHEMA = Schema.from_response(load().schemas)
MOMENT = datetime.datetime(2024, 5, 6, 10, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("end_date", "2024-05-06T10:00:00", MOMENT),
        ("end_date", "2024-05-06T12:00:00+02:00", MOMENT),
        ("end_date", "2024-05-06", MOMENT.replace(hour=0)),
        ("end_date", "tomorrow", "tomorrow"),
        ("end_date", MOMENT.replace(tzinfo=None), MOMENT),
        ("name", "2024-05-06", "2024-05-06"),
        ("bid", 1, 1),
        ("no such attribute", "2024-05-06", "2024-05-06"),
    ],
)
def test_text_becomes_a_date_where_the_schema_has_one(name: str, value: Any, given: Any) -> None:
    assert given_value(SCHEMA, "Task", name, value) == given


@pytest.mark.parametrize(("value", "given"), [(1, True), (0, False), (2, 2), ("yes", "yes")])
def test_numbers_become_booleans(value: Any, given: Any) -> None:
    found = given_value(SCHEMA, "Note", "is_todo", value)
    assert (found, type(found)) == (given, type(given))


def test_the_data_of_an_entity_is_converted_name_by_name() -> None:
    data = {"content": "a", "is_todo": 1, "date": "2024-05-06T10:00:00"}
    assert given_values(SCHEMA, "Note", data) == {"content": "a", "is_todo": True, "date": MOMENT}
    assert given_values(SCHEMA, "NoSuchType", {"a": 1}) == {"a": 1}
