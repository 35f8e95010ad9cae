"""Merging the occurrences of entities in replies: one object for each, and values of all, whatever the nesting."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.wire.entity_merging import merge_entities

TYPES = {"Task": ("Context", ["id"]), "Shot": ("Context", ["id"]), "Value": ("Value", ["configuration", "entity"])}


def task(key: str, **values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Task", "id": key, **values}


def test_occurrences_are_one_object_with_the_values_of_all() -> None:
    (reply,) = merge_entities([{"data": [task("1", name="a"), task("1", bid=3)]}], TYPES.get)
    first, second = reply["data"]
    assert first is second
    assert first == task("1", name="a", bid=3)


def test_occurrences_in_other_replies_and_by_other_types_of_the_family_are_merged() -> None:
    shot = {"__entity_type__": "Shot", "id": "1", "name": "a"}
    first, second = merge_entities([{"data": [task("1")]}, {"data": {"x": [shot]}}], TYPES.get)
    assert first["data"][0] is second["data"]["x"][0]


def test_the_last_value_counts() -> None:
    (reply,) = merge_entities([[task("1", name="a"), task("1", name="b")]], TYPES.get)
    assert reply[0]["name"] == "b"


def test_an_entity_may_contain_itself() -> None:
    (reply,) = merge_entities([[task("1", parent=task("2", children=[task("1", bid=1), task("3")]))]], TYPES.get)
    assert reply[0]["parent"]["children"][0] is reply[0]
    assert reply[0]["bid"] == 1


def test_entities_without_a_known_type_or_a_key_and_plain_objects_stay_apart() -> None:
    data: list[Any] = [
        {"__entity_type__": "Nothing", "id": "1"},
        {"__entity_type__": "Nothing", "id": "1"},
        {"__entity_type__": ["Task"], "id": "1"},
        {"__entity_type__": "Task"},
        {"__entity_type__": "Task"},
        {"__entity_type__": "Value", "configuration": "1"},
        {"__entity_type__": "Value", "configuration": "1", "entity": {"id": "1"}},
        {"id": "1"},
        {"id": "1"},
    ]
    merged = merge_entities([list(data)], TYPES.get)[0]
    assert all(one is other for one, other in zip(merged, data, strict=True))


def test_the_nesting_is_not_limited() -> None:
    value: Any = task("1", name="inside")
    for number in range(20_000):
        value = [value] if number % 2 else {"x": value}
    merge_entities([value, task("1")], TYPES.get)


keys = st.sampled_from(["1", "2", "3"])
trees = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
        | st.builds(lambda key, values: task(key, **values), keys, st.dictionaries(st.sampled_from("ab"), inner))
    ),
    max_leaves=30,
)


def entities_in(value: Any) -> dict[str, set[int]]:
    """Return the ids of the objects of each entity that can be reached, by the key of the entity."""
    found: dict[str, set[int]] = {}
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or not isinstance(each, (list, dict)):
            continue
        seen.add(id(each))
        if isinstance(each, dict) and "__entity_type__" in each:
            found.setdefault(each["id"], set()).add(id(each))
        waiting += each.values() if isinstance(each, dict) else each
    return found


@given(st.lists(trees, max_size=4))
def test_each_entity_is_one_object_and_merging_again_changes_nothing(answers: list[Any]) -> None:
    merged = merge_entities(answers, TYPES.get)
    objects = entities_in(merged)
    assert all(len(ids) == 1 for ids in objects.values())
    assert entities_in(merge_entities(merged, TYPES.get)) == objects
