"""Entity types in words."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.description import describe
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(list(datamodel.load().schemas))


def test_attributes_have_types_targets_and_rules(schema: Schema) -> None:
    lines = {line.split()[0]: line.strip() for line in str(describe(schema.type("Task"))).splitlines() if line.strip()}
    assert lines["status"].endswith("-> Status")
    assert lines["assignments"].endswith("-> several Appointment")
    assert lines["metadata"].endswith("-> Metadata by key")
    assert lines["status_id"].endswith("text, required, the key of status")
    assert lines["id"].endswith("text, required, generated, set on creation only")
    assert lines["thumbnail_url"].endswith("JSON object, read-only")
    assert lines["end_date"].endswith("datetime")
    assert lines["bid"].endswith("number, required")


def test_every_type_is_described(schema: Schema) -> None:
    for entity_type in schema.types.values():
        text = str(describe(entity_type, ["create_note"]))
        assert all(name in text for name in entity_type.attributes)
        assert max(map(len, text.splitlines())) < 200
        assert "create_note" in text
        assert all(attribute.value_in_words for attribute in entity_type.attributes.values())


def test_bases_and_keys_are_named(schema: Schema) -> None:
    text = str(describe(schema.type("Metadata")))
    assert "Its key is parent_id, key." in text
    assert "It is a TypedContext, a Context." in str(describe(schema.type("Shot")))


def test_a_schema_is_read_by_name(schema: Schema) -> None:
    assert schema["Task"] is schema.type("Task")
    assert "Task" in schema
    assert "Tusk" not in schema
    assert list(schema) == list(schema.types)
    assert len(schema) == len(schema.types)
    assert schema._ipython_key_completions_() == sorted(schema.types)


def test_the_reprs_are_one_line(schema: Schema) -> None:
    assert repr(schema) == f"<Schema of {len(schema.types)} entity types>"
    count = len(schema["Task"].attributes)
    assert repr(schema["Task"]) == f"<EntityType Task: {count} attributes, key id>"
    assert str(schema["Task"]) == str(describe(schema["Task"]))
    assert repr(schema["Task"].attributes["status"]) == "<Attribute status: -> Status>"
    assert repr(schema["Task"].attributes["bid"]) == "<Attribute bid: number>"
