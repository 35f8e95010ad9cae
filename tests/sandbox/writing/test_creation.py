"""Creation: concrete types, and rows that a new entity changes."""

from __future__ import annotations

import pytest

from tests.sandbox.studio import Studio


def test_the_type_of_a_list_follows_from_its_system_type(production: Studio) -> None:
    data = {"name": "x", "category_id": "category", "project_id": "P"}
    assert production.create("List", **data)["__entity_type__"] == "TypedContextList"
    assert production.create("List", **data, system_type="assetversion")["__entity_type__"] == "AssetVersionList"


@pytest.mark.parametrize("entity_type", ["Context", "TypedContext", "Resource"])
def test_abstract_types_cannot_be_created(studio: Studio, entity_type: str) -> None:
    name, text = studio.refused(studio.creating(entity_type, name="x"))
    assert name == "ValidationError"
    assert entity_type in text
    assert "Create one of its types" in text


def test_a_component_needs_no_subtype(studio: Studio) -> None:
    created = studio.create("Component", id="C", name="main", metadata=[])
    assert (created["__entity_type__"], created["name"], "system_type" in created) == ("Component", "main", False)
    studio.update("Component", "C", name="proxy", file_type=".exr")
    (found,) = studio.query('select name, file_type, system_type from Component where name is "proxy"')
    assert (found["__entity_type__"], found["file_type"], found["system_type"]) == ("Component", ".exr", None)
    assert studio.query("FileComponent") == []
    studio.delete("Component", "C")
    assert studio.query("Component") == []


def test_a_reply_has_the_parent_of_its_note_and_updates_the_thread(production: Studio) -> None:
    production.create("Note", id="N", content="look", parent_id="T1", parent_type="task")
    production.moment = production.moment.replace(hour=15)
    reply = production.create("Note", content="seen", in_reply_to=production.ref("Note", "N"))
    assert (reply["parent_id"], reply["parent_type"]) == ("T1", "Task")
    (note,) = [row for row in production.rows("Note") if row["id"] == "N"]
    assert (note["date"], note["thread_activity"]) == ("2024-05-01T12:00:00", "2024-05-01T15:00:00")


def test_a_new_context_is_below_its_ancestors(production: Studio) -> None:
    production.create("Task", id="T3", name="comp", parent_id="H")
    (task,) = production.query('select ancestors from Task where id is "T3"')
    assert [ancestor["id"] for ancestor in task["ancestors"]] == ["H", "Q"]
