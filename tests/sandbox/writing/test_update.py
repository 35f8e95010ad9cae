"""What an update changes, answers, and sets going elsewhere."""

from __future__ import annotations

from typing import Any


def _context(studio: Any, id_: str) -> dict[str, Any]:
    (row,) = [row for row in studio.rows("Context") if row["id"] == id_]
    return row


def test_the_answer_has_key_changes_and_system_projections(studio: Any) -> None:
    # As in a recorded answer of a real server.
    assert studio.update("User", ["user-jane"], username="jo") == {
        "__entity_type__": "User",
        "id": "user-jane",
        "username": "jo",
        "resource_type": "user",
    }


def test_a_key_may_come_as_one_text(production: Any) -> None:
    assert production.update("Task", "T1", description="x")["description"] == "x"


def test_the_answer_has_the_concrete_type_whatever_it_was_asked_by(production: Any) -> None:
    assert production.update("Context", ["T1"], name="anim")["__entity_type__"] == "Task"


def test_a_changed_status_is_recorded(production: Any) -> None:
    answer = production.update("Task", ["T1"], status=production.ref("Status", "status-late"))
    assert answer["status"] == production.ref("Status", "status-late")
    assert answer["status_id"] == "status-late"
    (change,) = production.rows("StatusChange")
    assert change["__entity_type__"] == "TypedContextStatusChange"
    assert (change["parent_id"], change["from_status_id"], change["status_id"], change["user_id"], change["date"]) == (
        "T1", "status-first", "status-late", production.user_id, "2024-05-01T12:00:00",
    )  # fmt: skip


def test_setting_the_status_it_has_records_nothing(production: Any) -> None:
    production.update("Task", ["T1"], status_id="status-first")
    assert production.rows("StatusChange") == []


def test_a_version_records_its_status_too(production: Any) -> None:
    production.update("AssetVersion", ["V"], status_id="status-late")
    assert production.rows("StatusChange")[0]["__entity_type__"] == "AssetVersionStatusChange"


def test_moving_a_context_takes_what_is_below_along(production: Any) -> None:
    production.create("Project", id="P2", name="sequel", project_schema_id="schema")
    answer = production.update("Shot", ["H"], parent=production.ref("Project", "P2"))
    assert answer["project_id"] == "P2"
    assert {id_: _context(production, id_)["project_id"] for id_ in ("Q", "H", "T1", "T2")} == {
        "Q": "P", "H": "P2", "T1": "P2", "T2": "P2",
    }  # fmt: skip
    with production.engine.connect() as connection:
        pairs = {tuple(row)[:2] for row in connection.execute(production.tables.closure.select())}
    assert {ancestor for ancestor, descendant in pairs if descendant == "T1"} == {"P2", "H", "T1"}


def test_a_context_cannot_be_moved_below_itself(production: Any) -> None:
    name, text = production.refused(production.updating("Sequence", ["Q"], parent_id="H"))
    assert (name, "cannot be moved" in text) == ("ValidationError", True)
    assert _context(production, "Q")["parent_id"] == "P"


def test_what_is_settable_only_at_creation_is_refused_later(production: Any) -> None:
    name, text = production.refused(production.updating("Task", ["T1"], created_by_id=None))
    assert (name, "Task.created_by_id can be set only when" in text) == ("ValidationError", True)


def test_an_immutable_attribute_with_the_value_it_has_is_no_change(production: Any) -> None:
    production.update("Task", ["T1"], id="T1", created_by=production.ref("User", production.user_id), name="x")
    assert _context(production, "T1")["name"] == "x"


def test_a_missing_entity_is_refused_in_the_servers_words(production: Any) -> None:
    expected = "Could not find entity Shot with entity_key [u'nowhere']."
    assert production.refused(production.updating("Shot", ["nowhere"], name="x")) == ("ValueError", expected)


def test_an_entity_of_another_type_counts_as_missing(production: Any) -> None:
    name, text = production.refused(production.updating("Shot", ["T1"], name="x"))
    assert (name, "Could not find entity Shot" in text) == ("ValueError", True)


def test_an_unknown_entity_type_is_refused_with_the_nearest_name(production: Any) -> None:
    name, text = production.refused(production.updating("Shto", ["H"], name="x"))
    assert (name, "'Shot'" in text) == ("KeyError", True)
