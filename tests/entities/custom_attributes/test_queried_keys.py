"""The keys of custom attributes in the criteria of a query are found wherever they stand."""

from __future__ import annotations

import pytest

from ftrack_orm.entities.custom_attributes.queried_keys import QueriedKey, queried_keys
from ftrack_orm.query.language.parser import parse
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema

SCHEMA = Schema.from_response(list(datamodel.load().schemas))
ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('Task where custom_attributes any (key is "a" and value is 1)', [QueriedKey("Task", "a")]),
        ("Task where custom_attributes.key is a", [QueriedKey("Task", "a")]),
        (
            "Task where custom_attributes.configuration.key in (a, b)",
            [QueriedKey("Task", "a"), QueriedKey("Task", "b")],
        ),
        ("Task where custom_attributes any (configuration.key is a)", [QueriedKey("Task", "a")]),
        (f'Task where custom_attributes any (configuration_id is "{ID}")', [QueriedKey("Task", ID, is_id=True)]),
        ("Task where not custom_attributes any (key is a)", [QueriedKey("Task", "a")]),
        ("Task where name is x or (bid > 1 and custom_attributes any (key is a))", [QueriedKey("Task", "a")]),
        ("Task where parent.custom_attributes any (key is a)", [QueriedKey("Context", "a")]),
        ("Task where parent[Shot].custom_attributes any (key is a)", [QueriedKey("Shot", "a")]),
        ("Task where parent has (custom_attributes any (key is a))", [QueriedKey("Context", "a")]),
        ("AssetVersion where asset.custom_attributes.key is a", [QueriedKey("Asset", "a")]),
        (
            "Task where id in (select id from Task where custom_attributes any (key is a))",
            [QueriedKey("Task", "a")],
        ),
        ("ContextCustomAttributeValue where key is a", [QueriedKey(None, "a")]),
        ("CustomAttributeValue where configuration.key is a", [QueriedKey(None, "a")]),
        # Not keys of custom attributes, or not certain to have one.
        ('Task where custom_attributes any (key like "a%")', []),
        ("Task where custom_attributes any (key is_not a)", []),
        ("Task where custom_attributes any (key not_in (a))", []),
        ("Task where custom_attributes any (value is a)", []),
        ("Task where custom_attributes any ()", []),
        ("Task where metadata any (key is a)", []),
        ("CustomAttributeConfiguration where key is a", []),
        ("Task", []),
    ],
)
def test_keys_are_found_with_the_type_of_their_owners(text: str, keys: list[QueriedKey]) -> None:
    assert sorted(queried_keys(parse(text), SCHEMA), key=str) == sorted(keys, key=str)


def test_text_that_the_schema_does_not_know_has_no_keys() -> None:
    assert queried_keys(parse("Task where nothing.custom_attributes.key is a"), SCHEMA) == []


def test_keys_are_found_in_deeply_nested_criteria() -> None:
    depth = 90
    text = "Task where " + "(not " * depth + "custom_attributes any (key is a)" + ")" * depth
    assert len(queried_keys(parse(text), SCHEMA)) == 1
