"""Conversion of single values to columns and back."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import ServerValidationError
from ftrack_orm.sandbox.writing import column_values
from ftrack_orm.schema.model import Schema
from tests.sandbox.studio import Studio

TYPE = Schema.from_response(
    [
        {
            "id": "Thing",
            "primary_key": ["id"],
            "properties": {
                "id": {"type": "string"},
                "when": {"type": "string", "format": "date-time"},
                "name": {"type": "string"},
                "count": {"type": "integer"},
                "size": {"type": "number"},
                "open": {"type": "boolean"},
                "any": {"type": "variable"},
            },
        }
    ]
).type("Thing")

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
DATETIMES = st.datetimes(
    min_value=datetime.datetime(1900, 1, 2), max_value=datetime.datetime(2200, 1, 1), timezones=OFFSETS
)


@given(DATETIMES, st.booleans())
def test_a_datetime_survives_except_for_fractions(value: datetime.datetime, typed: bool) -> None:
    attribute = TYPE.attribute("when")
    text = value.isoformat()
    column = column_values.from_json(TYPE, attribute, {"__type__": "datetime", "value": text} if typed else text)
    parsed = column_values.parse_datetime_value(column_values.to_json(attribute, column))
    assert parsed is not None
    assert parsed == value.replace(microsecond=0)


@given(DATETIMES, DATETIMES)
def test_stored_datetimes_sort_as_text(one: datetime.datetime, other: datetime.datetime) -> None:
    first, second = one.replace(microsecond=0), other.replace(microsecond=0)
    assert (column_values.datetime_text(first) < column_values.datetime_text(second)) == (first < second)


@given(
    st.one_of(
        st.tuples(st.just("name"), st.text()),
        st.tuples(st.just("count"), st.integers(-(2**63), 2**63 - 1)),
        st.tuples(st.just("size"), st.floats(allow_nan=False)),
        st.tuples(st.just("open"), st.booleans()),
        st.tuples(st.just("any"), st.lists(st.text())),
        st.tuples(st.sampled_from(["name", "count", "size", "open", "any", "when"]), st.none()),
    )
)
def test_other_values_are_stored_unchanged(given_value: tuple[str, object]) -> None:
    name, value = given_value
    attribute = TYPE.attribute(name)
    assert column_values.to_json(attribute, column_values.from_json(TYPE, attribute, value)) == value


@pytest.mark.parametrize(
    "value",
    [
        {"__type__": "datetime", "value": "2024-02-01T10:00:00"},
        {"__type__": "datetime", "value": "2024-02-01T12:00:00.123+02:00"},
        "2024-02-01T10:00:00Z",
        "2024-02-01T10:00:00",
    ],
)
def test_datetimes_of_every_form_are_stored_in_utc(production: Studio, value: Any) -> None:
    reply = production.create("Task", name="x", parent=production.ref("Shot", "H"), start_date=value)
    assert reply["start_date"]["value"] in ("2024-02-01T10:00:00", "2024-02-01T10:00:00.123000")
    (task,) = production.query('select start_date from Task where name is "x"')
    assert task["start_date"] == {"__type__": "datetime", "value": "2024-02-01T10:00:00"}


def test_a_date_is_its_midnight(production: Studio) -> None:
    value = {"__type__": "date", "value": "2024-02-01"}
    reply = production.create("Task", name="x", parent=production.ref("Shot", "H"), start_date=value)
    assert reply["start_date"]["value"] == "2024-02-01T00:00:00"


def test_an_invalid_option_is_refused_with_the_valid_ones(studio: Studio) -> None:
    name, text = studio.refused(studio.creating("Job", status="lost"))
    assert name == "ValidationError"
    assert "'queued', 'running', 'done', 'failed'" in text


def test_a_datetime_for_a_text_is_its_text() -> None:
    # The JavaScript client sends every text that looks like a date so.
    for kind in ("datetime", "date"):
        value = {"__type__": kind, "value": "2024-01-02"}
        assert column_values.from_json(TYPE, TYPE.attribute("name"), value) == "2024-01-02"
    assert column_values.from_json(TYPE, TYPE.attribute("name"), {"__type__": "datetime", "value": None}) is None


@pytest.mark.parametrize("value", [{"value": "2024-01-02"}, {"__type__": "datetime", "value": 3}, {"__type__": "x"}])
def test_other_objects_are_no_texts(value: object) -> None:
    with pytest.raises(ServerValidationError, match=r"Thing\.name must be text"):
        column_values.from_json(TYPE, TYPE.attribute("name"), value)


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("2024-01-02T03:04:05.250000+01:00", "2024-01-02T02:04:05.250000"),
        ({"__type__": "datetime", "value": "2024-01-02T03:04:05.25Z"}, "2024-01-02T03:04:05.250000"),
        ("2024-01-02T03:04:05", None),
        (None, None),
    ],
)
def test_the_fraction_of_a_second_is_found(sent: object, echoed: str | None) -> None:
    expected = None if echoed is None else {"__type__": "datetime", "value": echoed}
    assert column_values.sent_fraction(sent) == expected
