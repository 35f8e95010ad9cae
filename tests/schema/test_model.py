"""The data model read from a server's reply."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest

from ftrack_orm.errors import ProtocolError, UnknownAttribute, UnknownEntityType
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import Schema, schema_hash


@pytest.fixture
def schema(answer: list[dict[str, Any]]) -> Schema:
    return Schema.from_response(answer)


def test_every_type_and_attribute_of_the_reply_is_read(schema: Schema, answer: list[dict[str, Any]]) -> None:
    assert {name: set(described.attributes) for name, described in schema.types.items()} == {
        description["id"]: set(description["properties"]) for description in answer
    }


def test_families_are_known_from_root_to_leaf(schema: Schema) -> None:
    assert schema.type("Shot").bases == ("TypedContext", "Context")
    assert {name: described.family for name, described in schema.types.items()} == {
        "Context": "Context",
        "Project": "Context",
        "TypedContext": "Context",
        "Task": "Context",
        "Shot": "Context",
        "Status": "Status",
        "Metadata": "Metadata",
    }
    assert set(schema.subtypes["Context"]) == {"Project", "TypedContext", "Task", "Shot"}
    assert set(schema.concrete("TypedContext")) == {"TypedContext", "Task", "Shot"}
    assert schema.concrete("Shot") == ("Shot",)


def test_subtypes_and_related_types_follow_the_family(schema: Schema) -> None:
    assert schema.is_a("Shot", "Context")
    assert schema.is_a("Shot", "Shot")
    assert not schema.is_a("Context", "Shot")
    assert schema.related("Context", "Shot")
    assert schema.related("Shot", "Context")
    assert not schema.related("Shot", "Task")
    assert not schema.related("Shot", "Status")


def test_internal_names_become_public_ones(schema: Schema) -> None:
    shot = schema.type("Shot")
    assert shot.alias == "Task"
    assert shot.classifiers == {"object_type_id": "s1"}
    assert shot.system_projections == ("id", "project_id")
    assert shot.default_projections == ("name",)


def test_flags_of_the_type_reach_its_attributes(schema: Schema) -> None:
    shot = schema.type("Shot")
    assert {name for name, found in shot.attributes.items() if found.immutable} == {"object_type_id", "id"}
    assert {name for name, found in shot.attributes.items() if found.computed} == {"link", "project_id"}
    assert {name for name, found in shot.attributes.items() if found.required} == {"name"}
    assert shot.supports_group_by
    assert not schema.type("Status").supports_group_by
    assert schema.type("Status").attribute("hidden").restricted


def test_references_and_their_keys_are_paired(schema: Schema) -> None:
    shot = schema.type("Shot")
    assert shot.reference_keys == {"parent": "parent_id", "status": "status_id"}
    assert shot.keyed_references == {"parent_id": ("parent",), "status_id": ("status",)}


def test_a_key_of_several_attributes_keeps_its_order(schema: Schema) -> None:
    assert schema.type("Metadata").primary_key == ("parent_id", "key")
    assert schema.type("Shot").attribute("metadata").kind is Kind.MAPPING


def test_an_unknown_type_is_refused_with_near_names(schema: Schema) -> None:
    with pytest.raises(UnknownEntityType, match=r"'Shto'.*Did you mean 'Shot'") as caught:
        schema.type("Shto")
    assert caught.value.entity_type == "Shto"


def test_an_unknown_attribute_is_refused_with_near_names(schema: Schema) -> None:
    with pytest.raises(UnknownAttribute, match=r"Shot has no attribute 'staus'.*'status'") as caught:
        schema.type("Shot").attribute("staus")
    assert (caught.value.entity_type, caught.value.attribute) == ("Shot", "staus")
    with pytest.raises(LookupError):
        schema.type("Shot").attribute("staus")


@pytest.mark.parametrize("wrong", [[{}], [{"id": "Task"}], [5], {"exception": 1}, [{"id": "T", "properties": 5}], 5])
def test_a_reply_of_another_shape_is_a_protocol_error(wrong: Any) -> None:
    with pytest.raises(ProtocolError, match="schema"):
        Schema.from_response(wrong)


def test_additions_of_a_newer_server_are_no_error(answer: list[dict[str, Any]]) -> None:
    newer = copy.deepcopy(answer)
    newer[0]["$novelty"] = {"deep": [1]}
    newer[0]["properties"]["novelty"] = {"type": "hologram", "format": "3d", "extra": True}
    newer.append({"id": "Novelty", "primary_key": ["id"], "properties": {"id": {"type": "string"}}})
    schema = Schema.from_response(newer)
    assert schema.type("Context").attribute("novelty").kind is Kind.SCALAR
    assert schema.type("Novelty").family == "Novelty"


def test_the_hash_is_that_of_servers(answer: list[dict[str, Any]]) -> None:
    """By ftrack's rule: the MD5 of the text that Python's `json` writes with sorted keys."""
    expected = hashlib.md5(json.dumps(answer, sort_keys=True).encode()).hexdigest()
    assert schema_hash(answer) == expected
    assert Schema.from_response(answer).hash == expected
    shuffled = [dict(reversed(description.items())) for description in answer]
    assert schema_hash(shuffled) == expected
    assert schema_hash(answer[:-1]) != expected
