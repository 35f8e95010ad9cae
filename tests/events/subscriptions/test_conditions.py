"""Conditions: comparisons with values of every kind, and the topics for which a condition can be true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.events.subscriptions.conditions import And, Comparison, Condition, Not, Or, Topics, topics_of
from ftrack_orm.events.subscriptions.expression import parse


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        # Text is compared as text, in case and by code point.
        ("x=abc", "abc", True),
        ("x=abc", "ABC", False),
        ("x!=abc", "abd", True),
        ("x!=abc", "abc", False),
        ("x<b", "a", True),
        ("x>2024-01-01", "2024-05-01T10:00:00", True),
        ("x<9", "10", True),
        ("x=1", "1.0", False),
        ("x=''", "", True),
        # Numbers are compared as numbers where the value is one.
        ("x=5", 5, True),
        ("x=5", 5.0, True),
        ("x=5.0", 5, True),
        ("x=5e0", 5, True),
        ("x!=5", 5, False),
        ("x!=5", 6, True),
        ("x>9", 10, True),
        ("x>=10", 10, True),
        ("x<10", 9.5, True),
        ("x<=-1", -2, True),
        ("x=9007199254740993", 9007199254740993, True),
        ("x=9007199254740993", 9007199254740992, False),
        ("x=abc", 5, False),
        ("x!=abc", 5, True),
        ("x>abc", 5, False),
        ("x<abc", 5, False),
        ("x=nan", float("nan"), True),
        ("x<1_0", 5, False),
        # Booleans and None are written as in JSON or Python, and have no order.
        ("x=true", True, True),
        ("x=True", True, True),
        ("x=1", True, False),
        ("x=false", True, False),
        ("x=False", False, True),
        ("x!=true", False, True),
        ("x<2", True, False),
        ("x=none", None, True),
        ("x=None", None, True),
        ("x=null", None, True),
        ("x!=abc", None, True),
        ("x<abc", None, False),
        # Sequences and mappings equal no text.
        ("x=abc", ["abc"], False),
        ("x!=abc", ["abc"], True),
        ("x>a", ["b"], False),
        ("x=abc", {"abc": 1}, False),
        ("x=a*", ["abc"], False),
        # A star at the end of a value is a wildcard for `=`.
        ("x=ab*", "abc", True),
        ("x=ab*", "ab", True),
        ("x=ab*", "cab", False),
        ("x='a b*'", "a bc", True),
        ("x=10*", 1001, True),
        ("x=*", "", True),
        ("x=tr*", True, False),
        ("x=no*", None, False),
        ("x=*", None, True),
        ("x=*", [], True),
        ("x=a*c", "abc", False),
        ("x=a*c", "a*c", True),
        ("x!=ab*", "abc", True),
        ("x!=ab*", "ab*", False),
        ("x>=ab*", "ab+", True),
    ],
)
def test_a_value_is_compared_by_its_kind(text: str, value: object, expected: bool) -> None:
    assert parse(text).matches({"x": value}) is expected


class Plate:
    """An object that exists only in this process."""

    def __str__(self) -> str:
        return "plate 7"


def test_other_objects_of_a_local_event_are_compared_as_text() -> None:
    assert parse("x='plate 7'").matches({"x": Plate()})
    assert parse("x=plate*").matches({"x": Plate()})


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize(
    "record",
    [
        {},
        {"a": {}},
        {"a": {"b": {}}},
        {"a": None},
        {"a": "text"},
        {"a": 5},
        {"a": ["b"]},
        {"a": {"b": ["c"]}},
        {"a.b.c": "1"},
    ],
    ids=repr,
)
def test_no_comparison_holds_for_a_path_without_a_value(operator: str, record: Mapping[str, Any]) -> None:
    assert parse(f"a.b.c{operator}1").matches(record) is False
    assert parse(f"a.b.c{operator}*").matches(record) is False
    assert parse(f"not a.b.c{operator}1").matches(record) is True


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("third", [True, False])
def test_conditions_are_combined_by_boolean_logic(first: bool, second: bool, third: bool) -> None:
    record = {"a": str(int(first)), "b": str(int(second)), "c": str(int(third))}
    assert parse("a=1 and b=1 and c=1").matches(record) is (first and second and third)
    assert parse("a=1 or b=1 or c=1").matches(record) is (first or second or third)
    assert parse("not a=1 and b=1 or c=1").matches(record) is (((not first) and second) or third)
    assert parse("not (a=1 and (b=1 or c=1))").matches(record) is (not (first and (second or third)))


# -- topics -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "exact", "prefixes"),
    [
        ("topic=a", {"a"}, set()),
        ("topic=a*", set(), {"a"}),
        ("topic=*", set(), {""}),
        ("topic=a and data.x=1", {"a"}, set()),
        ("data.x=1 and topic=a", {"a"}, set()),
        ("topic=a* and topic=abc", {"abc"}, set()),
        ("topic=a or topic=b*", {"a"}, {"b"}),
        ("topic=a or data.x=1", {"a"}, {""}),
        ("(topic=a or topic=b) and data.x=1", {"a", "b"}, set()),
        ("not topic=a", set(), {""}),
        ("topic!=a", set(), {""}),
        ("topic>a", set(), {""}),
        ("data.topic=a", set(), {""}),
        ("topic.x=a", set(), {""}),
    ],
)
def test_the_topics_for_which_a_condition_can_be_true(text: str, exact: set[str], prefixes: set[str]) -> None:
    assert topics_of(parse(text)) == Topics(frozenset(exact), frozenset(prefixes))


topics = st.sampled_from(["a", "ab", "abc", "b", "5", ""])
#: Cheap to generate: one draw from all comparisons.
leaves = st.sampled_from(
    [
        Comparison((field,), operator, topic + wildcard)
        for field in ("topic", "data")
        for operator in ("=", "!=", "<", ">")
        for topic in ("a", "ab", "abc", "b", "5", "")
        for wildcard in ("", "*")
    ]
)


def combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    pairs = st.tuples(inner, inner)
    return st.builds(Not, inner) | st.builds(And, pairs) | st.builds(Or, pairs)


@given(st.recursive(leaves, combined, max_leaves=6), topics, topics)
def test_a_condition_admits_the_topic_of_every_event_that_satisfies_it(
    condition: Condition, topic: str, data: str
) -> None:
    if condition.matches({"topic": topic, "data": data}):
        assert topics_of(condition).admit(topic)
