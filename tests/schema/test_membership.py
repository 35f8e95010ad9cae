"""How the members of collections are stored, on the embedded server's data model."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.facts import TREE_COLLECTIONS
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


@pytest.mark.parametrize(
    ("owner", "holder", "key", "collections"),
    [
        ("Shot", "Task", "parent_id", ["children"]),
        ("Project", "Sequence", "parent_id", ["children"]),
        ("Project", "Task", "project_id", []),
        ("Asset", "AssetVersion", "asset_id", ["versions"]),
        ("AssetVersion", "FileComponent", "version_id", ["components"]),
        ("SequenceComponent", "FileComponent", "container_id", ["members"]),
        ("Status", "Task", "status_id", ["tasks"]),
        ("User", "Timelog", "user_id", ["timelogs"]),
        ("Note", "Note", "in_reply_to_id", ["replies"]),
        ("Shot", "Appointment", "context_id", ["allocations", "appointments", "assignments"]),
        ("Shot", "TypedContextLink", "to_id", ["incoming_links"]),
        ("Shot", "Note", "parent_id", ["notes"]),
        ("User", "Task", "parent_id", []),
    ],
)
def test_the_collections_a_key_puts_an_entity_in(
    schema: Schema, owner: str, holder: str, key: str, collections: Any
) -> None:
    assert sorted(name for name, _ in schema.inverses(owner, holder, key)) == collections


def test_the_key_behind_a_collection(schema: Schema) -> None:
    assert schema.inverse_key("Shot", "children", "Task") == "parent_id"
    assert schema.inverse_key("Shot", "assignments", "Appointment") == "context_id"
    assert schema.inverse_key("Shot", "descendants", "Task") is None


def test_the_client_knows_what_the_embedded_server_does(schema: Schema) -> None:
    """Every storage that the client derives is that of the data model; hidden link tables are not known."""
    relations = datamodel.load().relations
    for owner in schema.types.values():
        for name, attribute in owner.attributes.items():
            if attribute.is_plural and attribute.target in schema.types:
                stored = schema.membership(owner.name, name)
                if stored is not None and name not in TREE_COLLECTIONS:
                    assert relations[owner.name, name] == stored, (owner.name, name)
