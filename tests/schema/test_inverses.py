"""Which collections lead back to what refers to their owner, on the embedded server's data model."""

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def schema():
    return Schema.from_answer(datamodel.load().schemas)


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
        ("Shot", "Appointment", "context_id", []),
        ("Shot", "TypedContextLink", "to_id", []),
        ("User", "Task", "parent_id", []),
    ],
)
def test_the_collections_a_key_puts_an_entity_in(schema, owner, holder, key, collections):
    assert schema.inverses(owner, holder, key) == collections


def test_the_key_behind_a_collection(schema):
    assert schema.inverse_key("Shot", "children", "Task") == "parent_id"
    assert schema.inverse_key("Shot", "assignments", "Appointment") is None
    assert schema.inverse_key("Shot", "descendants", "Task") is None


def test_what_the_schema_implies_is_what_the_embedded_server_does(schema):
    """Every inverse found is one by the data model's own relation keys."""
    relations = datamodel.load().relations
    for owner in schema.types.values():
        for name, attribute in owner.attributes.items():
            if attribute.is_plural and attribute.target in schema.types:
                key = schema.inverse_key(owner.name, name, attribute.target)
                if key is not None:
                    assert relations[owner.name, name].attribute == key, (owner.name, name)
