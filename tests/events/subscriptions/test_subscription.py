"""Subscribers and their index: which of them an event reaches, and in which order."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ftrack_orm.errors import DuplicateSubscriber, ExpressionError
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions import subscription as module
from ftrack_orm.events.subscriptions.subscription import Subscriber, SubscriberIndex, Subscription


def subscriber(identifier: str, expression: str = "topic=*", priority: int = 100, **metadata: object) -> Subscriber:
    return Subscriber(Subscription(expression), lambda event: None, {"id": identifier, **metadata}, priority)


def names(subscribers: list[Subscriber]) -> list[str]:
    return [each.identifier for each in subscribers]


@pytest.fixture
def index() -> SubscriberIndex:
    return SubscriberIndex()


def test_a_subscription_matches_events_by_its_expression() -> None:
    subscription = Subscription("topic=ftrack.update and data.user.username=jane")
    matches = subscription.condition.matches
    assert matches(Event("ftrack.update", {"user": {"username": "jane"}}))
    assert matches({"topic": "ftrack.update", "data": {"user": {"username": "jane"}}})
    assert not matches(Event("ftrack.update", {"user": {"username": "joe"}}))
    assert str(subscription) == "topic=ftrack.update and data.user.username=jane"


def test_a_malformed_expression_is_refused_when_the_subscription_is_created() -> None:
    with pytest.raises(ExpressionError):
        Subscription("topic ftrack.update")


@pytest.mark.parametrize(
    ("target", "matches"),
    [
        ("", True),
        ("id=me", True),
        ("id=you", False),
        ("applicationId=ftrack.client.web and id=me", True),
        ("user.id=u1", False),
        ("not user.id=u1", True),
    ],
)
def test_a_target_is_compared_with_the_subscribers_metadata(index: SubscriberIndex, target: str, matches: bool) -> None:
    me = subscriber("me", "topic=t", applicationId="ftrack.client.web")
    index.add(me)
    event = Event("t", target=target)
    assert me.interested_in(event) is matches
    assert index.interested_in(event) == ([me] if matches else [])


def test_a_matching_target_does_not_replace_the_topic(index: SubscriberIndex) -> None:
    index.add(subscriber("me", "topic=t"))
    assert index.interested_in(Event("other", target="id=me")) == []


def test_a_malformed_target_raises_an_error(index: SubscriberIndex) -> None:
    index.add(subscriber("me", "topic=t"))
    with pytest.raises(ExpressionError):
        index.interested_in(Event("t", target="id me"))


def test_subscribers_are_ordered_by_priority_and_then_by_the_time_they_were_added(index: SubscriberIndex) -> None:
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


def test_an_id_is_unique_and_can_be_used_again_after_its_removal(index: SubscriberIndex) -> None:
    first, second = subscriber("me", "topic=a"), subscriber("me", "topic=b")
    index.add(first)
    with pytest.raises(DuplicateSubscriber, match="'me'"):
        index.add(second)
    assert index.get("me") is first
    assert index.remove("me") is first
    index.add(second)
    assert index.interested_in(Event("a")) == []
    assert index.interested_in(Event("b")) == [second]


def test_removing_an_unknown_id_is_no_error(index: SubscriberIndex) -> None:
    assert index.remove("unknown") is None
    assert index.get("unknown") is None


def test_cached_candidates_are_replaced_after_a_change(index: SubscriberIndex) -> None:
    event = Event("t")
    assert index.interested_in(event) == []
    index.add(subscriber("a", "topic=t"))
    assert names(index.interested_in(event)) == ["a"]
    index.add(subscriber("b", "topic=*", 0))
    assert names(index.interested_in(event)) == ["b", "a"]
    index.remove("a")
    assert names(index.interested_in(event)) == ["b"]


def test_only_subscriptions_whose_topic_fits_are_evaluated(index: SubscriberIndex) -> None:
    evaluated: list[object] = []

    class Watched(dict[str, object]):
        """Metadata that records when a target is compared with it."""

        def __getitem__(self, key: str) -> object:
            evaluated.append(super().__getitem__("id"))
            return super().__getitem__(key)

    for number in range(100):
        watched = Watched(id=f"other {number}", role="x")
        index.add(Subscriber(Subscription(f"topic=other.{number} and data.x=1"), print, watched))
    index.add(Subscriber(Subscription("topic=t"), print, Watched(id="me", role="x")))
    evaluated.clear()
    for _ in range(3):
        index.interested_in(Event("t", target="role=x"))
    assert set(evaluated) == {"me"}


def test_the_cache_of_topics_is_bounded(index: SubscriberIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHED_TOPICS", 8)
    index.add(subscriber("all"))
    for number in range(100):
        assert names(index.interested_in(Event(f"studio.{number}"))) == ["all"]
    assert len(index._candidates) <= 8


def test_removed_topics_free_their_memory(index: SubscriberIndex) -> None:
    for number in range(20):
        index.add(subscriber("a", f"topic=job.{number}"))
        index.remove("a")
    assert not index._by_topic
    assert len(index) == 0


def test_iteration_is_in_the_order_of_addition_and_independent_of_removals(index: SubscriberIndex) -> None:
    for identifier in "cab":
        index.add(subscriber(identifier, priority=ord(identifier)))
    for each in index:
        index.remove(each.identifier)
    assert len(index) == 0
    index.add(subscriber("z"))
    assert names(list(index)) == ["z"]


def test_subscribers_added_on_several_threads_are_all_found_at_once(index: SubscriberIndex) -> None:
    """A thread finds a subscriber that it has added at once, even while other threads change the index."""
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


EVENTS = [Event(topic, {"x": x}, target=target) for topic in TOPICS for x in (1, 2) for target in ("", "role=true")]


class ComparedWithASearch(RuleBasedStateMachine):
    """The index finds the same subscribers as a search through all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.index = SubscriberIndex()
        self.all: list[Subscriber] = []
        self.number = 0

    @rule(expression=st.sampled_from(EXPRESSIONS), priority=st.integers(0, 2), role=st.booleans())
    def add(self, expression: str, priority: int, role: bool) -> None:
        self.number += 1
        added = subscriber(str(self.number), expression, priority, role=role)
        self.index.add(added)
        self.all.append(added)

    @precondition(lambda self: self.all)
    @rule(position=st.integers(0, 99))
    def remove(self, position: int) -> None:
        removed = self.all.pop(position % len(self.all))
        assert self.index.remove(removed.identifier) is removed

    @rule(event=st.sampled_from(EVENTS))
    def find(self, event: Event) -> None:
        """Fill the cache with the candidates of a topic."""
        expected = sorted((s for s in self.all if s.interested_in(event)), key=lambda s: s.priority)
        assert self.index.interested_in(event) == expected

    @invariant()
    def iterates_over_all(self) -> None:
        assert list(self.index) == self.all

    def teardown(self) -> None:
        for event in EVENTS:
            self.find(event)


TestComparedWithASearch = ComparedWithASearch.TestCase
TestComparedWithASearch.settings = settings(stateful_step_count=20)


@given(st.lists(st.integers(0, 3), max_size=12))
def test_the_order_within_a_priority_is_stable(priorities: list[int]) -> None:
    index = SubscriberIndex()
    for number, priority in enumerate(priorities):
        index.add(subscriber(str(number), ("topic=t", "topic=t*")[number % 2], priority))
    expected = sorted(range(len(priorities)), key=lambda number: priorities[number])
    assert names(index.interested_in(Event("t"))) == [str(number) for number in expected]


def test_long_topics_are_not_remembered() -> None:
    index = SubscriberIndex()
    index.add(subscriber("a"))
    for topic in ("short", "x" * 1_000_000):
        assert names(index.interested_in(Event(topic))) == ["a"]
    assert list(index._candidates) == ["short"]
