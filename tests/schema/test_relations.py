"""The keys of relations, inferred for schemas with types and attributes that the data model does not describe."""

from __future__ import annotations

from typing import Any

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, RelationKeys, Through, infer

NOTHING: RelationKeys = {}


def foreign_key(target: str) -> dict[str, Any]:
    return {"type": "string", "format": "foreign_key", "description": f"Foreign key(s): {target}.id"}


def many(target: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": target}}


def one(target: str) -> dict[str, Any]:
    return {"$ref": target}


TEXT = {"type": "string"}


def schema_of(*, bases: dict[str, str] | None = None, **types: dict[str, Any]) -> Schema:
    """A schema of types given by their attributes besides `id`; a type's attributes are also its subtypes'."""
    bases = bases or {}
    answer = []
    for name, attributes in types.items():
        inherited: dict[str, Any] = {}
        above = name
        while above in bases:
            above = bases[above]
            inherited = {**types[above], **inherited}
        description: dict[str, Any] = {
            "id": name,
            "type": "object",
            "properties": {"id": TEXT, **inherited, **attributes},
            "primary_key": ["id"],
        }
        if name in bases:
            description["$mixin"] = {"$ref": bases[name]}
        answer.append(description)
    return Schema.from_response(answer)


# -- known keys -------------------------------------------------------------------------------------------------------


def test_everything_known_is_kept_for_the_schema_it_is_known_from() -> None:
    model = datamodel.load()
    assert infer(Schema.from_response(model.schemas), model.relations) == model.relations


def test_a_known_key_holds_for_subtypes_nobody_has_heard_of() -> None:
    schema = schema_of(bases={"Prop": "Thing"}, Thing={"notes": many("Note")}, Prop={}, Note={"parent_id": TEXT})
    keys = infer(schema, {("Thing", "notes"): Inverse("parent_id")})
    assert keys["Prop", "notes"] == Inverse("parent_id")


def test_a_known_key_wins_over_what_the_schema_implies() -> None:
    schema = schema_of(Session={"thumbnail": one("Component"), "thumbnail_id": foreign_key("Component")}, Component={})
    known = {("Session", "thumbnail"): Derived("session_thumbnail")}
    assert infer(schema, known) == known


def test_a_known_key_is_dropped_where_the_attribute_it_names_is_missing() -> None:
    schema = schema_of(
        Asset={"parent": one("Context"), "context": TEXT, "parent_id": foreign_key("Context")},
        Context={"assets": many("Asset")},
    )
    known: RelationKeys = {
        ("Asset", "parent"): ForeignKey("context_id"),
        ("Context", "assets"): Inverse("context_id"),
    }
    assert infer(schema, known) == {
        ("Asset", "parent"): ForeignKey("parent_id"),
        ("Context", "assets"): Inverse("parent_id"),
    }


def test_a_known_key_is_dropped_where_it_narrows_by_a_missing_attribute() -> None:
    schema = schema_of(User={"assignments": many("Job")}, Job={"user_id": foreign_key("User")})
    known = {("User", "assignments"): Inverse("user_id", only=(("type", "assignment"),))}
    assert infer(schema, known)["User", "assignments"] == Inverse("user_id")


def test_a_hidden_key_gives_way_to_one_the_schema_shows() -> None:
    hidden = {("Status", "state"): HiddenKey("state_id")}
    assert infer(schema_of(Status={"state": one("State")}, State={}), hidden) == hidden
    shown = schema_of(Status={"state": one("State"), "state_id": foreign_key("State")}, State={})
    assert infer(shown, hidden) == {("Status", "state"): ForeignKey("state_id")}


def test_a_link_type_without_the_known_ends_is_not_used() -> None:
    known = {("List", "items"): Through("ListObject", "list_id", "entity_id")}
    with_ends = schema_of(List={"items": many("Task")}, Task={}, ListObject={"list_id": TEXT, "entity_id": TEXT})
    assert infer(with_ends, known) == known
    without = schema_of(List={"items": many("Task")}, Task={}, ListObject={"name": TEXT})
    assert infer(without, known) == {("List", "items"): Through("List_items", "one_id", "other_id")}
    # A hidden table can have any columns.
    hidden = schema_of(List={"items": many("Task")}, Task={})
    assert infer(hidden, known) == known


def test_a_known_key_of_the_other_number_is_not_used() -> None:
    schema = schema_of(A={"b": one("B"), "b_id": foreign_key("B")}, B={"a_id": foreign_key("A")})
    assert infer(schema, {("A", "b"): Inverse("a_id")}) == {("A", "b"): ForeignKey("b_id")}


# -- relations to one entity ------------------------------------------------------------------------------------------


def test_a_reference_is_kept_where_the_schema_pairs_it() -> None:
    schema = schema_of(Note={"author": one("User"), "user_id": foreign_key("User")}, User={})
    assert infer(schema, NOTHING) == {("Note", "author"): ForeignKey("user_id")}


def test_a_reference_without_a_key_is_kept_in_a_hidden_column() -> None:
    assert infer(schema_of(A={"b": one("B")}, B={}), NOTHING) == {("A", "b"): HiddenKey("b_id")}


# -- collections ------------------------------------------------------------------------------------------------------


def test_a_collection_is_found_by_the_only_foreign_key_to_its_owner() -> None:
    schema = schema_of(
        Folder={"sessions": many("Session")},
        Session={"inside": foreign_key("Folder"), "project_id": foreign_key("Project")},
        Project={},
    )
    assert infer(schema, NOTHING)["Folder", "sessions"] == Inverse("inside")


def test_a_collection_is_found_by_a_foreign_key_to_a_base_of_its_owner() -> None:
    schema = schema_of(
        bases={"Shot": "Context"}, Context={}, Shot={"marks": many("Mark")}, Mark={"on": foreign_key("Context")}
    )
    assert infer(schema, NOTHING)["Shot", "marks"] == Inverse("on")


def test_the_id_of_a_subtype_is_no_foreign_key() -> None:
    schema = schema_of(Component={"files": many("File")}, File={"id": foreign_key("Component")})
    assert infer(schema, NOTHING)["Component", "files"] == Through("Component_files", "one_id", "other_id")


def test_of_several_foreign_keys_the_one_named_after_the_owner_is_taken() -> None:
    keys = {"created_in_id": foreign_key("ReviewSession"), "review_session_id": foreign_key("ReviewSession")}
    schema = schema_of(ReviewSession={"marks": many("Mark")}, Mark=keys)
    assert infer(schema, NOTHING)["ReviewSession", "marks"] == Inverse("review_session_id")
    tree = schema_of(
        Place={"children": many("Place"), "home_id": foreign_key("Place"), "parent_id": foreign_key("Place")}
    )
    assert infer(tree, NOTHING)["Place", "children"] == Inverse("parent_id")


def test_a_foreign_key_may_name_a_type_of_the_same_internal_class() -> None:
    answer = [
        {"id": "TypedContext", "alias_for": "Task", "properties": {"parts": many("Part")}},
        {
            "id": "Task",
            "alias_for": {"id": "Task", "classifiers": {"typeid": "1"}},
            "properties": {"parts": many("Part")},
        },
        {"id": "Show", "alias_for": "Show", "properties": {"parts": many("Part")}},
        {"id": "Part", "properties": {"task_id": foreign_key("Task")}},
    ]
    keys = infer(Schema.from_response([{"primary_key": ["id"], **description} for description in answer]), NOTHING)
    assert keys["TypedContext", "parts"] == keys["Task", "parts"] == Inverse("task_id")
    assert keys["Show", "parts"] == Through("Show_parts", "one_id", "other_id")


def test_ids_of_any_type_are_recognised_by_collections_of_the_same_name() -> None:
    known = {("Context", "metadata"): Inverse("parent_id"), ("Asset", "versions"): Inverse("asset_id")}
    schema = schema_of(
        Prop={"metadata": many("Metadata"), "versions": many("Version")},
        Metadata={"parent_id": TEXT},
        Version={"asset_id": foreign_key("Asset")},
    )
    keys = infer(schema, known)
    assert keys["Prop", "metadata"] == Inverse("parent_id")
    # `asset_id` holds ids of assets and nothing else, whatever the collection is called.
    assert keys["Prop", "versions"] == Through("Prop_versions", "one_id", "other_id")


# -- hidden links -----------------------------------------------------------------------------------------------------


def test_two_collections_that_lead_at_each_other_share_a_table() -> None:
    keys = infer(schema_of(Tag={"shots": many("Shot")}, Shot={"tags": many("Tag")}), NOTHING)
    assert keys["Shot", "tags"] == Through("Shot_tags", "one_id", "other_id")
    assert keys["Tag", "shots"] == Through("Shot_tags", "other_id", "one_id")


def test_collections_that_lead_at_their_own_type_share_a_table_too() -> None:
    keys = infer(schema_of(Asset={"uses": many("Asset"), "used_in": many("Asset")}), NOTHING)
    assert keys["Asset", "used_in"] == Through("Asset_used_in", "one_id", "other_id")
    assert keys["Asset", "uses"] == Through("Asset_used_in", "other_id", "one_id")


def test_an_ambiguous_way_back_is_not_shared() -> None:
    keys = infer(
        schema_of(View={"shared_with": many("User")}, User={"views": many("View"), "pinned": many("View")}), NOTHING
    )
    links = {key.link for key in keys.values() if isinstance(key, Through)}
    assert links == {"View_shared_with", "User_views", "User_pinned"}


def test_a_table_is_shared_by_the_whole_family() -> None:
    schema = schema_of(
        bases={"Shot": "Context"}, Context={"tags": many("Tag")}, Shot={}, Tag={"contexts": many("Context")}
    )
    keys = infer(schema, NOTHING)
    assert keys["Shot", "tags"] == keys["Context", "tags"] == Through("Context_tags", "one_id", "other_id")
    assert keys["Tag", "contexts"] == Through("Context_tags", "other_id", "one_id")


def test_the_way_back_of_a_known_link_uses_that_link() -> None:
    schema = schema_of(Context={"scopes": many("Scope")}, Scope={"contexts": many("Context")})
    known = {("Context", "scopes"): Through("ContextScope", "context_id", "scope_id")}
    assert infer(schema, known)["Scope", "contexts"] == Through("ContextScope", "scope_id", "context_id")


# -- worked out by the server -----------------------------------------------------------------------------------------


def test_trees_are_worked_out_and_those_of_other_families_by_a_rule_of_their_own() -> None:
    schema = schema_of(
        bases={"TypedContext": "Context"},
        Context={},
        TypedContext={"ancestors": many("TypedContext")},
        Asset={"ancestors": many("TypedContext")},
    )
    assert infer(schema, NOTHING) == {
        ("TypedContext", "ancestors"): Derived("ancestors"),
        ("Asset", "ancestors"): Derived("parents_ancestors"),
    }


def test_a_relation_to_a_type_that_the_schema_lacks_is_kept_all_the_same() -> None:
    keys = infer(schema_of(A={"b": one("Gone"), "bs": many("Gone")}), NOTHING)
    assert keys == {("A", "b"): HiddenKey("b_id"), ("A", "bs"): Through("A_bs", "one_id", "other_id")}
