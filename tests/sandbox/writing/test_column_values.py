"""Single values on their way into a column and out again."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.writing import column_values
from ftrack_orm.schema.model import Schema

_TYPE = Schema.from_answer(
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

_offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))
_moments = st.datetimes(
    min_value=datetime.datetime(1900, 1, 2), max_value=datetime.datetime(2200, 1, 1), timezones=_offsets
)


@given(_moments, st.booleans())
def test_a_moment_comes_out_as_it_went_in_but_for_fractions(moment: datetime.datetime, typed: bool) -> None:
    attribute = _TYPE.attribute("when")
    text = moment.isoformat()
    column = column_values.from_json(_TYPE, attribute, {"__type__": "datetime", "value": text} if typed else text)
    again = column_values.parse_datetime_value(column_values.to_json(attribute, column))
    assert again is not None
    assert again == moment.replace(microsecond=0)


@given(_moments, _moments)
def test_kept_moments_sort_as_text(one: datetime.datetime, other: datetime.datetime) -> None:
    first, second = one.replace(microsecond=0), other.replace(microsecond=0)
    assert (column_values.datetime_text(first) < column_values.datetime_text(second)) == (first < second)


@given(
    st.one_of(
        st.tuples(st.just("name"), st.text()),
        st.tuples(st.just("count"), st.integers()),
        st.tuples(st.just("size"), st.floats(allow_nan=False)),
        st.tuples(st.just("open"), st.booleans()),
        st.tuples(st.just("any"), st.lists(st.text())),
        st.tuples(st.sampled_from(["name", "count", "size", "open", "any", "when"]), st.none()),
    )
)
def test_other_values_are_kept_as_they_are(given_value: tuple[str, object]) -> None:
    name, value = given_value
    attribute = _TYPE.attribute(name)
    assert column_values.to_json(attribute, column_values.from_json(_TYPE, attribute, value)) == value
