"""ftrack's data model: its description for clients, its relations, and additional types."""

from __future__ import annotations

import json

import pytest

from benchmarks import compare_schemas
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, Through

#: The output of `compare_schemas.py --fingerprint FILE` for the reply of a real server with 116 entity types.
REAL_FINGERPRINT = "6d9f7249c5b23a068afd6c926aa94da07c502686b490ef79d7cad0a1a64fb596"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


def relations(schema: Schema) -> list[tuple[str, str]]:
    return [
        (name, attribute.name)
        for name, entity_type in schema.types.items()
        for attribute in entity_type.attributes.values()
        if attribute.is_relation
    ]


# -- the reply to `query_schemas` -------------------------------------------------------------------------------------


def test_the_reply_is_that_of_a_real_server() -> None:
    assert compare_schemas.fingerprint(datamodel.load().schemas) == REAL_FINGERPRINT


def test_the_reply_is_json_and_loaded_once() -> None:
    model = datamodel.load()
    assert json.loads(json.dumps(model.schemas)) == model.schemas
    assert datamodel.load() is model


def test_the_reply_has_the_types_clients_build_on(schema: Schema) -> None:
    assert len(schema.types) == 116
    assert schema.type("Shot").bases == ("TypedContext", "Context")
    assert dict(schema.type("Shot").classifiers) == {"object_type_id": "bad911de-3bd6-47b9-8b46-3476e237cb36"}
    assert schema.type("Metadata").primary_key == ("parent_id", "key")


def test_the_notations_bases_are_those_clients_infer(schema: Schema) -> None:
    described = datamodel.load().types
    assert {name: entity_type.bases[:1] for name, entity_type in schema.types.items()} == {
        name: (described[name].base,) if described[name].base else () for name in schema.types
    }


# -- the relations ----------------------------------------------------------------------------------------------------


def test_relations_have_keys_and_no_other_attribute_has(schema: Schema) -> None:
    assert set(datamodel.load().relations) == set(relations(schema))


def test_keys_name_existing_attributes(schema: Schema) -> None:
    for (name, relation), key in datamodel.load().relations.items():
        owner = schema.types[name]
        target = schema.type(str(owner.attributes[relation].target))
        if isinstance(key, ForeignKey):
            assert owner.attribute(key.attribute).kind is Kind.SCALAR, (name, relation)
        elif isinstance(key, HiddenKey):
            assert key.column not in owner.attributes, (name, relation)
        elif isinstance(key, Inverse):
            for attribute in (key.attribute, *(attribute for attribute, _ in key.only)):
                assert target.attribute(attribute).kind is Kind.SCALAR, (name, relation)
        elif isinstance(key, Through) and key.link in schema.types:
            for end in (key.near, key.far):
                assert schema.type(key.link).attribute(end).kind is Kind.SCALAR, (name, relation)


def test_references_are_stored_as_one_id_and_collections_are_not(schema: Schema) -> None:
    for (name, relation), key in datamodel.load().relations.items():
        plural = schema.types[name].attributes[relation].is_plural
        expected = (Inverse, Through) if plural else (ForeignKey, HiddenKey)
        assert isinstance(key, (*expected, Derived)), (name, relation)


def test_the_key_of_a_reference_is_the_one_the_schema_implies(schema: Schema) -> None:
    exceptions = set()
    for name, entity_type in schema.types.items():
        for relation, attribute in entity_type.reference_keys.items():
            if datamodel.load().relations[name, relation] != ForeignKey(attribute):
                exceptions.add((name, relation))
    # A session's thumbnail is that of one of its objects, despite the description of `thumbnail_id`.
    assert exceptions == {("ReviewSession", "thumbnail")}


def test_a_collections_key_refers_to_the_type_that_has_the_collection(schema: Schema) -> None:
    for (name, relation), key in datamodel.load().relations.items():
        if not isinstance(key, Inverse):
            continue
        described = schema.type(str(schema.types[name].attributes[relation].target)).attribute(key.attribute)
        if described.foreign_key is not None:  # ids of entities of any type are described as plain text
            assert schema.related(described.foreign_key.split(".")[0], name), (name, relation)


def test_links_are_read_the_same_way_from_both_ends() -> None:
    keys = datamodel.load().relations
    assert keys["TypedContextList", "items"] == Through("ListObject", "list_id", "entity_id")
    assert keys["Task", "lists"] == Through("ListObject", "entity_id", "list_id")
    assert keys["AssetVersion", "uses_versions"] == Through("AssetVersionLink", near="to_id", far="from_id")
    assert keys["AssetVersion", "used_in_versions"] == Through("AssetVersionLink", near="from_id", far="to_id")
    pairs = {(key.link, key.near, key.far) for key in keys.values() if isinstance(key, Through)}
    for link in ("ListObject", "AssetVersionLink", "ProjectSchemaObjectType", "TaskTypeSchemaType"):
        ends = {(near, far) for name, near, far in pairs if name == link}
        assert len(ends) == 2
        assert ends == {(far, near) for near, far in ends}


def test_irregular_relations_are_stored_as_public_clients_use_them() -> None:
    keys = datamodel.load().relations
    assert keys["Asset", "parent"] == ForeignKey("context_id")
    assert keys["Status", "state"] == HiddenKey("state_id")
    assert keys["Shot", "notes"] == Inverse("parent_id")
    assert keys["Shot", "assignments"] == Inverse("context_id", only=(("type", "assignment"),))
    assert keys["User", "allocations"] == Inverse("resource_id", only=(("type", "allocation"),))
    assert keys["Shot", "incoming_links"] == Inverse("to_id")
    assert keys["UserCustomAttributeLink", "user"] == ForeignKey("to_id")
    assert keys["UserCustomAttributeLinkFrom", "user"] == ForeignKey("from_id")
    assert {key.rule for key in keys.values() if isinstance(key, Derived)} == {
        "ancestors", "descendants", "latest_version", "review_session_thumbnail", "recipient_user",
        "setting_of_component",
    }  # fmt: skip


# -- more types -------------------------------------------------------------------------------------------------------


def test_object_types_can_be_added() -> None:
    more = "type Prop is TypedContext where object_typeid = 9c1a\n  with: object-type\n  fixed: bid\n"
    model = datamodel.read(datamodel.texts() | {"studio": more})
    prop = Schema.from_response(model.schemas).type("Prop")
    assert prop.bases == ("TypedContext", "Context")
    assert prop.attribute("object_type_id").default == "9c1a"
    assert prop.attribute("bid").immutable
    assert not prop.attribute("start_date").immutable
    assert model.relations["Prop", "children"] == Inverse("parent_id")
    assert "Prop" not in datamodel.load().types
