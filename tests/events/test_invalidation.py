"""The change notices of an `ftrack.update`, with the schema of the embedded server."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.events.invalidation import EVERYTHING, EventInvalidation
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import ChangeNotice
from tests.events.updates import update_data


@pytest.fixture(scope="module")
def invalidation() -> EventInvalidation:
    return EventInvalidation(Schema.from_response(datamodel.load().schemas))


def notice_of(notices: list[ChangeNotice], family: str | None, *key: str) -> ChangeNotice:
    (notice,) = [notice for notice in notices if notice.family == family and notice.key == key]
    return notice


def derived_everywhere(notices: list[ChangeNotice], family: str) -> set[str]:
    return {name for notice in notices if notice.family == family and not notice.key for name in notice.derived}


def test_internal_names_stand_for_attributes_and_the_references_beside_them(invalidation: EventInvalidation) -> None:
    notice = notice_of(invalidation.notices(update_data(changes={"statusid": ("a", "b")})), "Context", "t1")
    assert notice.names == frozenset({"status_id", "status"})
    assert notice.entity_type == "Task"


def test_computed_attributes_of_a_changed_entity_are_derived(invalidation: EventInvalidation) -> None:
    notice = notice_of(invalidation.notices(update_data(changes={"description": ("a", "b")})), "Context", "t1")
    assert notice.names == frozenset({"description"})
    assert "thumbnail_url" in notice.derived


def test_a_name_that_the_schema_does_not_have_is_a_custom_attribute(invalidation: EventInvalidation) -> None:
    notice = notice_of(invalidation.notices(update_data(changes={"fstart": ("1", "2")})), "Context", "t1")
    assert notice.names == frozenset({"custom_attributes"})
    assert notice.entries == {"fstart"}


def test_an_unknown_name_changes_everything_of_an_entity_without_custom_attributes(
    invalidation: EventInvalidation,
) -> None:
    data = update_data(entity_type="Timelog", entity_id="x", changes={"unknown": (1, 2)})
    assert notice_of(invalidation.notices(data), "Timelog", "x").names is None


def test_an_unknown_type_changes_everything_of_the_entities_with_its_ids(invalidation: EventInvalidation) -> None:
    data = update_data(entity_type="Unknown", entityType="unknown", entity_id="x", parentId="y")
    notices = invalidation.notices(data)
    assert [(notice.family, notice.key, notice.names) for notice in notices] == [
        (None, ("x",), None),
        (None, ("y",), None),
    ]


def test_an_entity_without_a_type_name_is_found_by_its_internal_class(invalidation: EventInvalidation) -> None:
    data = update_data(entity_type=None, entityType="assetversion", changes={"name": ("a", "b")})
    assert notice_of(invalidation.notices(data), "AssetVersion", "t1").entity_type == "AssetVersion"


def test_a_move_changes_both_parents_and_the_paths_of_all(invalidation: EventInvalidation) -> None:
    notices = invalidation.notices(update_data("move", changes={"parent_id": ("old", "new")}))
    for parent in ("old", "new"):
        assert "children" in notice_of(notices, "Context", parent).derived
    for family in ("Context", "AssetVersion"):
        assert {"link", "_link"} <= derived_everywhere(notices, family)


def test_a_link_changes_both_ends(invalidation: EventInvalidation) -> None:
    data = update_data("add", "ListObject", "lo", changes={"listid": (None, "l"), "entityid": (None, "t")})
    notices = invalidation.notices(data)
    assert "items" in notice_of(notices, "List", "l").derived
    assert "lists" in notice_of(notices, None, "t").derived


def test_an_assignment_changes_the_context_and_the_resource(invalidation: EventInvalidation) -> None:
    data = update_data("remove", "Appointment", "a", changes={"context_id": ("c", None), "resource_id": ("r", None)})
    notices = invalidation.notices(data)
    for family, id_ in (("Context", "c"), ("Resource", "r")):
        assert {"assignments", "allocations", "appointments"} <= notice_of(notices, family, id_).derived
    assert notice_of(notices, "Appointment", "a").is_deleted


def test_a_change_of_metadata_changes_its_owner_only(invalidation: EventInvalidation) -> None:
    notices = invalidation.notices(update_data("update", "Metadata", "t1,a,b", changes={"value": ("a", "b")}))
    assert notice_of(notices, None, "t1").derived >= {"metadata"}
    assert notice_of(notices, "Metadata", "t1", "a,b").names == frozenset({"value"})


def test_a_new_entity_changes_the_contents_of_its_ancestors(invalidation: EventInvalidation) -> None:
    parents = [
        {"entityId": id_, "entity_type": name} for id_, name in (("t1", "Task"), ("s", "Shot"), ("q", "Sequence"))
    ]
    data = update_data("add", parentId="s", parents=parents, changes={"name": (None, "a")})
    notices = invalidation.notices(data)
    assert "children" in notice_of(notices, "Context", "s").derived
    assert "descendants" in notice_of(notices, "Context", "q").derived
    assert "children" not in notice_of(notices, "Context", "q").derived


def test_an_action_that_names_no_attribute_changes_everything(invalidation: EventInvalidation) -> None:
    notices = invalidation.notices(update_data("encoded", "AssetVersion", "v"))
    assert notice_of(notices, "AssetVersion", "v").names is None


@pytest.mark.parametrize("data", [None, {}, {"entities": None}, {"entities": ["x", {}, {"entityId": ""}]}])
def test_data_that_do_not_state_their_entities_are_about_everything(invalidation: EventInvalidation, data: Any) -> None:
    assert invalidation.notices(data) == [EVERYTHING]


def test_a_malformed_entry_is_about_everything_of_its_entity_and_its_siblings_are_read(
    invalidation: EventInvalidation,
) -> None:
    (malformed,) = update_data(entity_id="t1", changes={"name": ("a", "b")})["entities"]
    (valid,) = update_data(entity_id="t2", changes={"name": ("a", "b")})["entities"]
    for part in ("keys", "changes", "action", "parents", "parentId"):
        notices = invalidation.notices({"entities": [{**malformed, part: {"odd": 5}}, valid]})
        assert notice_of(notices, "Context", "t1").names is None, part
        names = notice_of(notices, "Context", "t2").names
        assert names is not None
        assert "name" in names


def test_a_key_with_an_unreadable_side_expires_the_collections_of_all_possible_owners(
    invalidation: EventInvalidation,
) -> None:
    notices = invalidation.notices(update_data("move", changes={"parent_id": ({"odd": 5}, "new")}))
    assert "children" in notice_of(notices, "Context", "new").derived
    assert "children" in derived_everywhere(notices, "Context")


def test_a_composite_key_that_an_entry_does_not_state_is_about_everything(invalidation: EventInvalidation) -> None:
    assert EVERYTHING in invalidation.notices(update_data("update", "Metadata", "m", changes={"value": ("a", "b")}))


def test_every_attribute_of_every_type_is_recognised(invalidation: EventInvalidation) -> None:
    for name, entity_type in invalidation.schema.types.items():
        for attribute in entity_type.attributes.values():
            internal_name = attribute.alias or attribute.name
            identifier = ",".join("x" for _ in entity_type.primary_key)
            data = update_data(entity_type=name, entity_id=identifier, changes={internal_name: ("a", "b")})
            notices = [notice for notice in invalidation.notices(data) if notice.entity_type == name]
            names = notices[0].names
            assert names is not None
            assert attribute.name in names
