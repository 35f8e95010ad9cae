"""The values that a change of an entity affects, with the schema of the embedded server."""

from __future__ import annotations

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.derived_attributes import Action
from ftrack_orm.schema.entity_changes import EntityChange
from ftrack_orm.schema.invalidation import Invalidation
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import ChangeNotice

RULES = Invalidation(Schema.from_response(datamodel.load().schemas))


def notices_of(change: EntityChange) -> list[ChangeNotice]:
    return RULES.notices([change])


def derived_of(notices: list[ChangeNotice], family: str | None, *key: str) -> set[str]:
    return {name for each in notices if (each.family, each.key) == (family, key) for name in each.derived}


def updated(entity_type: str, *names: str, **ids: tuple[str, ...]) -> EntityChange:
    return EntityChange(entity_type=entity_type, key=("x",), action=Action.UPDATED, names=frozenset(names), ids=ids)


def test_a_new_version_changes_its_asset_and_its_siblings() -> None:
    change = EntityChange(entity_type="AssetVersion", key=("v",), action=Action.CREATED, ids={"asset_id": ("a",)})
    notices = notices_of(change)
    assert derived_of(notices, "Asset", "a") >= {"latest_version", "versions"}
    (siblings,) = [each for each in notices if each.holding]
    assert siblings.holding == ("asset_id", frozenset({"a"}))
    assert "is_latest_version" in siblings.derived


def test_a_rename_changes_the_paths_below_only() -> None:
    notices = notices_of(updated("Shot", "name"))
    (below,) = [each for each in notices if each.below]
    assert (below.family, below.below, below.derived) == ("Context", frozenset({"x"}), frozenset({"link", "_link"}))


def test_an_unknown_former_owner_changes_all_of_its_family() -> None:
    change = EntityChange(
        entity_type="Task", key=("t",), action=Action.UPDATED, names=frozenset({"parent_id"}),
        ids={"parent_id": ("new",)}, unknown=frozenset({"parent_id"}), is_above_complete=False,
    )  # fmt: skip
    notices = notices_of(change)
    assert "children" in derived_of(notices, "Context", "new")
    assert "children" in derived_of(notices, "Context")


def test_a_moved_link_changes_both_lists_although_its_other_end_stays() -> None:
    notices = notices_of(updated("ListObject", "list_id", list_id=("old", "new"), entity_id=("e",)))
    assert all("items" in derived_of(notices, "List", id_) for id_ in ("old", "new"))
    assert "lists" in derived_of(notices, None, "e")


def test_members_say_which_entity_has_joined_or_left_a_collection() -> None:
    (notice,) = [each for each in notices_of(updated("Task", "status_id", status_id=("a",))) if each.key == ("a",)]
    assert notice.members["tasks"] == {("Context", ("x",))}


def test_an_update_that_affects_the_entity_alone_is_recognised() -> None:
    assert RULES.local_effect("Task", ("bid",)) == ("Context", frozenset({"bid_time_logged_difference"}))
    assert RULES.local_effect("Task", ("description",)) == ("Context", frozenset())
    assert RULES.local_effect("Task", ("name",))[1] is None
    assert RULES.local_effect("Task", ("status_id",))[1] is None


def test_a_row_is_changed_under_all_of_its_types() -> None:
    change = EntityChange(entity_type="ContextCustomAttributeValue", key=("c", "e"), action=Action.DELETED)
    notices = notices_of(change)
    assert {each.family for each in notices if each.is_deleted and each.key == ("c", "e")} >= {
        "ContextCustomAttributeValue", "CustomAttributeValue",
    }  # fmt: skip


def test_every_computed_attribute_of_the_embedded_server_is_explained() -> None:
    assert RULES.unexplained() == {}
