"""Entries of an `ftrack.update`: types, keys and changed ids, also where parts are missing or malformed."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.events.update_entry import EntityTypes, UpdateEntry, update_entries
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from tests.events.updates import update_data

SCHEMA = Schema.from_answer(datamodel.load().schemas)
TYPES = EntityTypes(SCHEMA)


def entry_of(**details: Any) -> UpdateEntry:
    (entry,) = update_entries(update_data(**details), TYPES)
    return entry


@pytest.mark.parametrize(
    ("entity_type", "internal_class", "name"),
    [
        ("Shot", "task", "Shot"),
        (None, "task", "TypedContext"),
        (None, "show", "Project"),
        (None, "assetversion", "AssetVersion"),
        (None, "asset_version", "AssetVersion"),
        (None, "user", "User"),
        ("Unknown", "user", "User"),
        (None, "socialfeed", "Feed"),
        (None, "socialnotice", None),
        (None, None, None),
    ],
)
def test_the_type_is_found_by_name_or_internal_class(
    entity_type: str | None, internal_class: str | None, name: str | None
) -> None:
    found = TYPES.type_of({"entity_type": entity_type, "entityType": internal_class})
    assert (found and found.name) == name


def test_the_key_is_made_of_the_parts_of_the_identifier() -> None:
    metadata = SCHEMA.types["Metadata"]
    assert entry_of(entity_type="Metadata", entity_id="parent,key,with commas").key(metadata) == (
        "parent",
        "key,with commas",
    )


def test_the_key_comes_from_the_changes_if_the_identifier_has_too_few_parts() -> None:
    metadata = SCHEMA.types["Metadata"]
    changes = {"parent_id": (None, "p"), "key": (None, "k")}
    assert entry_of(entity_type="Metadata", entity_id="m", changes=changes).key(metadata) == ("p", "k")


def test_the_ids_of_a_changed_key_are_those_after_and_before() -> None:
    status = SCHEMA.types["Task"].attributes["status_id"]
    assert entry_of(changes={"statusid": ("old", "new")}).ids(status) == ["new", "old"]
    assert entry_of(changes={"statusid": (None, "new")}).ids(status) == ["new"]
    assert entry_of(changes={"name": ("a", "b")}).ids(status) == []


def test_members_of_a_list_of_ids_are_those_on_one_side_only() -> None:
    scopes = SCHEMA.types["Task"].attributes["scopes"]
    changes = {scopes.alias or "scopes": (["a", "b"], ["b", "c"])}
    assert entry_of(changes=changes).members_added_or_removed(scopes) == {"a", "c"}
    assert entry_of().members_added_or_removed(scopes) is None


def test_names_are_joined_from_keys_and_changes() -> None:
    assert entry_of(changes={"b": (1, 2)}, keys=["a", "b"]).names == ("a", "b")
    assert entry_of(changes={"b": (1, 2)}, keys=None).names == ("b",)


def test_the_ancestors_begin_with_the_parent() -> None:
    parents = [{"entityId": "t1"}, "malformed", {"entityId": "s", "entity_type": "Shot"}, {"entityType": "show"}]
    ancestors = [(found and found.name, id_) for found, id_ in entry_of(parents=parents).ancestors()]
    assert ancestors == [("Shot", "s"), ("Project", "")]


@pytest.mark.parametrize("malformed", [None, 5, "text", [], {}, [[1]]])
def test_malformed_parts_count_as_missing(malformed: Any) -> None:
    data = {"entities": [{"entityId": "x", "keys": malformed, "changes": malformed, "parents": malformed}]}
    (entry,) = update_entries(data, TYPES)
    assert (entry.changes, entry.entity_type) == ({}, None)
    assert list(entry.ancestors()) == []
