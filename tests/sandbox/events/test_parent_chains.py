"""The `parents` of announced entities."""

from __future__ import annotations

from typing import Any


def parent_ids(entity: dict[str, Any]) -> list[str]:
    return [parent["entityId"] for parent in entity["parents"]]


def test_a_chain_leads_from_the_entity_to_its_project(production: Any, announced: Any) -> None:
    production.update("AssetVersion", ["V"], comment="x")
    assert parent_ids(announced.entity()) == ["V", "A", "H", "Q", "P"]


def test_deleted_parents_are_part_of_the_chain(production: Any, announced: Any) -> None:
    production.delete("Sequence", ["Q"])
    chains = {entity["entityId"]: parent_ids(entity) for entity in announced.entities()}
    assert chains["Q"] == ["Q", "P"]
    assert chains["V"] == ["V", "A", "H", "Q", "P"]


def test_an_entity_without_a_parent_is_its_own_chain(production: Any, announced: Any) -> None:
    production.create("User", id="new", username="bob")
    assert parent_ids(announced.entity()) == ["new"]


def test_a_chain_that_is_a_cycle_ends(production: Any, announced: Any) -> None:
    production.create("SequenceComponent", id="C1", name="one", padding=4)
    production.create("SequenceComponent", id="C2", name="two", padding=4, container_id="C1")
    production.update("SequenceComponent", ["C1"], container_id="C2")
    announced.events.clear()
    production.update("SequenceComponent", ["C1"], name="three")
    ids = parent_ids(announced.entity())
    assert ids[:3] == ["C1", "C2", "C1"]
    assert len(ids) == 100
