"""Missed events: found after a checkpoint in the server's records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from ftrack_orm.errors import FtrackError, TransportError
from ftrack_orm.events.delivery import catch_up as module
from ftrack_orm.events.delivery.catch_up import CHECKPOINT_SECONDS, RECORDS_PER_QUERY, CatchUp
from tests.events.delivery.records import record


class Records:
    """Answers queries for the records of a server."""

    def __init__(self, rows: Iterable[dict[str, Any]] = ()) -> None:
        self.rows = list(rows)
        self.queries = 0
        self.failure: FtrackError | None = None

    def __call__(self, expression: str) -> Sequence[dict[str, Any]]:
        self.queries += 1
        if self.failure is not None:
            raise self.failure
        if "where" not in expression:
            return self.rows[-1:]
        after = int(expression.split("where id > ")[1].split()[0])
        return [row for row in self.rows if row["id"] > after][:RECORDS_PER_QUERY]


def missed_ids(catch_up: CatchUp, handled: Iterable[str] = ()) -> list[str]:
    return [event.id for event in catch_up.find_missed(set(handled)).events]


def test_events_recorded_since_the_start_and_not_handled_were_missed() -> None:
    records = Records([record(1, "old")])
    catch_up = CatchUp(records)
    assert catch_up.start(0.0)
    records.rows += [record(2, "handled"), record(3, "lost"), record(4, "lost too")]
    result = catch_up.find_missed({"handled"})
    assert [event.id for event in result.events] == ["lost", "lost too"]
    assert result.complete


def test_without_records_the_first_checkpoint_is_before_the_first_record() -> None:
    records = Records()
    catch_up = CatchUp(records)
    assert catch_up.start(0.0)
    records.rows.append(record(1, "lost"))
    assert missed_ids(catch_up) == ["lost"]


def test_starting_sets_one_checkpoint_until_a_restart() -> None:
    records = Records()
    catch_up = CatchUp(records)
    assert catch_up.start(0.0)
    records.rows.append(record(1, "e1"))
    assert catch_up.start(1.0)
    assert records.queries == 1
    catch_up.restart()
    assert catch_up.start(2.0)
    assert missed_ids(catch_up) == []


def test_a_search_begins_at_the_end_of_the_search_before_the_last() -> None:
    records = Records([record(1, "e1")])
    catch_up = CatchUp(records)
    catch_up.start(0.0)
    for number in (2, 3, 4):
        records.rows.append(record(number, f"e{number}"))
        # Events of the last search are found again: a transaction that was open then may have had a lower number.
        assert missed_ids(catch_up) == ([f"e{number - 1}"] if number > 2 else []) + [f"e{number}"]


def test_many_records_take_several_queries() -> None:
    records = Records()
    catch_up = CatchUp(records)
    catch_up.start(0.0)
    records.rows = [record(number, f"e{number}") for number in range(1, 2 * RECORDS_PER_QUERY + 2)]
    assert len(missed_ids(catch_up)) == 2 * RECORDS_PER_QUERY + 1
    assert records.queries == 1 + 3


def test_the_result_is_incomplete_when_the_server_cannot_be_asked() -> None:
    records = Records()
    catch_up = CatchUp(records)
    assert not catch_up.find_missed(set()).complete, "there is no checkpoint yet"
    catch_up.start(0.0)
    records.failure = TransportError("away")
    assert not catch_up.find_missed(set()).complete
    assert not CatchUp(records).start(0.0)


def test_a_search_begins_at_the_checkpoint_before_the_last() -> None:
    records = Records([record(1, "e1")])
    catch_up = CatchUp(records)
    catch_up.start(0.0)
    assert not catch_up.is_checkpoint_due(CHECKPOINT_SECONDS - 1)
    for now in (1, 2):
        assert catch_up.is_checkpoint_due(now * CHECKPOINT_SECONDS)
        records.rows.append(record(now + 1, f"e{now + 1}"))
        catch_up.make_checkpoint(now * CHECKPOINT_SECONDS)()
        assert not catch_up.is_checkpoint_due(now * CHECKPOINT_SECONDS)
    assert missed_ids(catch_up) == ["e3"]


def test_no_second_checkpoint_is_due_while_one_is_being_made() -> None:
    catch_up = CatchUp(Records())
    catch_up.start(0.0)
    ask = catch_up.make_checkpoint(CHECKPOINT_SECONDS)
    assert not catch_up.is_checkpoint_due(3 * CHECKPOINT_SECONDS)
    ask()
    assert catch_up.is_checkpoint_due(3 * CHECKPOINT_SECONDS)


def test_a_checkpoint_that_fails_changes_nothing() -> None:
    records = Records([record(1, "e1")])
    catch_up = CatchUp(records)
    catch_up.start(0.0)
    records.failure = TransportError("away")
    catch_up.make_checkpoint(CHECKPOINT_SECONDS)()
    records.failure = None
    records.rows.append(record(2, "e2"))
    assert missed_ids(catch_up) == ["e2"]


def test_after_more_events_than_are_remembered_the_result_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_EVENTS", 5)
    monkeypatch.setattr(module, "REMEMBERED_IDS", 10)
    catch_up = CatchUp(Records())
    catch_up.start(0.0)
    due = [catch_up.count_event(0.0) for _ in range(11)]
    assert due.index(True) == 4
    assert not catch_up.find_missed(set()).complete


def test_records_whose_ids_are_no_numbers_cannot_be_used() -> None:
    assert not CatchUp(Records([{"id": "c0ffee", "data": None}])).start(0.0)


@pytest.mark.parametrize("last", [5, 0, "x", None, [], {}, True, "9" * 5_000])
def test_records_that_do_not_advance_end_the_search(last: Any) -> None:
    records = Records([record(5, "old")])
    catch_up = CatchUp(records)
    assert catch_up.start(0.0)
    page = [record(6, "missed")] * (RECORDS_PER_QUERY - 1) + [{**record(7, "last"), "id": last}]
    queries = 0

    def repeat(expression: str) -> Sequence[dict[str, Any]]:
        nonlocal queries
        queries += 1
        return page

    catch_up._query = repeat
    result = catch_up.find_missed(set())
    assert [event.id for event in result.events] == ["missed", "last"]
    assert not result.complete
    assert queries == 1


def test_records_of_other_types_are_unusable_and_the_others_are_replayed() -> None:
    records = Records([record(1, "old")])
    catch_up = CatchUp(records)
    assert catch_up.start(0.0)
    odd = [{"data": text} for text in ("[" * 100_000, "9" * 5_000, "{}", 5, None)]
    odd.append({"data": '{"event": "odd", "entity": {"parents": 5}}'})
    records.rows += [{**each, "id": number} for number, each in enumerate(odd, 2)] + [record(9, "missed")]
    result = catch_up.find_missed(set())
    assert [event.id for event in result.events] == ["odd", "missed"]
    assert not result.complete
