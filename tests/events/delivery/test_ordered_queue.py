"""Lanes: for any events, those about the same thing stay in order, and nothing waits for what it has no part in."""

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.events.delivery.ordered_queue import Job, OrderedQueue, lane_keys
from ftrack_orm.events.event import Event
from ftrack_orm.events.subscriptions.subscription import Subscriber, Subscription

KEYS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=3, unique=True).map(tuple)


def job(*keys):
    return Job(Event("topic"), [], keys)


def test_a_job_waits_for_the_last_one_in_each_of_its_lanes():
    lanes = OrderedQueue()
    first, second, both = job("a"), job("b"), job("a", "b")
    assert lanes.add(first)
    assert lanes.add(second)
    assert not lanes.add(both)
    assert lanes.done(first) == []
    assert lanes.done(second) == [both]
    assert lanes.done(both) == []
    assert len(lanes) == 0


@given(st.lists(KEYS, max_size=30), st.randoms(use_true_random=False))
def test_in_whatever_order_jobs_finish_each_lane_keeps_its_own(keys, random):
    lanes, jobs = OrderedQueue(), [job(*one) for one in keys]
    running = [one for one in jobs if lanes.add(one)]
    order = []
    while running:
        in_use = [key for one in running for key in one.keys]
        assert len(in_use) == len(set(in_use)), "two jobs of one lane must not run at the same time"
        finished = running.pop(random.randrange(len(running)))
        order.append(finished)
        running.extend(lanes.done(finished))
    assert sorted(map(id, order)) == sorted(map(id, jobs))
    for key in "abcde":
        assert [one for one in order if key in one.keys] == [one for one in jobs if key in one.keys]
    assert len(lanes) == 0


@given(st.lists(KEYS, max_size=30))
def test_a_job_waits_only_if_one_before_it_is_in_a_lane_of_its_own(keys):
    lanes = OrderedQueue()
    before: set[str] = set()
    for one in keys:
        assert lanes.add(job(*one)) == before.isdisjoint(one)
        before.update(one)


def test_lanes_are_the_entities_an_event_names_or_else_its_subscribers():
    subscriber = Subscriber(Subscription("topic=*"), print, {"id": "me"})

    def keys(data):
        return lane_keys(Event("topic", data), [subscriber])

    assert keys({"entities": [{"entityId": "x"}, {"entityId": "y"}, {"entityId": "x"}]}) == ("x", "y")
    assert keys({"selection": [{"entityId": "x", "entityType": "task"}]}) == ("x",)
    for nothing in ({}, {"entities": []}, {"entities": "text"}, {"selection": [{}, "text"]}, ["a list"]):
        assert keys(nothing) == ("me",)
