"""Delays before retries, by back-off or as the server asks."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.transport.base import Request
from ftrack_orm.transport.retries import (
    FIRST_DELAY_SECONDS,
    MAX_DELAY_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    backoff_delay,
    cancelled,
    retry_advice,
    retry_after,
)

#: The time of this machine, in seconds since 1970: in 2026.
NOW = 1.79e9


def test_the_delay_doubles_up_to_a_maximum() -> None:
    delays = [backoff_delay(attempt, 1.0) for attempt in range(1, 10)]
    assert delays[:3] == [FIRST_DELAY_SECONDS, 2 * FIRST_DELAY_SECONDS, 4 * FIRST_DELAY_SECONDS]
    assert delays[-1] == MAX_DELAY_SECONDS
    assert backoff_delay(1, 1.5) == 1.5 * FIRST_DELAY_SECONDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("86400", MAX_RETRY_AFTER_SECONDS),
        ("", None),
        ("-1", None),
        ("Wed, 21 Oct 2099 07:28:00 GMT", MAX_RETRY_AFTER_SECONDS),
    ],
)
def test_retry_after_is_understood_in_seconds_and_as_a_date(text: str, seconds: Any) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


def test_without_the_header_the_server_asks_for_no_delay() -> None:
    assert retry_after({}, NOW) is None


@pytest.mark.parametrize("idempotent", [True, False])
def test_errors_state_whether_retrying_is_safe(idempotent: bool) -> None:
    assert ("safe" in retry_advice(idempotent)) is idempotent
    assert cancelled(Request("POST", "http://x", idempotent=idempotent)).safe_to_retry is idempotent


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "",
        "soon",
        "1.5",
        "1e3",
        "nan",
        "inf",
        "+5",
        "0x10",
        "\u00b2",
        "\u0665",
        "5, 6",
        "31 Dec 1999",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        "Fri, 99 Dec 1999 23:59:59 GMT",
        "Fri, 31 Dec 1999 99:99:99 GMT",
        "::",
    ],
)
def test_a_retry_after_of_another_form_is_ignored(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) is None


def test_a_retry_after_of_thousands_of_digits_is_the_maximum() -> None:
    assert retry_after({"retry-after": "9" * 5000}, NOW) == MAX_RETRY_AFTER_SECONDS


def test_the_delay_stays_within_the_maximum_after_thousands_of_attempts() -> None:
    assert backoff_delay(5000, 1.0) == MAX_DELAY_SECONDS


@pytest.mark.parametrize(
    "moment", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:30 GMT", 7),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:50:00 GMT", 0),
        ("Sat, 05 Nov 1994 08:50:00 GMT", MAX_RETRY_AFTER_SECONDS),
    ],
)
def test_a_date_to_retry_after_is_compared_with_the_date_of_the_response(
    moment: str, stated: str, seconds: float
) -> None:
    # The clock of this machine is years ahead: it does not matter.
    assert retry_after({"retry-after": moment, "date": stated}, NOW) == seconds


def test_a_date_to_retry_after_is_compared_with_the_clock_when_the_response_has_no_date() -> None:
    moment = "Sun, 06 Nov 1994 08:49:37 GMT"
    now = datetime.datetime(1994, 11, 6, 8, 49, 35, tzinfo=datetime.timezone.utc).timestamp()
    assert retry_after({"retry-after": moment}, now) == 2
    assert retry_after({"retry-after": moment, "date": "yesterday"}, now) == 2


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9]{1,3}:[0-9]{2}:[0-9]{2} GMT")
)
def test_any_text_is_a_bounded_delay_or_none(text: str) -> None:
    delay = retry_after({"retry-after": text, "date": text}, NOW)
    assert delay is None or 0 <= delay <= MAX_RETRY_AFTER_SECONDS
