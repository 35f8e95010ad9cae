"""The ordered queue: deliveries with a common key stay in order, and no delivery waits for one without."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.events.delivery.ordered_queue import Delivery, OrderedQueue, ordering_keys
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber, Subscription

#: Cheap to generate: one draw from all combinations of up to three keys.
KEYS = st.sampled_from([keys for size in (1, 2, 3) for keys in itertools.permutations("abcde", size)])


def delivery(*keys: str) -> Delivery:
    return Delivery(Event("topic"), [], keys)


def test_a_job_waits_for_the_last_one_of_each_of_its_keys() -> None:
    ordered = OrderedQueue()
    first, second, both = delivery("a"), delivery("b"), delivery("a", "b")
    assert ordered.add(first)
    assert ordered.add(second)
    assert not ordered.add(both)
    assert ordered.done(first) == []
    assert ordered.done(second) == [both]
    assert ordered.done(both) == []
    assert len(ordered) == 0


@given(st.lists(KEYS, max_size=30), st.randoms(use_true_random=False))
def test_jobs_of_one_key_start_in_order_however_others_finish(keys: Any, random: Any) -> None:
    ordered, deliveries = OrderedQueue(), [delivery(*each) for each in keys]
    running = [each for each in deliveries if ordered.add(each)]
    order = []
    while running:
        in_use = [key for each in running for key in each.keys]
        assert len(in_use) == len(set(in_use)), "two deliveries of one key must not run at the same time"
        finished = running.pop(random.randrange(len(running)))
        order.append(finished)
        running.extend(ordered.done(finished))
    assert sorted(map(id, order)) == sorted(map(id, deliveries))
    for key in "abcde":
        assert [each for each in order if key in each.keys] == [each for each in deliveries if key in each.keys]
    assert len(ordered) == 0


@given(st.lists(KEYS, max_size=30))
def test_a_job_waits_only_for_earlier_jobs_that_share_a_key(keys: Any) -> None:
    ordered = OrderedQueue()
    before: set[str] = set()
    for each in keys:
        assert ordered.add(delivery(*each)) == before.isdisjoint(each)
        before.update(each)


def test_keys_are_the_entities_that_an_event_names_or_else_its_subscribers() -> None:
    subscriber = Subscriber(Subscription("topic=*"), print, {"id": "me"})

    def keys(data: Any) -> tuple[str, ...]:
        return ordering_keys(Event("topic", data), [subscriber])

    assert keys({"entities": [{"entityId": "x"}, {"entityId": "y"}, {"entityId": "x"}]}) == ("x", "y")
    assert keys({"selection": [{"entityId": "x", "entityType": "task"}]}) == ("x",)
    without_entities: list[Any] = [{}, {"entities": []}, {"entities": "text"}, {"selection": [{}, "text"]}, ["a list"]]
    for data in without_entities:
        assert keys(data) == ("me",)
