from __future__ import annotations

import pickle

from ftrack_orm.query.language.nodes import (
    And,
    Comparison,
    Membership,
    Operator,
    Or,
    Path,
    Select,
    Step,
    conjunction,
    disjunction,
)

A, B, C = (Comparison(Path.of(name), Operator.IS, 1) for name in "abc")


def test_a_path_shows_its_steps_and_casts() -> None:
    assert str(Path((Step("parent", "Shot"), Step("status"), Step("name")))) == "parent[Shot].status.name"


def test_values_of_different_types_differ_although_they_are_equal_in_python() -> None:
    one, true, decimal = (Comparison(Path.of("a"), Operator.IS, value) for value in (1, True, 1.0))
    assert len({one, true, decimal}) == 3
    assert Membership(Path.of("a"), (1,)) != Membership(Path.of("a"), (True,))
    assert Membership(Path.of("a"), (1, "x")) == Membership(Path.of("a"), (1, "x"))


def test_the_position_takes_no_part_in_comparison() -> None:
    assert Path.of("a") == Path((Step("a"),), position=7)
    assert hash(Path.of("a")) == hash(Path((Step("a"),), position=7))
    assert Select("Task", position=3) == Select("Task")


def test_conjunctions_are_flattened_and_skip_none() -> None:
    assert conjunction(conjunction(A, B), None, C) == And((A, B, C))
    assert conjunction(None, A) == A
    assert conjunction(None) is None
    assert conjunction(A, disjunction(B, C)) == And((A, Or((B, C))))


def test_disjunctions_are_flattened() -> None:
    assert disjunction(disjunction(A, B), C) == Or((A, B, C))
    assert disjunction(A) == A


def test_nodes_survive_pickling() -> None:
    select = Select("Task", (Path.of("name"),), conjunction(A, disjunction(B, C)), limit=3)
    assert pickle.loads(pickle.dumps(select)) == select
