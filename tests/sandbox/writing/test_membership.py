"""Collections: a request lists all members, and the server adds and removes the difference."""

from __future__ import annotations

from typing import Any

from tests.sandbox.studio import Studio


def _keys(studio: Studio, entity_type: str, **where: Any) -> set[Any]:
    key = studio.tables.table(entity_type).primary_key.columns
    return {
        tuple(row[column.name] for column in key)
        for row in studio.rows(entity_type)
        if all(row[name] == value for name, value in where.items())
    }


def test_members_of_a_hidden_link_are_linked_and_unlinked(production: Studio) -> None:
    production.update("Project", ["P"], scopes=[production.ref("Scope", "scope-1"), production.ref("Scope", "scope-2")])
    assert _scopes(production) == {"scope-1", "scope-2"}
    production.update("Project", ["P"], scopes=[production.ref("Scope", "scope-2")])
    assert _scopes(production) == {"scope-2"}
    production.update("Project", ["P"], scopes=[])
    assert _scopes(production) == set()


def _scopes(studio: Studio) -> set[str]:
    (project,) = studio.query('select scopes from Project where id is "P"')
    return {scope["id"] for scope in project["scopes"]}


def test_a_collection_can_be_set_when_its_owner_is_created(production: Studio) -> None:
    production.create(
        "List", id="L", name="l", category_id="category", project_id="P", items=[production.ref("Task", "T1")]
    )
    (link,) = production.rows("ListObject")
    assert (link["list_id"], link["entity_id"]) == ("L", "T1")
    assert len(link["id"]) == 36


def test_links_that_are_entities_are_kept_for_remaining_members(production: Studio) -> None:
    production.create("List", id="L", name="l", category_id="category", project_id="P")
    production.update("TypedContextList", ["L"], items=[production.ref("Task", "T1"), production.ref("Task", "T2")])
    kept = _keys(production, "ListObject", entity_id="T2")
    production.update("TypedContextList", ["L"], items=[production.ref("Task", "T2")])
    assert _keys(production, "ListObject") == kept  # still the same entity


def test_the_opposite_collection_can_be_set_as_well(production: Studio) -> None:
    production.create("List", id="L", name="l", category_id="category", project_id="P")
    production.update("Task", ["T1"], lists=[production.ref("TypedContextList", "L")])
    assert [(row["list_id"], row["entity_id"]) for row in production.rows("ListObject")] == [("L", "T1")]


def test_used_versions_become_links_to_the_version(production: Studio) -> None:
    production.create("AssetVersion", id="V2", asset=production.ref("Asset", "A"))
    production.update("AssetVersion", ["V2"], uses_versions=[production.ref("AssetVersion", "V")])
    assert [(row["from_id"], row["to_id"]) for row in production.rows("AssetVersionLink")] == [("V", "V2")]


def test_new_notes_get_their_parent_and_its_type(production: Studio) -> None:
    production.call(
        production.creating("Note", id="N", content="x"),
        production.updating("Task", ["T1"], notes=[production.ref("Note", "N")]),
    )
    (note,) = production.rows("Note")
    assert (note["parent_id"], note["parent_type"]) == ("T1", "Task")


def test_a_member_that_does_not_require_its_owner_is_kept(production: Studio) -> None:
    production.create("Note", id="N", content="x", parent_id="T1", parent_type="Task")
    production.update("Task", ["T1"], notes=[])
    assert production.rows("Note")[0]["parent_id"] is None


def test_a_member_that_requires_its_owner_is_deleted(production: Studio) -> None:
    production.create("Appointment", id="X", context_id="T1", resource_id="user-jane", type="assignment")
    production.create("Appointment", id="Y", context_id="T1", resource_id="user-jane", type="allocation")
    production.update("Task", ["T1"], assignments=[])
    assert _keys(production, "Appointment") == {("Y",)}  # allocations are another collection


def test_a_new_member_gets_the_values_of_the_collection(production: Studio) -> None:
    production.create("Appointment", id="X", context_id="T1", resource_id="user-jane", type="allocation")
    production.update("Task", ["T2"], assignments=[production.ref("Appointment", "X")])
    (row,) = production.rows("Appointment")
    assert (row["context_id"], row["type"]) == ("T2", "assignment")


def test_metadata_may_be_sent_as_keys_and_values(production: Studio) -> None:
    production.update("Task", ["T1"], metadata=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    production.update("Task", ["T1"], metadata=[{"key": "a", "value": "3"}])
    assert [(row["key"], row["value"], row["parent_type"]) for row in production.rows("Metadata")] == [
        ("a", "3", "Task")
    ]


def test_existing_metadata_is_found_by_its_whole_key(production: Studio) -> None:
    entry = {"__entity_type__": "Metadata", "parent_id": "T1", "key": "a"}
    production.call(
        production.creating("Metadata", parent_id="T1", parent_type="Task", key="a", value="1"),
        production.updating("Task", ["T1"], metadata=[entry]),
    )
    assert _keys(production, "Metadata") == {("T1", "a")}


def test_children_are_moved_with_their_descendants(production: Studio) -> None:
    production.create("Sequence", id="Q2", name="sq020", parent_id="P")
    production.update("Sequence", ["Q2"], children=[production.ref("Shot", "H")])
    (task,) = production.query('select id from Task where id is "T1" and parent.parent_id is "Q2"')
    assert task["id"] == "T1"


def test_children_cannot_be_left_without_a_parent(production: Studio) -> None:
    name, text = production.refused(production.updating("Shot", ["H"], children=[]))
    assert (name, "cannot be left without a parent" in text) == ("IntegrityError", True)
    assert {row["parent_id"] for row in production.rows("Task") if row["id"] in ("T1", "T2")} == {"H"}


def test_a_member_that_does_not_exist_is_refused(production: Studio) -> None:
    for attribute, entity_type in (("notes", "Note"), ("scopes", "Scope")):
        reference = production.ref(entity_type, "nowhere")
        name, text = production.refused(production.updating("Task", ["T1"], **{attribute: [reference]}))
        assert (name, f"Task.{attribute}" in text, "nowhere" in text) == ("IntegrityError", True, True)


def test_custom_attributes_cannot_be_set_as_a_collection(production: Studio) -> None:
    name, text = production.refused(production.updating("Task", ["T1"], custom_attributes=[]))
    assert (name, "Update the ContextCustomAttributeValue" in text) == ("ValidationError", True)


def test_a_datetime_as_the_value_of_new_metadata_is_its_text(production: Studio) -> None:
    value = {"__type__": "datetime", "value": "2024-01-02T00:00:00Z"}
    production.update("Task", ["T1"], metadata=[{"key": "a", "value": value}])
    production.update("Task", ["T1"], metadata=[{"key": "a", "value": value}])
    assert [row["value"] for row in production.rows("Metadata")] == ["2024-01-02T00:00:00Z"]
