"""The deduplicator: compared with a list of the last ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.events.delivery.deduplicator import Deduplicator


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(1, 5))
def test_an_id_is_new_unless_it_is_one_of_the_last_new_ones(ids: list[str], limit: int) -> None:
    deduplicator, remembered = Deduplicator(limit), list[str]()
    for each in ids:
        assert (each in deduplicator) == (each in remembered)
        assert deduplicator.add(each) == (each not in remembered)
        if each not in remembered:
            remembered = [*remembered, each][-limit:]
