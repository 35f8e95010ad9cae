"""What an `ftrack.update` makes stale, told by names, for the schema of the embedded server."""

import pytest

from ftrack_orm.events.invalidation import Invalidation
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema


@pytest.fixture(scope="module")
def rules():
    return Invalidation(Schema.from_answer(datamodel.load().schemas))


def told(action="update", entity_type="Task", entity_id="t1", **rest):
    changes = {name: {"old": old, "new": new} for name, (old, new) in rest.pop("changes", {}).items()}
    entity = {"entity_type": entity_type, "entityId": entity_id, "action": action, "changes": changes, **rest}
    return {"entities": [{"keys": list(changes), **entity}]}


def of(news, family, *key):
    (found,) = [item for item in news if item.family == family and item.key == key]
    return found


def everything_of(item):
    return item.names | item.derived


def test_internal_names_mean_attributes_and_the_relation_beside_them(rules):
    news = of(rules.read(told(changes={"statusid": ("a", "b")})), "Context", "t1")
    assert news.names == {"status_id", "status"}
    assert news.entity_type == "Task"


def test_computed_attributes_of_a_changed_entity_are_derived(rules):
    news = of(rules.read(told(changes={"description": ("a", "b")})), "Context", "t1")
    assert news.names == {"description"}
    assert "thumbnail_url" in news.derived


def test_a_name_the_schema_does_not_have_is_a_custom_attribute(rules):
    news = of(rules.read(told(changes={"fstart": ("1", "2")})), "Context", "t1")
    assert news.names == {"custom_attributes"}
    assert news.entries == {"fstart"}


def test_an_unknown_attribute_makes_an_entity_without_custom_attributes_suspect(rules):
    news = of(rules.read(told(entity_type="Timelog", entity_id="x", changes={"unheard": (1, 2)})), "Timelog", "x")
    assert news.names is None


def test_an_unknown_type_makes_whatever_has_the_id_suspect(rules):
    news = rules.read(told(entity_type="Unheard", entityType="unheard", entity_id="x", parentId="y"))
    assert [(item.family, item.key, item.names) for item in news] == [(None, ("x",), None), (None, ("y",), None)]


@pytest.mark.parametrize(
    ("legacy", "family"),
    [("task", "Context"), ("show", "Context"), ("assetversion", "AssetVersion"), ("user", "Resource")],
)
def test_the_legacy_name_will_do(rules, legacy, family):
    data = told(entity_type=None, entityType=legacy, changes={"name": ("a", "b")})
    assert of(rules.read(data), family, "t1").entity_type is not None


def test_a_move_is_news_to_both_parents(rules):
    news = rules.read(told("move", changes={"parent_id": ("old", "new")}))
    for parent in ("old", "new"):
        assert "children" in of(news, "Context", parent).derived
    assert {"link", "_link"} <= of(news, None).derived


def test_a_link_is_news_to_both_ends(rules):
    data = told("add", "ListObject", "lo", changes={"listid": (None, "l"), "entityid": (None, "t")})
    news = rules.read(data)
    assert "items" in of(news, "List", "l").derived
    assert "lists" in of(news, None, "t").derived


def test_an_assignment_is_news_to_the_context_and_the_resource(rules):
    data = told("remove", "Appointment", "a", changes={"context_id": ("c", None), "resource_id": ("r", None)})
    news = rules.read(data)
    for family, id_ in (("Context", "c"), ("Resource", "r")):
        assert {"assignments", "allocations", "appointments"} <= of(news, family, id_).derived
    assert of(news, "Appointment", "a").is_deleted


def test_a_changed_row_of_metadata_is_news_to_its_owner_alone(rules):
    news = rules.read(told("update", "Metadata", "t1,a,b", changes={"value": ("a", "b")}))
    assert of(news, None, "t1").derived >= {"metadata"}
    assert of(news, "Metadata", "t1", "a,b").names == {"value"}


def test_the_ancestors_of_a_new_entity_have_another_below(rules):
    parents = [
        {"entityId": id_, "entity_type": kind} for id_, kind in (("t1", "Task"), ("s", "Shot"), ("q", "Sequence"))
    ]
    news = rules.read(told("add", parentId="s", parents=parents, changes={"name": (None, "a")}))
    assert "children" in of(news, "Context", "s").derived
    assert "descendants" in of(news, "Context", "q").derived
    assert "children" not in of(news, "Context", "q").derived


def test_what_is_not_told_in_words_is_everything(rules):
    assert of(rules.read(told("encoded", "AssetVersion", "v")), "AssetVersion", "v").names is None


@pytest.mark.parametrize("data", [{}, {"entities": None}, {"entities": ["x", {}, {"entityId": ""}]}])
def test_what_makes_no_sense_is_left_out(rules, data):
    assert rules.read(data) == []


def test_every_type_and_attribute_can_be_told_of(rules):
    for name, described in rules.schema.types.items():
        for attribute in described.attributes.values():
            data = told(entity_type=name, entity_id="x", changes={attribute.alias or attribute.name: ("a", "b")})
            found = [item for item in rules.read(data) if item.entity_type == name]
            assert attribute.name in found[0].names
