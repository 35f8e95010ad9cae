"""Updates: the changed row, and the rows that depend on it."""

from __future__ import annotations

from typing import Any

from tests.sandbox.studio import Studio


def _context(studio: Studio, id_: str) -> dict[str, Any]:
    (row,) = [row for row in studio.rows("Context") if row["id"] == id_]
    return row


def test_a_changed_status_is_recorded(production: Studio) -> None:
    reply = production.update("Task", ["T1"], status=production.ref("Status", "status-late"))
    assert reply["status"] == production.ref("Status", "status-late")
    assert reply["status_id"] == "status-late"
    (change,) = production.rows("StatusChange")
    assert change["__entity_type__"] == "TypedContextStatusChange"
    assert (change["parent_id"], change["from_status_id"], change["status_id"], change["user_id"], change["date"]) == (
        "T1", "status-first", "status-late", production.user_id, "2024-05-01T12:00:00",
    )  # fmt: skip


def test_an_unchanged_status_is_not_recorded(production: Studio) -> None:
    production.update("Task", ["T1"], status_id="status-first")
    assert production.rows("StatusChange") == []


def test_a_changed_status_of_a_version_is_recorded(production: Studio) -> None:
    production.update("AssetVersion", ["V"], status_id="status-late")
    assert production.rows("StatusChange")[0]["__entity_type__"] == "AssetVersionStatusChange"


def test_a_moved_context_takes_its_descendants_along(production: Studio) -> None:
    production.create("Project", id="P2", name="sequel", project_schema_id="schema")
    reply = production.update("Shot", ["H"], parent=production.ref("Project", "P2"))
    assert reply["project_id"] == "P2"
    assert {id_: _context(production, id_)["project_id"] for id_ in ("Q", "H", "T1", "T2")} == {
        "Q": "P", "H": "P2", "T1": "P2", "T2": "P2",
    }  # fmt: skip
    with production.engine.connect() as connection:
        pairs = {tuple(row)[:2] for row in connection.execute(production.tables.closure.select())}
    assert {ancestor for ancestor, descendant in pairs if descendant == "T1"} == {"P2", "H", "T1"}


def test_a_context_cannot_be_moved_below_itself(production: Studio) -> None:
    name, text = production.refused(production.updating("Sequence", ["Q"], parent_id="H"))
    assert (name, "cannot be moved" in text) == ("ValidationError", True)
    assert _context(production, "Q")["parent_id"] == "P"


def test_a_version_cannot_be_left_without_the_asset_it_was_created_with(production: Studio) -> None:
    name, text = production.refused(production.updating("AssetVersion", ["V"], asset_id=None))
    assert (name, "'asset_id' cannot be null" in text) == ("IntegrityError", True)
    name, text = production.refused(production.updating("Asset", ["A"], versions=[]))
    assert (name, "'asset_id' cannot be null" in text) == ("IntegrityError", True)


def test_a_version_may_change_its_asset_in_several_operations(production: Studio) -> None:
    asset = production.rows("Asset")[0]["id"]
    production.call(
        production.updating("AssetVersion", ["V"], asset_id=None),
        production.updating("AssetVersion", ["V"], asset_id=asset),
    )
    assert production.rows("AssetVersion")[0]["asset_id"] == asset
