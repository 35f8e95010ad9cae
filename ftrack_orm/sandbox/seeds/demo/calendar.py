"""Pure: the fixed calendar the demo happens on, in working days, so that its dates never depend on when it is made.

A day is the number of a working day since the first production began. Times are as columns keep them, in UTC.
"""

from __future__ import annotations

import datetime

_FIRST = datetime.date(2024, 1, 8)  # a Monday
_DAYS = 400

_DATES = [
    day.isoformat()
    for day in (_FIRST + datetime.timedelta(days=count) for count in range(_DAYS * 7 // 5))
    if day.weekday() < 5
]

#: The day it is in the demo: what ends earlier is done, what begins later is to come.
TODAY = 180

#: A working day, in seconds.
WORKDAY = 8 * 60 * 60


def at(day: int, hour: int, minute: int = 0) -> str:
    """Return a moment of a working day."""
    return f"{_DATES[day]}T{hour:02}:{minute:02}:00"


#: When each day's work starts and ends, ready made because every task asks for them.
MORNING = [at(day, 9) for day in range(len(_DATES))]
EVENING = [at(day, 17) for day in range(len(_DATES))]
