"""The facts name types and attributes that a server's schema really has."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema import facts
from ftrack_orm.schema.custom_attributes import CONDITIONS
from ftrack_orm.schema.model import Schema

#: Types that only newer servers have (PROTOCOL 5.2).
NEWER = {"BaseUser", "Collaborator", "NoteAnnotationComponent"}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


def test_every_named_entity_type_exists(schema: Schema) -> None:
    names = {
        *facts.BASES,
        *facts.BASES.values(),
        *facts.BASES_BY_SUFFIX,
        *facts.LINK_TYPES,
        *facts.PARENT_RELATIONS,
        *facts.CONFIGURED_TYPES.values(),
        *CONDITIONS,
        facts.CUSTOM_ATTRIBUTE_VALUE,
        facts.STATUS_CHANGE,
        facts.EVENT,
    }
    # `ProjectSchemaObjectType` and the like are links that servers do not show as types.
    hidden_links = {"ProjectSchemaObjectType", "TaskTypeSchemaType", "WorkflowSchemaStatus"} - set(schema.types)
    assert names - set(schema.types) - hidden_links == NEWER - set(schema.types)


def test_the_families_of_custom_attributes_are_those_whose_types_have_the_attribute(schema: Schema) -> None:
    families = {each.family for each in schema.types.values() if facts.CUSTOM_ATTRIBUTES in each.attributes}
    assert families == set(CONDITIONS) - {"User"}


@pytest.mark.parametrize(("family", "relation"), facts.PARENT_RELATIONS.items())
def test_a_parent_relation_is_a_reference_of_its_family(schema: Schema, family: Any, relation: Any) -> None:
    assert schema.type(family).attribute(relation).is_relation


def test_the_path_and_tree_attributes_are_attributes_of_contexts(schema: Schema) -> None:
    attributes = schema.type("TypedContext").attributes
    assert set(attributes) >= facts.PATH_ATTRIBUTES | facts.TREE_COLLECTIONS
    assert facts.IS_LATEST_VERSION in schema.type("AssetVersion").attributes
