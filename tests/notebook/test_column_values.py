"""The values of columns in one Python type each."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.notebook.column_types import ColumnType
from ftrack_orm.notebook.column_values import column_values
from ftrack_orm.schema.attribute import ValueType

MOMENT = datetime.datetime(2024, 5, 31, 10, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("value_type", "values", "expected"),
    [
        (ValueType.TEXT, ["a", None, 5], ["a", None, "5"]),
        (ValueType.BOOLEAN, [True, None, 0], [True, None, False]),
        (ValueType.INTEGER, [1, None, 2.0, True], [1, None, 2, 1]),
        (ValueType.NUMBER, [1, None, 2.5, True], [1.0, None, 2.5, 1.0]),
        (ValueType.DATETIME, [MOMENT, datetime.date(2024, 5, 31)], [MOMENT, MOMENT.replace(hour=0)]),
        (ValueType.OBJECT, [{"a": MOMENT}, None], ['{"a": "2024-05-31T10:00:00+00:00"}', None]),
        (ValueType.ANY, ["ä", 1.5, ["ä"], None], ["ä", "1.5", '["ä"]', None]),
    ],
)
def test_values_have_the_type_of_their_column(value_type: ValueType, values: list[Any], expected: list[Any]) -> None:
    converted = column_values("c", values, ColumnType(value_type))
    assert converted == expected
    assert list(map(type, converted)) == list(map(type, expected))
    several = column_values("c", [tuple(values), None, ()], ColumnType(value_type, is_list=True))
    assert several == [expected, None, []]


def test_one_option_without_a_list_is_a_list_of_one() -> None:
    assert column_values("c", ["a", ["b", "c"]], ColumnType(ValueType.TEXT, is_list=True)) == [["a"], ["b", "c"]]


def test_an_empty_text_is_a_missing_number_or_datetime_and_stays_a_text() -> None:
    for value_type in (ValueType.BOOLEAN, ValueType.INTEGER, ValueType.NUMBER, ValueType.DATETIME):
        assert column_values("c", ["", None], ColumnType(value_type)) == [None, None]
    assert column_values("c", ["", None], ColumnType(ValueType.TEXT)) == ["", None]


@pytest.mark.parametrize(
    ("value_type", "value"),
    [
        (ValueType.BOOLEAN, "yes"),
        (ValueType.INTEGER, 1.5),
        (ValueType.INTEGER, 2**63),
        (ValueType.INTEGER, "1"),
        (ValueType.NUMBER, "1"),
        (ValueType.NUMBER, 10**400),
        (ValueType.DATETIME, "2024-05-31"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_that_names_the_column(value_type: ValueType, value: Any) -> None:
    for column_type, values in ((ColumnType(value_type), [value]), (ColumnType(value_type, is_list=True), [(value,)])):
        with pytest.raises(errors.ProtocolError, match="in the column 'effort', where"):
            column_values("effort", [None, *values], column_type)
