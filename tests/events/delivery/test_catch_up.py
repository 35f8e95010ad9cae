"""Finding missed events in the server's records, and what records tell."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import TransportError
from ftrack_orm.events.connection.backoff import BackOff
from ftrack_orm.events.delivery import catch_up as module
from ftrack_orm.events.delivery.catch_up import PAGE, RENEWAL_SECONDS, CatchUp
from ftrack_orm.events.delivery.deduplicator import Deduplicator
from ftrack_orm.events.delivery.event_records import events_of
from ftrack_orm.events.delivery.pending_replies import PendingReplies
from ftrack_orm.events.event import Event


def record(number, event, entity="task", **told):
    entry = {"entityId": entity, "parents": [{"entityId": entity}, {"entityId": "project"}]}
    data = {"event": event, "entity": entry, **told}
    return {"id": number, "data": json.dumps(data), "user_id": "u", "user": {"username": "jane"}}


class Records:
    """A server's records, as a query gives them."""

    def __init__(self, rows=()):
        self.rows = list(rows)
        self.asked = 0
        self.failure = None

    def __call__(self, expression):
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        if "where" not in expression:
            return self.rows[-1:]
        after = int(expression.split("where id > ")[1].split()[0])
        return [row for row in self.rows if row["id"] > after][:PAGE]


def test_records_of_one_event_make_one_event():
    told = events_of([record(1, "e1", "a", clientToken="c"), record(2, "e1", "b"), record(3, "e2", "a")])
    first, second = told.events
    assert (first.id, first.topic) == ("e1", "ftrack.update")
    assert [entry["entityId"] for entry in first.data["entities"]] == ["a", "b"]
    assert first.data["parents"] == ["a", "project", "b"]
    assert first.data["clientToken"] == "c"
    assert first.source == {"user": {"id": "u", "username": "jane"}}
    assert second.id == "e2"
    assert told.unclear == 0


def test_records_that_tell_too_little_are_counted():
    useless = [None, "", "no json", "[1]", "{}", '{"event": "e"}', '{"entity": {}}', '{"event": 1, "entity": {}}']
    told = events_of([{"id": number, "data": data} for number, data in enumerate(useless)])
    assert told.events == ()
    assert told.unclear == len(useless)


def test_what_was_recorded_since_the_beginning_and_not_seen_was_missed():
    records = Records([record(1, "old")])
    missed = CatchUp(records)
    assert missed.begin(0.0)
    records.rows += [record(2, "handled"), record(3, "lost"), record(4, "lost too")]
    found = missed.find({"handled"})
    assert [event.id for event in found.events] == ["lost", "lost too"]
    assert found.complete


def test_an_empty_log_begins_before_its_first_record():
    records = Records()
    missed = CatchUp(records)
    assert missed.begin(0.0)
    records.rows.append(record(1, "lost"))
    assert [event.id for event in missed.find(set()).events] == ["lost"]


def test_the_next_search_begins_where_the_one_before_the_last_ended():
    records = Records([record(1, "e1")])
    missed = CatchUp(records)
    missed.begin(0.0)
    for number in (2, 3, 4):
        records.rows.append(record(number, f"e{number}"))
        found = [event.id for event in missed.find(set()).events]
        # Once more what was found the last time: what was being written then may have had a lower number.
        assert found == ([f"e{number - 1}"] if number > 2 else []) + [f"e{number}"]


def test_many_records_are_read_by_the_page():
    records = Records()
    missed = CatchUp(records)
    missed.begin(0.0)
    records.rows = [record(number, f"e{number}") for number in range(1, 2 * PAGE + 2)]
    assert len(missed.find(set()).events) == 2 * PAGE + 1
    assert records.asked == 1 + 3


def test_a_server_that_cannot_be_asked_leaves_the_answer_open():
    records = Records()
    missed = CatchUp(records)
    assert not CatchUp(Records()).find(set()).complete, "without a beginning nothing can be found"
    missed.begin(0.0)
    records.failure = TransportError("away")
    assert not missed.find(set()).complete
    assert not CatchUp(records).begin(0.0)


def test_a_search_begins_one_renewal_back():
    records = Records([record(1, "e1")])
    missed = CatchUp(records)
    missed.begin(0.0)
    assert not missed.renewal_due(RENEWAL_SECONDS - 1)
    for now in (1, 2):
        assert missed.renewal_due(now * RENEWAL_SECONDS)
        records.rows.append(record(now + 1, f"e{now + 1}"))
        missed.renewal(now * RENEWAL_SECONDS)()
        assert not missed.renewal_due(now * RENEWAL_SECONDS)
    assert [event.id for event in missed.find(set()).events] == ["e3"]


def test_a_renewal_that_fails_changes_nothing():
    records = Records([record(1, "e1")])
    missed = CatchUp(records)
    missed.begin(0.0)
    records.failure = TransportError("away")
    missed.renewal(RENEWAL_SECONDS)()
    records.failure = None
    records.rows.append(record(2, "e2"))
    assert [event.id for event in missed.find(set()).events] == ["e2"]


def test_more_events_than_are_remembered_cannot_be_told_apart(monkeypatch):
    monkeypatch.setattr(module, "RENEWAL_EVENTS", 5)
    monkeypatch.setattr(module, "REMEMBERED", 10)
    missed = CatchUp(Records())
    missed.begin(0.0)
    due = [missed.handled(0.0) for _ in range(11)]
    assert due.index(True) == 4
    assert not missed.find(set()).complete


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(1, 5))
def test_an_id_is_new_unless_it_is_among_the_last_that_were(ids, limit):
    seen, remembered = Deduplicator(limit), []
    for one in ids:
        assert (one in seen) == (one in remembered)
        assert seen.first_time(one) == (one not in remembered)
        if one not in remembered:
            remembered = [*remembered, one][-limit:]


def test_replies_are_awaited_for_as_long_as_their_life():
    awaited, calls = PendingReplies(10.0), []
    awaited.add("one", calls.append, now=0.0)
    awaited.add("two", calls.append, now=5.0)

    def reply(to):
        return Event("ftrack.meta.reply", in_reply_to_event=to)

    assert awaited.of(reply("one"), 9.0) is not None
    assert awaited.of(reply("one"), 9.5) is not None, "several subscribers may reply"
    assert awaited.of(reply("one"), 10.0) is None
    assert len(awaited) == 1
    awaited.remove("two")
    assert awaited.of(reply("two"), 10.0) is None
    assert awaited.of(reply(None), 10.0) is None


@given(st.integers(0, 200), st.floats(0, 1))
def test_pauses_grow_to_a_longest_and_are_shortened_by_chance_to_half(failures, chance):
    back_off = BackOff(first=0.5, longest=30.0)
    pause = back_off.pause(failures, chance)
    whole = min(30.0, 0.5 * 2**failures)
    assert (0 if failures == 0 else whole / 2) <= pause <= whole
