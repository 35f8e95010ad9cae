"""Delays before retries, by back-off or as the server asks."""

from __future__ import annotations

from typing import Any

import pytest

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
        ("Wed, 21 Oct 2099 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_understood_in_seconds(text: str, seconds: Any) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_without_the_header_the_server_asks_for_no_delay() -> None:
    assert retry_after({}) is None


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
        "Fri, 31 Dec 1999 23:59:59 GMT",
        "5, 6",
    ],
)
def test_a_retry_after_of_another_form_is_ignored(text: str) -> None:
    assert retry_after({"retry-after": text}) is None


def test_a_retry_after_of_thousands_of_digits_is_the_maximum() -> None:
    assert retry_after({"retry-after": "9" * 5000}) == MAX_RETRY_AFTER_SECONDS


def test_the_delay_stays_within_the_maximum_after_thousands_of_attempts() -> None:
    assert backoff_delay(5000, 1.0) == MAX_DELAY_SECONDS
