"""Values of other libraries become Python's own where they have one meaning; the advice for others is evaluated."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import math
import os
import pathlib
import re
import uuid
from typing import Any

import arrow
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.errors import InvalidValue
from ftrack_orm.foreign_values import advice_for, listed, native_value, native_values
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType

UTC = datetime.timezone.utc
WEST = datetime.timezone(datetime.timedelta(hours=-5))


class State(str, enum.Enum):
    DONE = "done"


class Level(enum.IntEnum):
    HIGH = 3


class Colour(enum.Enum):
    RED = "red"


class Missing(datetime.datetime):
    """A datetime that is not equal to itself, as `pandas.NaT` is."""

    def __ne__(self, other: object) -> bool:
        return True


class WithoutLocalTime(datetime.datetime):
    """A datetime that is not converted to local time, as a naive `pandas.Timestamp` is not."""

    def astimezone(self, tz: datetime.tzinfo | None = None) -> Any:
        if tz is None:
            raise TypeError("Cannot convert tz-naive Timestamp")
        return super().astimezone(tz)


class Renamed(pathlib.PurePosixPath):
    pass


class PathInBytes:
    def __fspath__(self) -> bytes:
        return b"/data"


TAKEN = [
    (State.DONE, "done"),
    (numpy.str_("name"), "name"),
    (Level.HIGH, 3),
    (numpy.int64(3), 3),
    (numpy.uint8(255), 255),
    (numpy.array(7), 7),
    (numpy.float64(1.5), 1.5),
    (numpy.float32(0.5), 0.5),
    (numpy.float16(0.5), 0.5),
    (numpy.longdouble(0.5), 0.5),
    (numpy.array(0.5), 0.5),
    (numpy.bool_(True), True),
    (numpy.array(False), False),
    (numpy.datetime64("2024-05-31"), datetime.date(2024, 5, 31)),
    (decimal.Decimal("2.50"), 2.5),
    (decimal.Decimal("3.0"), 3),
    (decimal.Decimal(2**60 + 1), 2**60 + 1),
    (fractions.Fraction(1, 4), 0.25),
    (fractions.Fraction(8, 4), 2),
    (arrow.get(2024, 5, 31, 12), datetime.datetime(2024, 5, 31, 12, tzinfo=UTC)),
    (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (pathlib.PurePosixPath("/jobs/film"), "/jobs/film"),
    (Renamed("plate.exr"), "plate.exr"),
]


@pytest.mark.parametrize(("value", "native"), TAKEN, ids=repr)
def test_a_value_with_one_meaning_becomes_one_of_pythons_own_types(value: Any, native: Any) -> None:
    result = native_value(value)
    assert result == native
    assert type(result) is type(native)
    assert native_value(result) is result


KEPT = [
    *(None, True, 3, 2.5, "text", datetime.date(2024, 5, 31), datetime.datetime(2024, 5, 31)),
    *(Colour.RED, b"bytes", 2j, datetime.timedelta(1), datetime.time(1), object(), [1], {"a": 1}, PathInBytes()),
    *(decimal.Decimal("NaN"), decimal.Decimal("sNaN"), decimal.Decimal("Infinity"), decimal.Decimal("1E+999999999")),
    *(fractions.Fraction(10**400), numpy.datetime64("NaT"), numpy.datetime64("NaT", "D"), numpy.timedelta64(1, "s")),
    *(numpy.datetime64("2024-05-31T12:00"), numpy.array([1]), numpy.complex128(1), Missing(2024, 1, 1)),
]


@pytest.mark.parametrize("value", KEPT, ids=lambda value: type(value).__name__)
def test_a_value_of_another_meaning_is_kept(value: Any) -> None:
    assert native_value(value) is value


def test_values_are_converted_at_any_depth() -> None:
    value = {State.DONE: [numpy.int64(1), (decimal.Decimal("0.5"),)], "names": numpy.array(["a", "b"])}
    assert native_values(value) == {"done": [1, [0.5]], "names": ["a", "b"]}


def test_the_items_of_a_set_have_an_order() -> None:
    assert listed({"b", "c", "a"}) == ["a", "b", "c"]
    assert listed((2, 1)) == [2, 1]
    assert listed({"a": 1}.keys()) == ["a"]
    assert listed(iter("ab")) is None
    assert listed("ab") is None


# -- advice -----------------------------------------------------------------------------------------------------------


def evaluated(advice: str, value: Any) -> list[Any]:
    """Return the values of the expressions in an advice."""
    if advice == " Write None, which empties the attribute.":
        return [None]
    text = re.fullmatch(r" Write (.*)\.", advice)
    assert text is not None, advice
    names = {"value": value, "datetime": datetime, "os": os}
    return [eval(expression, names) for expression in re.split(r" if it is [\w ]+|, or ", text[1]) if expression]


REFUSED = [
    (ValueType.TEXT, Colour.RED, "value.value"),
    (ValueType.TEXT, b"sh010", "value.decode()"),
    (ValueType.TEXT, PathInBytes(), "os.fsdecode(value)"),
    (ValueType.TEXT, 3, "str(value)"),
    (ValueType.TEXT, datetime.date(2024, 5, 31), "value.isoformat()"),
    (ValueType.BOOLEAN, 1, "bool(value)"),
    (ValueType.INTEGER, True, "int(value)"),
    (ValueType.INTEGER, 3.0, "int(value)"),
    (ValueType.INTEGER, 2.6, "round(value)"),
    (ValueType.INTEGER, "12", "int(value)"),
    (ValueType.INTEGER, decimal.Decimal("2.6"), "round(value)"),
    (ValueType.INTEGER, numpy.float32(2.6), "round(value)"),
    (ValueType.INTEGER, datetime.timedelta(hours=1), "round(value.total_seconds())"),
    (ValueType.NUMBER, "2.5", "float(value)"),
    (ValueType.NUMBER, datetime.timedelta(hours=1), "value.total_seconds()"),
    (ValueType.NUMBER, numpy.timedelta64(90, "s"), "value.item().total_seconds()"),
    (ValueType.NUMBER, numpy.array([2.5]), "value.item()"),
    (ValueType.DATETIME, "2024-05-31", "datetime.date.fromisoformat(value)"),
    (ValueType.DATETIME, "2024-05-31T12:00:00+02:00", "datetime.datetime.fromisoformat(value)"),
    (ValueType.DATETIME, 1_700_000_000, "datetime.datetime.fromtimestamp(value, datetime.timezone.utc)"),
    (ValueType.DATETIME, datetime.datetime(2024, 5, 31), "value.astimezone()"),
    (ValueType.DATETIME, WithoutLocalTime(2024, 5, 31), "Write value.replace(tzinfo=datetime.timezone.utc)."),
    (ValueType.DATETIME, numpy.datetime64("2024-05-31T12:00"), "value.astype('datetime64[s]').item().replace"),
    (ValueType.ANY, Colour.RED, "value.value"),
]


@pytest.mark.parametrize(("value_type", "value", "expression"), REFUSED, ids=lambda each: type(each).__name__)
def test_a_refused_value_comes_with_an_expression_that_fits(value_type: ValueType, value: Any, expression: str) -> None:
    attribute = Attribute("field", Kind.SCALAR, value_type)
    with pytest.raises(InvalidValue) as caught:
        coerce("Task", attribute, value)
    assert expression in str(caught.value)
    for written in evaluated(advice_for(value, value_type.value), value):
        coerce("Task", attribute, written)


@pytest.mark.parametrize("value", [datetime.time(1), 3, object()])
def test_nothing_is_advised_for_an_attribute_of_any_type_that_may_be_wrong(value: Any) -> None:
    assert advice_for(value, "any") == ""


@pytest.mark.parametrize("value", [math.nan, decimal.Decimal("NaN"), numpy.float64("nan"), Missing(2024, 1, 1)])
def test_a_missing_value_of_another_library_is_refused_with_none(value: Any) -> None:
    for value_type in (ValueType.NUMBER, ValueType.DATETIME):
        with pytest.raises(InvalidValue, match="Write None, which empties the attribute"):
            coerce("Task", Attribute("field", Kind.SCALAR, value_type), value)


ANYTHING = st.one_of(
    *(st.text(), st.integers(), st.floats(), st.booleans(), st.binary(max_size=5), st.complex_numbers()),
    *(st.decimals(), st.fractions(), st.uuids(), st.timedeltas(), st.times()),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, WEST, datetime.timezone(datetime.timedelta(hours=14))])),
    st.sampled_from([*State, *Level, *Colour, *(value for value, _ in TAKEN), *KEPT]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.floats(), max_size=2),
)


@given(value=ANYTHING, value_type=st.sampled_from(list(ValueType)))
def test_any_value_is_kept_in_one_form_or_refused_with_an_advice_that_fits(value: Any, value_type: ValueType) -> None:
    attribute = Attribute("field", Kind.SCALAR, value_type)
    try:
        kept = coerce("Task", attribute, value)
    except InvalidValue:
        for written in evaluated(advice, value) if (advice := advice_for(value, value_type.value)) else ():
            coerce("Task", attribute, written)
    else:
        assert coerce("Task", attribute, kept) == kept
