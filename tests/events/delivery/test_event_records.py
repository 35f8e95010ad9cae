"""The server's records as events: grouped by event, and counted where they are unusable."""

from __future__ import annotations

from ftrack_orm.events.delivery.event_records import replay_events
from tests.events.delivery.records import record


def test_the_records_of_one_event_make_one_event() -> None:
    replayed = replay_events([record(1, "e1", "a", clientToken="c"), record(2, "e1", "b"), record(3, "e2", "a")])
    first, second = replayed.events
    assert (first.id, first.topic) == ("e1", "ftrack.update")
    assert [entry["entityId"] for entry in first.data["entities"]] == ["a", "b"]
    assert first.data["parents"] == ["a", "project", "b"]
    assert first.data["clientToken"] == "c"
    assert first.source == {"user": {"id": "u", "username": "jane"}}
    assert second.id == "e2"
    assert replayed.unusable == 0


def test_unusable_records_are_counted() -> None:
    unusable = [None, "", "no json", "[1]", "{}", '{"event": "e"}', '{"entity": {}}', '{"event": 1, "entity": {}}']
    replayed = replay_events([{"id": number, "data": data} for number, data in enumerate(unusable)])
    assert replayed.events == ()
    assert replayed.unusable == len(unusable)
