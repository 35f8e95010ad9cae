"""Values as ftrack's JSON and back."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import InvalidValue, ProtocolError
from ftrack_orm.values import Reference
from ftrack_orm.wire.codec import UTC, datetime_text, decode, decode_typed, encode, parse_datetime

AWARE = st.datetimes(
    min_value=datetime.datetime(2, 1, 1),
    max_value=datetime.datetime(9998, 12, 31),
    timezones=st.timezones() | st.just(UTC),
)
#: In UTC: Python compares a local time that occurs twice (the end of daylight saving) as unequal to every other.
MOMENTS = AWARE.map(lambda moment: moment.astimezone(UTC))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS | st.dates() | MOMENTS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "__type__"), inner),
    max_leaves=10,
)


@given(VALUES)
def test_an_encoded_value_decodes_from_its_json_to_an_equal_value(value: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


@given(AWARE)
def test_a_datetime_is_written_without_offset_and_read_as_utc(moment: Any) -> None:
    text = datetime_text(moment)
    assert "+" not in text
    assert parse_datetime(text) == moment.astimezone(UTC)
    assert parse_datetime(text).tzinfo is UTC


def test_a_datetime_is_written_in_utc_and_a_date_as_it_is() -> None:
    moment = datetime.datetime(2024, 5, 1, 2, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=3)))
    assert encode(moment) == {"__type__": "datetime", "value": "2024-04-30T23:00:00"}
    assert encode(datetime.date(2024, 5, 1)) == {"__type__": "date", "value": "2024-05-01"}


class NoOffset(datetime.tzinfo):
    """A timezone without an offset: Python counts its datetimes as naive."""

    def utcoffset(self, moment: datetime.datetime | None) -> None:
        return None

    def dst(self, moment: datetime.datetime | None) -> None:
        return None

    def tzname(self, moment: datetime.datetime | None) -> None:
        return None


@pytest.mark.parametrize("timezone", [None, NoOffset()])
def test_a_naive_datetime_is_refused_with_advice(timezone: Any) -> None:
    with pytest.raises(InvalidValue, match=r"timezone\.utc"):
        encode(datetime.datetime(2024, 5, 1, tzinfo=timezone))


def test_a_datetime_outside_of_the_calendar_is_refused() -> None:
    first = datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    with pytest.raises(InvalidValue, match="years"):
        encode(first)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T10:00:00",
        "2024-05-01T10:00:00Z",
        "2024-05-01T10:00:00z",
        "2024-05-01T10:00:00.000Z",
        "2024-05-01T10:00:00+00:00",
        "2024-05-01T12:00:00+02:00",
    ],
)
def test_every_iso_form_of_a_datetime_is_read(text: str) -> None:
    assert parse_datetime(text) == datetime.datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_a_date_sent_with_a_time_is_a_date() -> None:
    assert decode_typed({"__type__": "date", "value": "2024-05-01T00:00:00"}) == datetime.date(2024, 5, 1)


def test_an_empty_typed_value_is_none() -> None:
    assert decode_typed({"__type__": "datetime", "value": None}) is None


@pytest.mark.parametrize("kind", ["datetime", "date"])
@pytest.mark.parametrize("value", ["yesterday", 5, ["2024-05-01"], {}, "2024-13-01"])
def test_a_malformed_datetime_is_a_protocol_error_that_quotes_it(kind: str, value: Any) -> None:
    with pytest.raises(ProtocolError, match=f" where a {kind} was expected") as caught:
        decode_typed({"__type__": kind, "value": value})
    assert repr(value) in str(caught.value)


def test_a_datetime_outside_of_the_calendar_in_a_response_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        decode_typed({"__type__": "datetime", "value": "0001-01-01T00:00:00+05:00"})


def test_an_unknown_value_type_is_a_protocol_error_that_names_it() -> None:
    with pytest.raises(ProtocolError, match="'duration'"):
        decode({"task": [{"__type__": "duration", "value": "5"}]})


def test_a_reference_is_written_as_an_entity_with_its_key() -> None:
    reference = Reference("Metadata", (("parent_id", "1"), ("key", "k")))
    assert encode([reference]) == [{"__entity_type__": "Metadata", "parent_id": "1", "key": "k"}]


def test_tuples_and_sets_are_written_as_lists() -> None:
    assert encode((1, 2)) == [1, 2]
    assert encode({3}) == encode(frozenset({3})) == [3]


@pytest.mark.parametrize("value", [object(), b"bytes", 1j])
def test_a_value_without_a_json_form_is_refused_by_its_type(value: Any) -> None:
    with pytest.raises(InvalidValue, match=type(value).__name__):
        encode({"deep": [value]})


def test_entities_stay_as_they_are() -> None:
    entity = {"__entity_type__": "Task", "id": "1", "end": {"__type__": "date", "value": "2024-05-01"}}
    assert decode([entity]) == [{**entity, "end": datetime.date(2024, 5, 1)}]
