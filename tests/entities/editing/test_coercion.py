"""Values are checked against the type of an attribute and kept in one form."""

from __future__ import annotations

import datetime
import math
import uuid
from typing import Any

import pytest

from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.errors import InvalidValue
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType


def attribute(value_type: ValueType, **details: Any) -> Attribute:
    return Attribute("field", Kind.SCALAR, value_type, **details)


UTC = datetime.timezone.utc
PLUS_TWO = datetime.timezone(datetime.timedelta(hours=2))

FITTING = [
    (ValueType.TEXT, "sh010", "sh010"),
    (ValueType.TEXT, uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (ValueType.BOOLEAN, True, True),
    (ValueType.INTEGER, 3, 3),
    (ValueType.NUMBER, 3, 3),
    (ValueType.NUMBER, 2.5, 2.5),
    (
        ValueType.DATETIME,
        datetime.datetime(2026, 1, 1, 12, tzinfo=PLUS_TWO),
        datetime.datetime(2026, 1, 1, 10, tzinfo=UTC),
    ),
    (ValueType.DATETIME, datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1, tzinfo=UTC)),
    (ValueType.OBJECT, {"a": 1}, {"a": 1}),
    (ValueType.ANY, ["a"], ["a"]),
]


@pytest.mark.parametrize(("value_type", "value", "kept"), FITTING)
def test_a_fitting_value_is_kept_in_one_form(value_type: ValueType, value: Any, kept: Any) -> None:
    result = coerce("Task", attribute(value_type), value)
    assert result == kept
    assert type(result) is type(kept)


MISFITS = [
    (ValueType.TEXT, 3),
    (ValueType.TEXT, b"bytes"),
    (ValueType.BOOLEAN, 1),
    (ValueType.INTEGER, True),
    (ValueType.INTEGER, 1.0),
    (ValueType.NUMBER, "8"),
    (ValueType.NUMBER, False),
    (ValueType.NUMBER, math.nan),
    (ValueType.DATETIME, "2026-01-01"),
    (ValueType.DATETIME, datetime.datetime(2026, 1, 1)),
    (ValueType.OBJECT, "x"),
    (ValueType.ANY, object()),
]


@pytest.mark.parametrize(("value_type", "value"), MISFITS)
def test_a_misfit_is_refused_naming_type_attribute_and_value(value_type: ValueType, value: Any) -> None:
    with pytest.raises(InvalidValue) as caught:
        coerce("Task", attribute(value_type), value)
    assert "Task.field holds" in str(caught.value)
    assert repr(value) in str(caught.value)
    assert caught.value.attribute == "field"


class Word(str):
    pass


@pytest.mark.parametrize(
    ("value_type", "value"), [(ValueType.TEXT, Word("word")), (ValueType.ANY, Word("word")), (ValueType.NUMBER, 1)]
)
def test_a_value_of_a_subtype_fits_as_well(value_type: ValueType, value: Any) -> None:
    kept = coerce("Task", attribute(value_type), value)
    assert kept == value
    assert type(kept) in (str, int)


@pytest.mark.parametrize("value_type", list(ValueType))
def test_none_empties_any_attribute(value_type: ValueType) -> None:
    assert coerce("Task", attribute(value_type), None) is None


def test_an_enumerated_attribute_takes_its_values_only_and_suggests_them() -> None:
    status = attribute(ValueType.TEXT, enumeration=("queued", "running"))
    assert coerce("Job", status, "queued") == "queued"
    with pytest.raises(InvalidValue, match="Did you mean 'running'"):
        coerce("Job", status, "runing")
