"""The parts of a change: values that are made when they are looked at, its user and its time."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import ChangeUser, Event
from ftrack_orm.session.server_change import LazyValues, time_of, user_of

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.timezone.utc)


def test_values_are_made_once_and_when_they_are_looked_at() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name.upper()

    values = LazyValues(["a", "b"], make)
    assert (list(values), len(values), "a" in values, "c" in values) == (["a", "b"], 2, True, False)
    assert repr(values) == "<values of a, b>"
    assert made == []
    assert (values["a"], values["a"]) == ("A", "A")
    assert made == ["a"]
    assert values == {"a": "A", "b": "B"}
    with pytest.raises(KeyError):
        values["c"]


@pytest.mark.parametrize(
    ("data", "source", "user"),
    [
        (
            {"user": {"userid": "1", "name": "Jane Doe"}},
            {"user": {"id": "1", "username": "jane"}},
            ChangeUser("1", "jane", "Jane Doe"),
        ),
        ({"user": {"userid": "", "name": ""}}, {"user": {"id": "1"}}, ChangeUser("1")),
        ({"user": None}, {"user": "jane"}, ChangeUser()),
        ([], {}, ChangeUser()),
    ],
)
def test_the_user_comes_from_data_and_source_of_the_event(data: Any, source: Any, user: ChangeUser) -> None:
    assert user_of(Event("ftrack.update", data, source=source)) == user


@pytest.mark.parametrize(
    "sent",
    ["2026-11-26T12:00:00", "2026-11-26T13:00:00+01:00", {"__type__": "datetime", "value": "2026-11-26T12:00:00"}],
)
def test_the_time_is_that_of_sending_if_it_is_stated(sent: Any) -> None:
    event = Event.from_payload({"topic": "ftrack.update", "sent": sent})
    assert time_of(event) == NOON


@pytest.mark.parametrize("sent", [None, "", "now", 5, {"__type__": "unknown", "value": "x"}])
def test_the_time_is_that_of_receiving_otherwise(sent: Any) -> None:
    event = Event.from_payload({"topic": "ftrack.update", "sent": sent})
    assert time_of(event) == event.received_at
    assert time_of(Event("ftrack.update", sent=sent)).tzinfo is not None
