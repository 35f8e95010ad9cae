"""The queue of packets of one connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.sandbox import Sandbox


def test_a_client_that_does_not_read_is_disconnected_when_its_queue_is_full(
    box: Sandbox, connect: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftrack_orm.sandbox.events.connection.MAX_QUEUED_BYTES", 100_000)
    slow, quick = connect(), connect()
    slow.subscribe("topic=big", id="slow")
    quick.subscribe("topic=small", id="quick")
    for _ in range(200):
        box.events.publish("big", {"text": "x" * 50_000})
        if len(box.events.connections) == 1:
            break
    box.events.wait_for(lambda events: [each.session_id for each in events.connections] == [quick.session_id])
    box.events.publish("small")
    assert quick.event()["topic"] == "small"


@pytest.mark.parametrize("text", ["", "\U0001f3ac" + "x" * 30_000], ids=["short", "wide"])
def test_a_queue_is_bounded_by_the_memory_of_its_packets(
    box: Sandbox, connect: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("ftrack_orm.sandbox.events.connection.MAX_QUEUED_BYTES", 100_000)
    connect().subscribe("topic=a", id="paused")
    box.events.go_silent()
    characters = 0
    while box.events.connections:
        box.events.publish("a", {"text": text})
        characters += 150 + len(text)
        assert characters <= 120_000, "the queue holds more than the bound"
    assert characters < 100_000


def test_packets_are_sent_in_the_order_in_which_they_were_queued(box: Sandbox, connect: Callable[[], Any]) -> None:
    client = connect()
    client.subscribe("topic=a")
    box.events.go_silent()
    sent = [box.events.publish("a", {"text": "x" * (1000 if number % 2 else 1)}) for number in range(20)]
    box.events.resume()
    assert [client.event()["id"] for _ in range(20)] == sent
