"""The end of a request: values that followed later in it, and values that are still missing."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.property_settings import examples
from tests.sandbox.studio import Studio

#: A production below the project "P": type and data of its entities, owners first.
TREE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Scope", {"id": "s", "name": "wide"}),
    ("Sequence", {"id": "q", "name": "sq020", "parent_id": "P", "description": "second"}),
    ("Shot", {"id": "h", "name": "sh010", "parent_id": "q"}),
    ("Task", {"id": "t", "name": "comp", "parent_id": "h", "type_id": "type-light", "bid": 3600}),
    ("Asset", {"id": "a", "name": "comp", "context_id": "h", "type_id": "asset-type"}),
    ("AssetVersion", {"id": "v", "asset_id": "a", "comment": "first"}),
    ("Note", {"id": "n", "content": "look", "parent_id": "t", "parent_type": "Task"}),
)


def test_a_required_value_may_follow_in_the_batch(studio: Studio) -> None:
    # As the official client commits two creates and an update of the first.
    studio.call(
        studio.creating("Scope", id="first"),
        studio.creating("Scope", id="second", name="b"),
        studio.updating("Scope", ["first"], name="a"),
    )
    assert {row["id"]: row["name"] for row in studio.rows("Scope") if len(row["name"]) == 1} == {
        "first": "a",
        "second": "b",
    }


def test_a_value_may_be_taken_away_and_set_again_in_the_batch(production: Studio) -> None:
    production.call(production.updating("Task", ["T1"], name=None), production.updating("Task", ["T1"], name="roto"))
    assert production.query('select name from Task where id is "T1"')[0]["name"] == "roto"


def test_a_value_that_never_follows_is_refused_and_nothing_is_kept(studio: Studio) -> None:
    name, text = studio.refused(
        studio.creating("Scope", id="first"),
        studio.creating("Scope", id="second", name="b"),
        studio.updating("Scope", ["second"], name="c"),
    )
    assert (name, text) == ("IntegrityError", "Column 'name' cannot be null: a Scope needs a value for 'name'.")
    assert {row["id"] for row in studio.rows("Scope")} == {"scope-1", "scope-2"}


def test_an_incomplete_entity_may_be_deleted_in_the_batch(studio: Studio) -> None:
    studio.call(studio.creating("Scope", id="first"), studio.deleting("Scope", ["first"]))


def test_a_parent_may_follow_in_the_batch_with_the_values_that_depend_on_it(production: Studio) -> None:
    created, updated = production.call(
        production.creating("Task", id="T3", name="comp"), production.updating("Task", ["T3"], parent_id="H")
    )
    assert "project_id" not in created["data"]
    assert (updated["data"]["project_id"], updated["data"]["status_id"]) == ("P", "status-first")
    (task,) = production.query('select project_id, type_id, status_id, ancestors.id from Task where id is "T3"')
    assert (task["project_id"], task["type_id"], task["status_id"]) == ("P", "type-anim", "status-first")
    assert [ancestor["id"] for ancestor in task["ancestors"]] == ["H", "Q"]


def test_a_tree_may_get_its_root_last(production: Studio) -> None:
    creating = production.creating
    production.call(
        creating("Sequence", id="Q2", name="sq020"),
        creating("Shot", id="H2", name="sh010", parent_id="Q2"),
        creating("Task", id="T3", name="comp", parent_id="H2"),
        creating("Asset", id="A2", name="comp", context_id="H2", type_id="asset-type"),
        creating("AssetVersion", id="V2", asset_id="A2"),
        production.updating("Sequence", ["Q2"], parent_id="P"),
    )
    (task,) = production.query('select project_id, status_id, ancestors.id from Task where id is "T3"')
    assert (task["project_id"], task["status_id"]) == ("P", "status-first")
    assert [ancestor["id"] for ancestor in task["ancestors"]] == ["H2", "Q2"]
    (shot,) = production.query('select status_id, type_id from Shot where id is "H2"')
    assert (shot["status_id"], shot["type_id"]) == ("status-shot", "type-shot")
    (version,) = production.query('select version, status_id from AssetVersion where id is "V2"')
    assert (version["version"], version["status_id"]) == (1, "status-version")


def test_an_asset_may_get_its_context_and_a_version_its_asset_later(production: Studio) -> None:
    production.call(
        production.creating("AssetVersion", id="V2"),
        production.creating("Asset", id="A2", name="comp", type_id="asset-type"),
        production.updating("AssetVersion", ["V2"], asset_id="A2"),
        production.updating("Asset", ["A2"], context_id="H"),
    )
    (version,) = production.query('select version, status_id, link from AssetVersion where id is "V2"')
    assert (version["version"], version["status_id"]) == (1, "status-version")
    assert [step["id"] for step in version["link"]] == ["P", "Q", "H", "V2"]


@pytest.mark.parametrize(
    ("entity_type", "data", "missing"),
    [("Task", {"name": "x"}, "parent_id"), ("Asset", {"name": "x"}, "context_id"), ("AssetVersion", {}, "asset_id")],
)
def test_an_entity_that_belongs_to_nothing_in_the_end_is_refused(
    production: Studio, entity_type: str, data: dict[str, Any], missing: str
) -> None:
    name, text = production.refused(
        production.creating(entity_type, id="new", **data), production.updating("Task", ["T1"], name="other")
    )
    assert name == "IntegrityError"
    assert f"Column '{missing}' cannot be null: a {entity_type}" in text


def stored_tree(studio: Studio) -> list[dict[str, Any]]:
    """Return the stored rows of the entities of `TREE`, and their paths."""
    rows = [
        next(row for row in studio.rows(entity_type) if row["id"] == data["id"]) for entity_type, data in TREE
    ]  # fmt: skip
    paths = studio.query("select id, link, ancestors.id, project.name from TypedContext where id in (q, h, t)")
    recipients = [{"id": row["resource_id"]} for row in studio.rows("Recipient")]
    return [*rows, *paths, *recipients]


def test_the_order_of_a_batch_does_not_matter(production: Studio) -> None:
    production.call(*(production.creating(entity_type, **data) for entity_type, data in TREE))
    expected = stored_tree(production)
    for number in range(examples(10, 60)):
        draw = random.Random(number)
        production.call(production.deleting("Sequence", ["q"]), production.deleting("Scope", ["s"]))
        creates, updates = [], []
        for entity_type, data in TREE:
            # The types determine defaults, so that they come with the entity.
            later = [name for name in data if name != "id" and not name.startswith("type_") and draw.random() < 0.5]
            sent = {name: value for name, value in data.items() if name not in later}
            creates.append(production.creating(entity_type, **sent))
            updates += [production.updating(entity_type, [data["id"]], **{name: data[name]}) for name in later]
        draw.shuffle(updates)
        operations = creates + updates
        production.call(*operations)
        assert stored_tree(production) == expected, operations
