"""Conditions: what they decide about values of every kind, and the topics they can be true for."""

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
        # Truth and nothing are written as JSON or as Python writes them, and have no order.
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
        # What has parts is like no text.
        ("x=abc", ["abc"], False),
        ("x!=abc", ["abc"], True),
        ("x>a", ["b"], False),
        ("x=abc", {"abc": 1}, False),
        ("x=a*", ["abc"], False),
        # A star at the end of what is to be equal.
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
    """Something that only this process has."""

    def __str__(self) -> str:
        return "plate 7"


def test_other_objects_of_a_local_event_are_compared_by_their_text() -> None:
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
def test_a_path_that_leads_nowhere_satisfies_no_comparison(operator: str, record: Mapping[str, Any]) -> None:
    assert parse(f"a.b.c{operator}1").matches(record) is False
    assert parse(f"a.b.c{operator}*").matches(record) is False
    assert parse(f"not a.b.c{operator}1").matches(record) is True


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("third", [True, False])
def test_conditions_are_joined_as_logic_has_it(first: bool, second: bool, third: bool) -> None:
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
def test_the_topics_a_condition_can_be_true_for(text: str, exact: set[str], prefixes: set[str]) -> None:
    assert topics_of(parse(text)) == Topics(frozenset(exact), frozenset(prefixes))


topics = st.sampled_from(["a", "ab", "abc", "b", "5", ""])
leaves = st.builds(
    Comparison,
    st.sampled_from([("topic",), ("data",)]),
    st.sampled_from(["=", "!=", "<", ">"]),
    topics.map(lambda topic: f"{topic}*") | topics,
)


def grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)


@given(st.recursive(leaves, grown, max_leaves=6), topics, topics)
def test_no_event_a_condition_wants_has_a_topic_it_does_not_admit(condition: Condition, topic: str, data: str) -> None:
    if condition.matches({"topic": topic, "data": data}):
        assert topics_of(condition).admit(topic)
