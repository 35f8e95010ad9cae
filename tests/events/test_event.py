"""Events: as objects, as mappings, as payloads, and their replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import InvalidValue, ProtocolError
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.expression import parse

words = st.text(min_size=1, max_size=12)
events = st.builds(
    Event,
    topic=words,
    data=st.dictionaries(words, st.integers() | words, max_size=3) | st.lists(words, max_size=3) | words,
    target=st.text(max_size=12),
    in_reply_to_event=st.none() | words,
    source=st.none() | st.dictionaries(words, words, max_size=3),
    sent=st.none() | words,
    id=words,
)


@given(events)
def test_an_event_survives_its_payload(event: Event) -> None:
    assert Event.from_payload(event.to_payload()) == event


def test_a_payload_has_the_seven_keys_the_official_client_takes_and_no_other() -> None:
    event = Event("studio.done", {"id": 1}, in_reply_to_event="e0", id="e1")
    assert event.to_payload() == {
        "id": "e1",
        "topic": "studio.done",
        "data": {"id": 1},
        "sent": None,
        "source": {},
        "target": "",
        "inReplyToEvent": "e0",
    }


def test_missing_and_null_keys_are_empty() -> None:
    event = Event.from_payload({"topic": "t", "data": None, "source": None, "target": None, "sent": None, "id": None})
    assert (event.data, event.source, event.target, event.sent, event.in_reply_to_event) == ({}, {}, "", None, None)


@pytest.mark.parametrize("data", [[], "", 0, False, "text", [1]])
def test_data_that_is_no_mapping_is_kept(data: object) -> None:
    assert Event.from_payload({"topic": "ftrack.meta.reply", "data": data}).data == data


def test_each_event_gets_a_unique_id() -> None:
    identifiers = {Event("t").id for _ in range(100)} | {Event.from_payload({"topic": "t"}).id for _ in range(100)}
    assert len(identifiers) == 200
    assert all(len(identifier) == 32 for identifier in identifiers)


def test_unknown_keys_are_ignored() -> None:
    assert Event.from_payload({"topic": "t", "id": "e", "colour": "red"}) == Event("t", id="e")


@pytest.mark.parametrize("odd", [[], {}, [["x"]], {"a": 1}, 1.5])
def test_a_value_that_cannot_be_an_id_is_none(odd: object) -> None:
    event = Event.from_payload({"topic": "t", "id": odd, "inReplyToEvent": odd})
    assert event.in_reply_to_event is None
    assert isinstance(event.id, str)
    assert len(event.id) == 32


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        ({}, "topic"),
        ({"topic": ""}, "topic"),
        ({"topic": None}, "topic"),
        ({"topic": 5}, "topic"),
        ({"topic": "t", "source": "me"}, "source"),
        ({"topic": "t", "target": {"id": "x"}}, "target"),
    ],
)
def test_a_payload_that_is_no_event_is_refused_and_shown(payload: dict[str, object], key: str) -> None:
    with pytest.raises(ProtocolError, match=key) as caught:
        Event.from_payload(payload)
    assert repr(payload) in str(caught.value)


def test_a_large_payload_is_shortened_in_the_error() -> None:
    with pytest.raises(ProtocolError) as caught:
        Event.from_payload({"data": "x" * 10_000})
    assert len(str(caught.value)) < 400


def test_an_event_is_a_mapping_as_in_the_official_client() -> None:
    event = Event("t", {"a": {"b": 1}}, in_reply_to_event="e0", source={"id": "hub"})
    assert event["data"]["a"]["b"] == 1
    assert event.get("colour", "none") == "none"
    assert list(event) == ["id", "topic", "data", "sent", "source", "target", "in_reply_to_event"]
    assert len(event) == 7
    assert dict(event)["source"] == {"id": "hub"}
    assert event["in_reply_to_event"] == event["inReplyToEvent"] == "e0"
    with pytest.raises(KeyError):
        event["colour"]


def test_setting_by_item_and_by_attribute_is_the_same() -> None:
    event = Event("t")
    event["source"] = {"id": "hub"}
    event.data["more"] = True
    assert (event.source, event["data"]) == ({"id": "hub"}, {"more": True})
    with pytest.raises(KeyError):
        event["colour"] = "red"


def test_stopping_is_no_part_of_the_value_of_an_event() -> None:
    event, same = Event("t", id="e"), Event("t", id="e")
    assert not event.is_stopped
    event.stop()
    assert event.is_stopped
    assert event == same
    assert event.to_payload() == same.to_payload()


def test_the_defaults_of_two_events_are_not_shared() -> None:
    first, second = Event("t"), Event("t")
    first.data["a"] = 1
    first.source["id"] = "hub"
    assert (second.data, second.source) == ({}, {})


@given(st.text(min_size=1).filter(lambda text: not text.endswith("*")))
def test_a_reply_is_targeted_at_the_publisher_and_names_the_event(source_id: str) -> None:
    question = Event("studio.question", id="q1", source={"id": source_id})
    answer = question.reply({"yes": True}, source={"id": "me"})
    assert (answer.topic, answer.in_reply_to_event, answer.data) == ("ftrack.meta.reply", "q1", {"yes": True})
    assert answer.source == {"id": "me"}
    assert parse(answer.target).matches({"id": source_id})
    assert not parse(answer.target).matches({"id": f"{source_id}x"})


def test_an_event_without_a_source_id_cannot_be_replied_to() -> None:
    with pytest.raises(InvalidValue, match=r"q1.*studio\.question"):
        Event("studio.question", id="q1").reply({})


def test_an_event_is_updated_and_keeps_its_keys() -> None:
    event = Event("studio.done")
    event.update({"data": {"id": 1}, "target": "id=x"})
    assert (event.data, event.target, event.setdefault("topic", "other")) == ({"id": 1}, "id=x", "studio.done")
    with pytest.raises(InvalidValue, match=r"Write event\['target'\] = None"):
        del event["target"]


def test_a_mapping_becomes_an_event() -> None:
    event = Event("studio.done", {"id": 1})
    assert Event.of(event) is event
    made = Event.of({"topic": "studio.done", "data": {"id": 1}, "target": None, "inReplyToEvent": "x"})
    assert (made.topic, made.data, made.target, made.in_reply_to_event) == ("studio.done", {"id": 1}, "", "x")


@pytest.mark.parametrize("value", ["studio.done", None, {}, {"topic": 5}, {"topic": "x", "colour": "red"}])
def test_other_values_are_no_event(value: object) -> None:
    with pytest.raises(InvalidValue, match="n event"):
        Event.of(value)
