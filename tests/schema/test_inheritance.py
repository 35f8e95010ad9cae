"""Families of types and the keys of references, derived from a schema."""

from __future__ import annotations

from typing import Any

from ftrack_orm.schema import inheritance
from ftrack_orm.schema.attribute import read_attribute


def described(*descriptions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {description["id"]: {"properties": {}, **description} for description in descriptions}


def keys(**properties: dict[str, Any]) -> dict[str, str]:
    attributes = [
        read_attribute(name, details, immutable=False, computed=False, required=False)
        for name, details in properties.items()
    ]
    return inheritance.reference_keys(attributes)


def foreign(target: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": f"Foreign key(s): {target}.id", **more}


def test_a_mixin_of_the_schema_takes_precedence_over_the_known_bases() -> None:
    types = described({"id": "User", "$mixin": {"$ref": "BaseUser"}}, {"id": "BaseUser"}, {"id": "Resource"})
    assert inheritance.bases(types) == {"User": "BaseUser", "BaseUser": "Resource"}


def test_without_mixins_the_known_bases_apply_if_the_attributes_agree() -> None:
    resource = {"id": "Resource", "properties": {"id": {}}}
    assert inheritance.bases(described(resource, {"id": "User", "properties": {"id": {}, "email": {}}})) == {
        "User": "Resource"
    }
    assert inheritance.bases(described(resource, {"id": "User", "properties": {"email": {}}})) == {}


def test_a_subtype_by_object_type_derives_from_the_public_name_of_its_class() -> None:
    types = described(
        {"id": "TypedContext", "alias_for": "Task"},
        {"id": "Shot", "alias_for": {"id": "Task", "classifiers": {"object_typeid": "s"}}},
        {"id": "My Own", "alias_for": {"id": "Task", "classifiers": {"object_typeid": "m"}}},
    )
    assert inheritance.bases(types) == {"Shot": "TypedContext", "My Own": "TypedContext"}


def test_custom_attribute_links_derive_by_their_names() -> None:
    types = described(
        {"id": "CustomAttributeLink"},
        {"id": "CustomAttributeLinkFrom"},
        {"id": "ContextCustomAttributeLink"},
        {"id": "ContextCustomAttributeLinkFrom"},
    )
    assert inheritance.bases(types) == {
        "ContextCustomAttributeLink": "CustomAttributeLink",
        "ContextCustomAttributeLinkFrom": "CustomAttributeLinkFrom",
    }


def test_a_base_that_the_schema_lacks_is_left_out() -> None:
    assert inheritance.bases(described({"id": "Project"}, {"id": "Odd", "$mixin": {"$ref": "Gone"}})) == {}


def test_the_chain_of_bases_goes_from_the_nearest_to_the_root() -> None:
    direct = {"Task": "TypedContext", "TypedContext": "Context"}
    assert inheritance.chain("Task", direct) == ("TypedContext", "Context")
    assert inheritance.chain("Context", direct) == ()


def test_bases_in_a_circle_end() -> None:
    assert len(inheritance.chain("A", {"A": "B", "B": "C", "C": "B"})) == 2


def test_a_reference_is_keyed_by_its_own_name_first() -> None:
    assert keys(status={"$ref": "Status"}, status_id=foreign("Status"), other_id=foreign("Status")) == {
        "status": "status_id"
    }


def test_a_reference_is_keyed_by_its_internal_name_next() -> None:
    assert keys(
        owner={"$ref": "User", "alias_for": "user"},
        user_id=foreign("User", alias_for="userid"),
        editor_id=foreign("User", alias_for="editorid"),
    ) == {"owner": "user_id"}


def test_a_reference_is_keyed_by_the_only_foreign_key_to_its_target_last() -> None:
    assert keys(parent={"$ref": "Context"}, context_id=foreign("Context"), name={"type": "string"}) == {
        "parent": "context_id"
    }


def test_a_reference_with_several_possible_keys_or_without_one_has_no_key() -> None:
    assert keys(parent={"$ref": "Context"}, from_id=foreign("Context"), to_id=foreign("Context")) == {}
    assert keys(state={"$ref": "State"}, name={"type": "string"}) == {}


def test_two_references_do_not_guess_the_same_key() -> None:
    assert keys(status={"$ref": "Status"}, status_id=foreign("Status"), previous={"$ref": "Status"}) == {
        "status": "status_id"
    }


def test_alias_and_classifiers_are_read_separately() -> None:
    shot = {"alias_for": {"id": "Task", "classifiers": {"object_typeid": "s"}}}
    assert inheritance.alias_and_classifiers(shot) == ("Task", {"object_typeid": "s"})
    assert inheritance.alias_and_classifiers({"alias_for": "Show"}) == ("Show", {})
    assert inheritance.alias_and_classifiers({}) == (None, {})


def test_a_name_that_is_a_class_of_its_base_as_well_means_the_class() -> None:
    types = described(
        {"id": "TypedContext", "alias_for": "Task"},
        {"id": "Task", "alias_for": {"id": "Task", "classifiers": {"object_typeid": "t"}}},
        {"id": "Shot", "alias_for": {"id": "Task", "classifiers": {"object_typeid": "s"}}},
        {"id": "TypedContextList", "alias_for": {"id": "List", "classifiers": {"entity": "task"}}},
        {"id": "List"},
        {"id": "NoteCategory", "alias_for": "NoteCategory"},
    )
    assert inheritance.shadowed_classes(types, inheritance.bases(types)) == {"Task": "TypedContext"}


def test_a_type_that_no_classifier_selects_is_meant_by_its_name() -> None:
    types = described({"id": "Task", "alias_for": "Task"}, {"id": "Shot", "$mixin": {"$ref": "Task"}})
    assert inheritance.shadowed_classes(types, inheritance.bases(types)) == {}
