"""The numbers of entities in proportion to the tasks."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.seeds.demo.scale import Scale, distribute_by_weight, distribute_evenly


@given(st.integers(min_value=0, max_value=1_000_000))
def test_the_numbers_are_consistent_at_every_scale(tasks: Any) -> None:
    numbers = Scale.of(tasks)
    assert numbers.shot_tasks + numbers.sequence_tasks + numbers.build_tasks == tasks
    assert numbers.sequence_tasks >= 0 <= numbers.build_tasks
    # Every shot has a task, and no more tasks than there are task types.
    assert numbers.shots <= numbers.shot_tasks <= 10 * numbers.shots
    assert (numbers.sequences == 0) == (numbers.shots == 0)


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=300))
def test_even_shares_differ_by_at_most_one_and_add_up(total: Any, count: Any) -> None:
    shares = list(distribute_evenly(total, count))
    assert sum(shares) == total
    assert len(shares) == count
    assert max(shares) - min(shares) <= 1


@given(st.integers(min_value=0, max_value=10_000), st.lists(st.integers(min_value=1, max_value=9), min_size=1))
def test_weighted_shares_are_in_proportion_and_add_up(total: Any, weights: Any) -> None:
    shares = distribute_by_weight(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1
