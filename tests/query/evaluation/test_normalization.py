from __future__ import annotations

import datetime
import random
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.evaluation.normalization import as_moment, as_number, fold, normalizer, sort_key

UTC = datetime.timezone.utc


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-05-01", datetime.datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01T10:00:00Z", datetime.datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T12:00:00+02:00", datetime.datetime(2024, 5, 1, 10, tzinfo=UTC)),
        (datetime.date(2024, 5, 1), datetime.datetime(2024, 5, 1, tzinfo=UTC)),
        (datetime.datetime(2024, 5, 1, 10), datetime.datetime(2024, 5, 1, 10, tzinfo=UTC)),
    ],
)
def test_moments_are_in_utc(value: Any, moment: datetime.datetime) -> None:
    assert as_moment(value) == moment
    assert as_moment(value).utcoffset() == datetime.timedelta(0)


@pytest.mark.parametrize("value", ["soon", 3])
def test_a_value_that_is_not_a_datetime_has_no_moment(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        as_moment(value)


def test_values_sort_by_kind_and_text_without_regard_to_ascii_case() -> None:
    values = [None, -1, 2.5, 3, "A", "b", "C", datetime.datetime(2024, 5, 1)]
    shuffled = random.Random(1).sample(values, len(values))
    assert sorted(shuffled, key=lambda value: sort_key(value, "any", "x")) == values
    with pytest.raises(QueryError, match=r"x cannot be ordered by: \[1\] has no order"):
        sort_key([1], "any", "x")


def test_ids_sort_exactly() -> None:
    assert sort_key("a", "text", "id", exact=True) > sort_key("B", "text", "id", exact=True)


def test_text_that_reads_as_a_finite_number_is_a_number() -> None:
    assert [as_number(operand) for operand in ("2.5", 3, True, "nan", "inf", "x", None)] == [2.5, 3, 1, *[None] * 4]


def test_values_of_a_type_have_one_normal_form() -> None:
    assert normalizer("boolean", exact=False)(1) is True
    assert normalizer("text", exact=False)("ABC") == normalizer("any", exact=False)("abc") == "abc"
    assert normalizer("text", exact=True)("ABC") == "ABC"
    assert normalizer("text", exact=True)(True) == "true"
    assert fold("ÄB") == "Äb"
