"""Entries of an `ftrack.update`: types, keys and changed ids, also where parts are missing or malformed."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.events.update_entry import EntityTypes, UpdateEntry, update_entries
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from tests.events.updates import update_data

SCHEMA = Schema.from_response(datamodel.load().schemas)
TYPES = EntityTypes(SCHEMA)


def entry_of(**details: Any) -> UpdateEntry:
    (entry,) = update_entries(update_data(**details), TYPES).entries
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
    parents = [{"entityId": "t1"}, {"entityId": "s", "entity_type": "Shot"}, {"entityType": "show"}]
    ancestors = [(found and found.name, id_) for found, id_ in entry_of(parents=parents).ancestors()]
    assert ancestors == [("Shot", "s"), ("Project", "")]


@pytest.mark.parametrize("malformed", [None, 5, True, "text", [], {}, [[1]], [{}, "text"], {"name": 5}, {"name": {}}])
@pytest.mark.parametrize("part", ["action", "keys", "changes", "parents", "parentId", "entity_type", "entityType"])
def test_a_part_of_another_type_counts_as_missing_and_makes_the_entry_malformed(part: str, malformed: Any) -> None:
    data = update_data(entityType="task", parents=[], parentId="p")
    data["entities"][0][part] = malformed
    (entry,) = update_entries(data, TYPES).entries
    usable = {
        "action": isinstance(malformed, str),
        "keys": malformed in (None, []),
        "changes": malformed in (None, {}),
        "parents": malformed in (None, []),
        "parentId": malformed is None or malformed == "text" or (malformed == 5 and malformed is not True),
        # The type is unknown then, and any attribute of the entity may have changed as well.
        "entity_type": True,
        "entityType": True,
    }
    assert entry.is_malformed is not usable[part] or (part, malformed) == ("parents", [{}])
    assert list(entry.ancestors()) == []
    assert entry.identifier == "t1"


@pytest.mark.parametrize("entity_id", [None, "", [], {}, ["t1"], True, 1.5])
def test_an_entry_without_an_id_makes_the_entries_incomplete_and_keeps_the_others(entity_id: Any) -> None:
    (valid,) = update_data(entity_id="valid")["entities"]
    read = update_entries({"entities": [{"entityId": entity_id, "action": "update"}, valid, "text", 5]}, TYPES)
    assert [entry.identifier for entry in read.entries] == ["valid"]
    assert not read.is_complete
    assert read.malformed == 1


@pytest.mark.parametrize("data", [None, 5, "text", [], {}, {"entities": None}, {"entities": {"0": {}}}])
def test_data_without_a_list_of_entries_are_incomplete(data: Any) -> None:
    read = update_entries(data, TYPES)
    assert read.entries == ()
    assert not read.is_complete
