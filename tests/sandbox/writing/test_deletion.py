"""Deletion: rows that are deleted too, foreign keys that become null, and restrictions."""

from __future__ import annotations

import pytest

from tests.sandbox.studio import Studio


def test_a_project_is_deleted_with_everything_below_it(production: Studio) -> None:
    creating = production.creating
    production.call(
        creating("Project", id="P2", name="other", project_schema_id="schema"),
        creating("Task", id="other", name="x", parent_id="P2"),
        creating("Metadata", parent_id="T1", parent_type="Task", key="k", value="v"),
        creating("Note", id="N", content="x", parent_id="V", parent_type="AssetVersion"),
        creating("Note", content="y", in_reply_to_id="N"),
        creating("Recipient", note_id="N", resource_id="user-jane"),
        creating("Appointment", context_id="T1", resource_id="user-jane", type="assignment"),
        creating("Timelog", context_id="T1"),
        creating("TypedContextLink", from_id="T1", to_id="T2"),
        creating("FileComponent", id="C", version_id="V"),
        creating("ComponentLocation", component_id="C", location_id="3a372bde-05bc-11e4-8908-20c9d081909b"),
        creating("List", name="l", category_id="category", project_id="P", items=[production.ref("Task", "T1")]),
        production.updating("Task", ["T1"], status_id="status-late"),
        production.updating("Project", ["P"], scopes=[production.ref("Scope", "scope-1")]),
    )
    assert production.delete("Project", ["P"]) is True
    assert {row["id"] for row in production.rows("Context")} == {"P2", "other"}
    for entity_type in (
        "Asset", "AssetVersion", "Metadata", "Note", "Recipient", "Appointment", "Timelog", "TypedContextLink",
        "Component", "ComponentLocation", "List", "ListObject", "StatusChange",
    ):  # fmt: skip
        assert production.rows(entity_type) == [], entity_type
    with production.engine.connect() as connection:
        pairs = {tuple(row)[:2] for row in connection.execute(production.tables.closure.select())}
    assert pairs == {("P2", "P2"), ("P2", "other"), ("other", "other")}
    assert len(production.rows("Scope")) == 2  # linked entities are kept


def test_a_nullable_foreign_key_becomes_null(production: Studio) -> None:
    production.create("Timer", context_id="T1")
    production.delete("Task", ["T1"])
    assert production.rows("AssetVersion")[0]["task_id"] is None
    assert production.rows("Timer")[0]["context_id"] is None


@pytest.mark.parametrize(
    ("entity_type", "key", "usage"),
    [
        ("Status", "status-first", "status_id of"),
        ("Type", "type-anim", "type_id of"),
        ("Priority", "9661b320-3a0c-11e2-81c1-0800200c9a66", "priority_id of"),
        ("ProjectSchema", "schema", "project_schema_id of 1 Context"),
        ("AssetType", "asset-type", "type_id of 1 Asset"),
        ("State", "state", "state_id of 5 Status"),
    ],
)
def test_configuration_in_use_cannot_be_deleted(production: Studio, entity_type: str, key: str, usage: str) -> None:
    name, text = production.refused(production.deleting(entity_type, [key]))
    assert (name, usage in text) == ("IntegrityError", True)
    assert key in {row["id"] for row in production.rows(entity_type)}


def test_unused_configuration_is_deleted_with_its_links(production: Studio) -> None:
    production.delete("Status", ["status-late"])
    assert "status-late" not in {row["status_id"] for row in production.rows("WorkflowSchemaStatus")}


def test_an_author_of_notes_cannot_be_deleted_but_another_user_can(production: Studio) -> None:
    production.create("User", id="bob", username="bob")
    production.create("Appointment", context_id="T1", resource_id="bob", type="assignment")
    production.create("Timelog", context_id="T1", user_id="bob", duration=60)
    production.create("Note", id="N", content="x", user_id="bob", parent_id="T1", parent_type="Task")
    name, text = production.refused(production.deleting("User", ["bob"]))
    assert (name, "user_id of 1 Note" in text) == ("IntegrityError", True)
    production.call(production.deleting("Note", ["N"]), production.deleting("User", ["bob"]))
    assert production.rows("Appointment") == []
    assert [(row["user_id"], row["duration"]) for row in production.rows("Timelog")] == [(None, 60)]


def test_the_number_of_statements_does_not_grow_with_the_number_of_deletions(production: Studio) -> None:
    def statements(count: int) -> int:
        ids = [f"{count}-{number}" for number in range(count)]
        production.call(*(production.creating("Task", id=id_, name=id_, parent_id="H") for id_ in ids))
        production.statements.clear()
        production.call(*(production.deleting("Task", [id_]) for id_ in ids))
        return len(production.statements)

    assert statements(2) == statements(40)
