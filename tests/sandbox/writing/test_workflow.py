"""The initial status and type of a new entity."""

from __future__ import annotations

from tests.sandbox.studio import Studio


def test_the_initial_status_follows_the_workflow_of_the_entity(production: Studio) -> None:
    tasks = {row["id"]: row["status_id"] for row in production.rows("Task")}
    assert tasks["T1"] == "status-first"
    assert tasks["T2"] == "status-light"  # lighting has a workflow of its own in this project schema
    assert tasks["H"] == "status-shot"  # shots have a schema of their own
    assert tasks["Q"] == "status-first"
    assert production.rows("AssetVersion")[0]["status_id"] == "status-version"


def test_a_shot_starts_with_the_first_type_of_its_schema(production: Studio) -> None:
    (shot,) = [row for row in production.rows("Shot") if row["id"] == "H"]
    assert shot["type_id"] == "type-shot"


def test_a_context_without_a_schema_of_its_own_has_no_initial_type(production: Studio) -> None:
    assert production.create("Sequence", name="sq020", parent_id="P").get("type_id") is None


def test_the_initial_status_is_looked_up_once_a_request(production: Studio) -> None:
    def statements(count: int) -> int:
        operations = [production.creating("Task", name=f"{count}-{number}", parent_id="H") for number in range(count)]
        production.statements.clear()
        production.call(*operations)
        return sum("WorkflowSchemaStatus" in statement for statement in production.statements)

    assert statements(1) == statements(5) == 1
