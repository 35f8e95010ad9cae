"""Subscriptions and the index: who is told about an event, and in which order."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ftrack_orm.errors import DuplicateSubscriber, ExpressionError
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions import subscription as module
from ftrack_orm.events.subscriptions.subscription import Subscriber, SubscriberIndex, Subscription


def subscriber(identifier: str, expression: str = "topic=*", priority: int = 100, **metadata: object) -> Subscriber:
    return Subscriber(Subscription(expression), lambda event: None, {"id": identifier, **metadata}, priority)


def names(found: list[Subscriber]) -> list[str]:
    return [entry.identifier for entry in found]


@pytest.fixture
def index() -> SubscriberIndex:
    return SubscriberIndex()


def test_a_subscription_wants_what_its_expression_says() -> None:
    subscription = Subscription("topic=ftrack.update and data.user.username=jane")
    assert subscription.includes(Event("ftrack.update", {"user": {"username": "jane"}}))
    assert subscription.includes({"topic": "ftrack.update", "data": {"user": {"username": "jane"}}})
    assert not subscription.includes(Event("ftrack.update", {"user": {"username": "joe"}}))
    assert str(subscription) == "topic=ftrack.update and data.user.username=jane"


def test_a_subscription_that_cannot_be_read_is_refused_when_it_is_made() -> None:
    with pytest.raises(ExpressionError):
        Subscription("topic ftrack.update")


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("", True),
        ("id=me", True),
        ("id=you", False),
        ("applicationId=ftrack.client.web and id=me", True),
        ("user.id=u1", False),
        ("not user.id=u1", True),
    ],
)
def test_a_target_is_compared_with_the_subscribers_metadata(index: SubscriberIndex, target: str, wanted: bool) -> None:
    me = subscriber("me", "topic=t", applicationId="ftrack.client.web")
    index.add(me)
    event = Event("t", target=target)
    assert me.interested_in(event) is wanted
    assert index.interested_in(event) == ([me] if wanted else [])


def test_a_target_does_not_make_up_for_another_topic(index: SubscriberIndex) -> None:
    index.add(subscriber("me", "topic=t"))
    assert index.interested_in(Event("other", target="id=me")) == []


def test_a_target_that_cannot_be_read_is_refused_rather_than_taken_for_nobody(index: SubscriberIndex) -> None:
    index.add(subscriber("me", "topic=t"))
    with pytest.raises(ExpressionError):
        index.interested_in(Event("t", target="id me"))


def test_lower_numbers_come_first_and_within_one_those_added_first(index: SubscriberIndex) -> None:
    for identifier, expression, priority in [
        ("a", "topic=*", 100),
        ("b", "topic=t", 100),
        ("c", "topic=t", 0),
        ("d", "topic=t*", 200),
        ("e", "not data.x=1", 0),
        ("f", "topic=t or topic=u", 100),
        ("g", "topic=t", -5),
    ]:
        index.add(subscriber(identifier, expression, priority))
    assert names(index.interested_in(Event("t"))) == ["g", "c", "e", "a", "b", "f", "d"]


def test_an_id_can_be_taken_once_and_again_after_it_was_removed(index: SubscriberIndex) -> None:
    first, second = subscriber("me", "topic=a"), subscriber("me", "topic=b")
    index.add(first)
    with pytest.raises(DuplicateSubscriber, match="'me'"):
        index.add(second)
    assert index.get("me") is first
    assert index.remove("me") is first
    index.add(second)
    assert index.interested_in(Event("a")) == []
    assert index.interested_in(Event("b")) == [second]


def test_removing_who_is_not_there_is_no_error(index: SubscriberIndex) -> None:
    assert index.remove("nobody") is None
    assert index.get("nobody") is None


def test_a_topic_asked_before_is_answered_anew_after_a_change(index: SubscriberIndex) -> None:
    event = Event("t")
    assert index.interested_in(event) == []
    index.add(subscriber("a", "topic=t"))
    assert names(index.interested_in(event)) == ["a"]
    index.add(subscriber("b", "topic=*", 0))
    assert names(index.interested_in(event)) == ["b", "a"]
    index.remove("a")
    assert names(index.interested_in(event)) == ["b"]


def test_only_subscriptions_whose_topic_fits_are_looked_at(index: SubscriberIndex) -> None:
    looked_at: list[str] = []

    class Watched(dict[str, object]):
        """Metadata that tells when a target is compared with it."""

        def __getitem__(self, key: str) -> object:
            looked_at.append(super().__getitem__("id"))
            return super().__getitem__(key)

    for number in range(100):
        watched = Watched(id=f"other {number}", role="x")
        index.add(Subscriber(Subscription(f"topic=other.{number} and data.x=1"), print, watched))
    index.add(Subscriber(Subscription("topic=t"), print, Watched(id="me", role="x")))
    looked_at.clear()
    for _ in range(3):
        index.interested_in(Event("t", target="role=x"))
    assert set(looked_at) == {"me"}


def test_ever_new_topics_do_not_grow_the_memory(index: SubscriberIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED_TOPICS", 8)
    index.add(subscriber("all"))
    for number in range(100):
        assert names(index.interested_in(Event(f"studio.{number}"))) == ["all"]
    assert len(index._found) <= 8


def test_removed_topics_leave_nothing_behind(index: SubscriberIndex) -> None:
    for number in range(20):
        index.add(subscriber("a", f"topic=job.{number}"))
        index.remove("a")
    assert not index._by_topic
    assert len(index) == 0


def test_iterating_gives_all_in_the_order_they_were_added_even_while_they_go(index: SubscriberIndex) -> None:
    for identifier in "cab":
        index.add(subscriber(identifier, priority=ord(identifier)))
    for each in index:
        index.remove(each.identifier)
    assert len(index) == 0
    index.add(subscriber("z"))
    assert names(list(index)) == ["z"]


def test_subscribing_on_many_threads_loses_nobody_and_is_seen_by_those_who_ask(index: SubscriberIndex) -> None:
    """Whoever has added a subscriber finds it at once, whatever the other threads are doing."""
    missing: list[str] = []

    def work(name: str) -> None:
        for number in range(150):
            identifier = f"{name}{number}"
            index.add(subscriber(identifier, "topic=t" if number % 2 else "topic=t*"))
            if identifier not in names(index.interested_in(Event("t"))):
                missing.append(identifier)
            if number % 3 == 0:
                index.remove(identifier)
                if identifier in names(index.interested_in(Event("t"))):
                    missing.append(f"removed {identifier}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not missing
    assert len(index) == len(index.interested_in(Event("t"))) == 3 * 100


TOPICS = ["a", "ab", "b", "c"]
EXPRESSIONS = [
    *(f"topic={topic}" for topic in TOPICS),
    "topic=a*",
    "topic=*",
    "topic=a or topic=b",
    "topic=a and data.x=1",
    "topic=a or data.x=1",
    "not topic=a",
    "topic!=a",
    "data.x=1",
]


class AgainstAskingEverybody(RuleBasedStateMachine):
    """The index finds whom one finds by asking each subscriber in order of priority."""

    identifiers = Bundle("identifiers")

    def __init__(self) -> None:
        super().__init__()
        self.index = SubscriberIndex()
        self.all: list[Subscriber] = []
        self.number = 0

    @rule(target=identifiers, expression=st.sampled_from(EXPRESSIONS), priority=st.integers(0, 2), role=st.booleans())
    def add(self, expression: str, priority: int, role: bool) -> str:
        self.number += 1
        added = subscriber(str(self.number), expression, priority, role=role)
        self.index.add(added)
        self.all.append(added)
        return added.identifier

    @rule(identifier=consumes(identifiers))
    def remove(self, identifier: str) -> None:
        removed = self.index.remove(identifier)
        assert removed is not None
        self.all.remove(removed)

    @invariant()
    def finds_the_same(self) -> None:
        for topic in TOPICS:
            for x in (1, 2):
                for target in ("", "role=true"):
                    event = Event(topic, {"x": x}, target=target)
                    expected = sorted((s for s in self.all if s.interested_in(event)), key=lambda s: s.priority)
                    assert self.index.interested_in(event) == expected
        assert list(self.index) == self.all


TestAgainstAskingEverybody = AgainstAskingEverybody.TestCase
# Each step asks everybody about sixteen events.
TestAgainstAskingEverybody.settings = settings(stateful_step_count=20)


@given(st.lists(st.integers(0, 3), max_size=12))
def test_the_order_within_a_priority_is_stable(priorities: list[int]) -> None:
    index = SubscriberIndex()
    for number, priority in enumerate(priorities):
        index.add(subscriber(str(number), ("topic=t", "topic=t*")[number % 2], priority))
    expected = sorted(range(len(priorities)), key=lambda number: priorities[number])
    assert names(index.interested_in(Event("t"))) == [str(number) for number in expected]
