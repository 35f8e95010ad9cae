"""Pure: the fixed calendar of the demo, in working days, so that its dates do not depend on the time of seeding.

A day is the number of working days since the start of the first production. Times are in the format of columns, in UTC.
"""

from __future__ import annotations

import datetime

_FIRST_DATE = datetime.date(2024, 1, 8)  # a Monday
_WORKING_DAYS = 400

_DATES = [
    date.isoformat()
    for date in (_FIRST_DATE + datetime.timedelta(days=count) for count in range(_WORKING_DAYS * 7 // 5))
    if date.weekday() < 5
]

#: The current day of the demo: work that ends earlier is done, work that starts later is planned.
TODAY = 180

WORKDAY_SECONDS = 8 * 60 * 60


def timestamp(day: int, hour: int, minute: int = 0) -> str:
    """Return a time on a working day."""
    return f"{_DATES[day]}T{hour:02}:{minute:02}:00"


#: The start and the end of each working day, precomputed because every task needs them.
DAY_START = [timestamp(day, 9) for day in range(len(_DATES))]
DAY_END = [timestamp(day, 17) for day in range(len(_DATES))]
