"""The calendar of the demo."""

from __future__ import annotations

import datetime

from ftrack_orm.sandbox.seeds.demo import calendar


def test_days_are_working_days_in_order() -> None:
    dates = [datetime.datetime.fromisoformat(start) for start in calendar.DAY_START]
    assert dates == sorted(set(dates))
    assert {date.weekday() for date in dates} == {0, 1, 2, 3, 4}


def test_a_timestamp_is_text_in_the_format_of_columns() -> None:
    assert calendar.timestamp(0, 9) == "2024-01-08T09:00:00"
    assert calendar.timestamp(5, 17, 5) == "2024-01-15T17:05:00"


def test_a_working_day_has_eight_hours() -> None:
    start, end = map(datetime.datetime.fromisoformat, (calendar.DAY_START[3], calendar.DAY_END[3]))
    assert (end - start).total_seconds() == calendar.WORKDAY_SECONDS
