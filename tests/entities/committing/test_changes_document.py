"""The content of a file of changes as values, checked against the schema."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.committing.changes_document import located, parse_document
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import NOT_LOADED

SCHEMA = Schema.from_response(datamodel.load().schemas)
USER = {"__entity_type__": "User", "id": "u1"}


def parse(**sections: Any) -> Any:
    return parse_document({"created": [], "updated": [], "deleted": [], **sections}, SCHEMA)


def test_values_are_decoded_and_references_are_reduced_to_type_and_key() -> None:
    values = {
        "id": "t1",
        "end_date": {"__type__": "datetime", "value": "2024-02-03T04:05:06"},
        "parent": {"__entity_type__": "Shot", "id": "s1"},
        "metadata": {"a": "1"},
    }
    (task,) = parse(created=[{"__entity_type__": "Task", "id": "t1", "values": values}]).created
    assert (task.entity_type.name, task.key, task.position) == ("Task", ("t1",), ("created", 0))
    assert task.reference == {"__entity_type__": "Task", "id": "t1"}
    assert {name: change.new for name, change in task.changes.items()} == {
        **values,
        "end_date": datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc),
    }


def test_a_change_has_the_old_value_or_not_loaded() -> None:
    changes = {"name": {"old": "a", "new": "b"}, "bid": {"new": 5}}
    (task,) = parse(updated=[{"__entity_type__": "Task", "id": "t1", "changes": changes}]).updated
    assert [(change.old, change.new) for change in task.changes.values()] == [("a", "b"), (NOT_LOADED, 5)]


def test_longer_keys_are_read_in_the_order_of_the_type() -> None:
    schema = Schema.from_response([{"id": "Link", "primary_key": ["b", "a"], "properties": {"a": {}, "b": {}}}])
    link = {"__entity_type__": "Link", "a": "1", "b": 2}
    (deleted,) = parse_document({"created": [], "updated": [], "deleted": [link]}, schema).deleted
    assert deleted.key == ("2", "1")


@pytest.mark.parametrize("key", [None, True, 1.5, "", [], "x" * 1001, "\ud800"])
def test_keys_are_text_or_whole_numbers(key: Any) -> None:
    with pytest.raises(errors.InvalidValue, match=r"deleted\[0\]\.id must be a key"):
        parse(deleted=[{"__entity_type__": "Task", "id": key}])


def test_the_same_entity_under_a_related_type_is_found_twice() -> None:
    changed = {"__entity_type__": "Task", "id": "t1", "changes": {}}
    with pytest.raises(errors.InvalidValue, match=r"deleted\[0\]: the document has this entity twice"):
        parse(updated=[changed], deleted=[{"__entity_type__": "TypedContext", "id": "t1"}])


def test_a_long_name_is_cut_and_not_compared_with_others() -> None:
    item = {"__entity_type__": "User", "id": "u1", "values": {"n" * 100_000: 1}}
    with pytest.raises(errors.InvalidValue, match="is too long for the name of an attribute") as caught:
        parse(created=[item])
    assert len(str(caught.value)) < 300


def test_errors_of_a_block_keep_their_type_and_details() -> None:
    message = r"^created\[2\]\.values: no\.$"
    with pytest.raises(errors.ReadOnlyAttribute, match=message) as caught, located(("created", 2, "values")):
        raise errors.ReadOnlyAttribute("no.", attribute="name")
    assert caught.value.attribute == "name"
