"""The random source of the demo."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox.seeds.demo.random_source import RandomSource


def test_equal_seeds_generate_equal_ids_in_the_form_of_uuids() -> None:
    one, other, third = RandomSource(1), RandomSource(1), RandomSource(2)
    ids = [one.uuid() for _ in range(50)]
    assert ids == [other.uuid() for _ in range(50)]
    assert ids[0] != third.uuid()
    assert len(set(ids)) == 50
    assert all(len(id_) == 36 and id_[14] == "4" and id_.count("-") == 4 for id_ in ids)


@given(st.integers(), st.integers(-5, 5), st.integers(0, 5))
def test_integers_are_between_both_ends(seed: Any, low: Any, size: Any) -> None:
    random = RandomSource(seed)
    assert {random.integer(low, low + size) for _ in range(200)} <= set(range(low, low + size + 1))


def test_both_ends_are_possible_integers() -> None:
    random = RandomSource(1)
    assert {random.integer(1, 3) for _ in range(200)} == {1, 2, 3}


def test_an_early_choice_prefers_earlier_items() -> None:
    random = RandomSource(1)
    chosen = [random.early_choice("abcd") for _ in range(1000)]
    assert chosen.count("a") > chosen.count("b") > chosen.count("d") > 0


def test_a_chance_of_zero_is_never_true_and_a_chance_of_one_always() -> None:
    random = RandomSource(1)
    assert not any(random.chance(0) for _ in range(100))
    assert all(random.chance(1) for _ in range(100))
