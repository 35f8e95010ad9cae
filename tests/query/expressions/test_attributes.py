from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute, UnknownEntityType
from ftrack_orm.query.builder import select
from ftrack_orm.query.expressions.attributes import AttributeExpression, attr
from ftrack_orm.query.expressions.clauses import as_ordering, as_projection
from ftrack_orm.query.language.nodes import Aggregate, Function, Ordering, Path

NOON = datetime.datetime(2017, 2, 8, 12, tzinfo=datetime.timezone.utc)


# -- naming attributes ----------------------------------------------------------------------------------------------


def test_going_on_along_relations_extends_the_path(task: Any) -> None:
    assert str(task.parent.parent.name) == "parent.parent.name"
    assert repr(task.status.name) == "<attribute Task.status.name>"
    assert str(attr("parent[Shot].status").name) == "parent[Shot].status.name"


def test_names_are_checked_at_once_when_the_schema_is_known(task: Any) -> None:
    with pytest.raises(UnknownAttribute, match=r"Task has no attribute 'stauts'\. Did you mean 'status'"):
        task.stauts  # noqa: B018  # the access is what is tested
    with pytest.raises(UnknownAttribute, match="Status has no attribute 'nam'"):
        task.status.nam  # noqa: B018  # the access is what is tested
    assert str(attr("stauts").nam) == "stauts.nam"


def test_a_relation_is_cast_by_class_or_by_name(task: Any, shot: Any) -> None:
    assert str(task.parent[shot].status.name) == str(task.parent["Shot"].status.name) == "parent[Shot].status.name"
    assert str(task.children["TypedContext"].bid) == "children[TypedContext].bid"
    assert str(attr("parent")[shot].name) == "parent[Shot].name"


def test_a_wrong_cast_is_refused(task: Any) -> None:
    with pytest.raises(QueryError, match="can never be a User"):
        task.parent["User"]
    with pytest.raises(UnknownEntityType, match="Did you mean 'Shot'"):
        task.parent["Shto"]
    with pytest.raises(QueryError, match="takes an entity type or, of a mapped collection, a key"):
        task.parent[0]


def test_pythons_own_names_are_no_attributes_of_entities() -> None:
    for name in ("__len__", "__deepcopy__", "_repr_html_"):
        assert not hasattr(attr("parent"), name)
    assert str(attr("project_schema")._overrides) == "project_schema._overrides"
    assert str(copy.copy(attr("parent")).name) == "parent.name"


def test_a_text_that_is_no_path_is_refused() -> None:
    for text in ("", "a b", "a.", "name is 'x' or id", "a[", "3"):
        with pytest.raises(QueryError, match="Expected"):
            attr(text)


# -- comparing ------------------------------------------------------------------------------------------------------


def test_every_operator_has_its_criterion(task: Any) -> None:
    criteria = [
        (task.name == "x", 'name is "x"'),
        (task.name != "x", 'name is_not "x"'),
        (task.bid < 1, "bid < 1"),
        (task.bid <= 1, "bid <= 1"),
        (task.bid > 1, "bid > 1"),
        (task.bid >= 1, "bid >= 1"),
        (task.bid == None, "bid is none"),  # noqa: E711  # comparing is what is tested
        (task.name.is_(None), "name is none"),
        (task.name.is_not(None), "name is_not none"),
        (task.name.in_(["a", "b"]), 'name in ("a", "b")'),
        (task.name.not_in(iter(["a"])), 'name not_in ("a")'),
        (task.name.in_(set()), "name in ()"),
        (task.name.like("sh%"), 'name like "sh%"'),
        (task.name.not_like("sh%"), 'name not_like "sh%"'),
        (task.name.startswith("50%_"), r'name like "50\\%_%"'),
        (task.name.endswith("a"), 'name like "%a"'),
        (task.name.contains("a\\"), r'name like "%a\\\\%"'),
        (task.end_date.before(NOON), 'end_date < "2017-02-08T12:00:00"'),
        (task.end_date.after(NOON.date()), 'end_date > "2017-02-08"'),
        (task.status.is_active == True, "status.is_active is true"),  # noqa: E712  # comparing is what is tested
    ]
    for criterion, text in criteria:
        assert str(criterion) == text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda task: task.bid == "x", "Task.bid is compared with a number, not with 'x'"),
        (lambda task: task.name == 3, "Task.name is compared with text, not with 3"),
        (lambda task: task.end_date > 3, "Task.end_date is compared with a datetime"),
        (lambda task: task.end_date > NOON.replace(tzinfo=None), "does not say its timezone"),
        (lambda task: task.bid.like("3%"), "Task.bid is not text, so like cannot be used"),
        (lambda task: task.status.is_active < True, "Task.status.is_active has no order"),
        (lambda task: task.status < 3, "Task.status is a relation and has no order"),
        (lambda task: task.status == "Done", "Task.status is a relation: compare it with a Status entity"),
        (lambda task: task.name == task.parent.name, "ftrack compares attributes with values only"),
        (lambda task: task.name.in_("abc"), "needs several values for in_"),
        (lambda task: task.name.in_(3), "needs several values for in_"),
        (lambda task: task.name.in_(["a", None]), r"add \| \(a == None\)"),
        (lambda task: task.name.in_(["a", 3]), "Task.name is compared with text, not with 3"),
        (lambda task: task.name.startswith(3), r"startswith\(3\) is a int"),
        (lambda task: task.parent == task, "Compare with an entity, or cast a relation"),
        (lambda task: task.name == ["a"], r"Use in_\(...\)"),
        (lambda task: "a" in task.name, r"use contains\(...\) for text"),
        (lambda task: list(task.children), "has no items of its own"),
        (lambda task: not task.name, "has no truth value of its own"),
        (lambda task: ~task.name, "is no criterion"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_once(wrong: Callable[[Any], Any], message: str, task: Any) -> None:
    with pytest.raises(QueryError, match=message):
        wrong(task)


def test_without_a_schema_anything_may_be_compared() -> None:
    assert str(attr("bid") == "x") == 'bid is "x"'
    assert str(attr("status.sort") > 3) == "status.sort > 3"


# -- entities -------------------------------------------------------------------------------------------------------


def test_comparing_a_relation_with_an_entity_compares_ids(task: Any, entity: Callable[..., Any]) -> None:
    done, idle = entity("Status", "s1"), entity("Status", "s2")
    assert str(task.status == done) == 'status.id is "s1"'
    assert str(task.status != done) == 'status.id is_not "s1"'
    assert str(task.status.in_([done, idle])) == 'status.id in ("s1", "s2")'
    assert str(attr("status").not_in([done])) == 'status.id not_in ("s1")'
    assert str(task.children == entity("Shot", "c")) == 'children.id is "c"'
    assert str(task.status == None) == "status is none"  # noqa: E711  # comparing is what is tested


def test_an_entity_of_any_type_the_relation_can_lead_to_fits(task: Any, entity: Callable[..., Any]) -> None:
    for entity_type in ("Context", "Shot", "Project"):
        assert str(task.parent == entity(entity_type, "p")) == 'parent.id is "p"'
    with pytest.raises(QueryError, match="can never be a Project"):
        task.parent["Shot"] == entity("Project", "p")  # noqa: B015  # the comparison is what is tested


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda task, user: task.status == user, "Task.status> leads to a Status, which can never be a User"),
        (lambda task, user: task.status.in_([user]), "can never be a User"),
        (lambda task, user: task.status_id == user, "compare the relation"),
        (lambda task, user: task.status.in_([user, "x"]), "entities and other values at the same time"),
        (lambda task, user: task.status < user, "entities have no order"),
        (lambda task, user: task.children != user, r"use ~\(a == b\)"),
    ],
)
def test_entities_that_do_not_fit_are_refused(
    wrong: Callable[[Any, Any], Any], message: str, task: Any, entity: Callable[..., Any]
) -> None:
    with pytest.raises(QueryError, match=message):
        wrong(task, entity("User", "u"))


def test_an_entity_known_by_several_values_cannot_be_compared_with(
    types: Callable[[str], Any], entity: Callable[..., Any]
) -> None:
    metadata = entity("Metadata", "p", "k", names=("parent_id", "key"))
    with pytest.raises(QueryError, match="is known by parent_id, key; use has or any"):
        types("Choice").setting == metadata  # noqa: B015  # the comparison is what is tested


# -- queries as values ----------------------------------------------------------------------------------------------


def test_a_relation_can_be_in_a_query(task: Any) -> None:
    shots = select("Shot").where(name="sh010")
    text = 'parent.id in (select id from Shot where name is "sh010")'
    assert str(task.parent.in_(shots)) == str(task.parent.in_(shots.select("id"))) == text
    assert str(task.parent.not_in(shots)) == text.replace(" in ", " not_in ", 1)


def test_a_value_can_be_in_a_query_of_one_attribute(task: Any) -> None:
    assert str(task.name.in_(select("Shot").select("name"))) == "name in (select name from Shot)"
    assert str(attr("parent_id").in_(select("Shot"))) == "parent_id in (select id from Shot)"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda task: task.parent.in_(select("Shot").select("name")), "needs a query that selects the id"),
        (lambda task: task.parent.in_(select("User")), "can never be a User"),
        (lambda task: task.name.in_(select("Shot")), "needs a query that selects exactly one attribute"),
        (lambda task: task.name.in_(select("Shot").select("name, id")), "exactly one attribute"),
        (lambda task: task.id.in_(select("Shot").group_by("id").select("id")), "a grouped query"),
        (lambda task: task.id == select("Shot"), r"Use in_\(...\)"),
    ],
)
def test_queries_that_do_not_fit_are_refused(wrong: Callable[[Any], Any], message: str, task: Any) -> None:
    with pytest.raises(QueryError, match=message):
        wrong(task)


# -- has, any and keys ----------------------------------------------------------------------------------------------


def test_has_and_any_bind_one_related_entity(task: Any, entity: Callable[..., Any]) -> None:
    user = entity("User", "u")
    assert str(task.assignments.any(resource=user, type="x")) == (
        'assignments any (resource.id is "u" and type is "x")'
    )
    assert str(task.parent.has(attr("name") == "x", "id is y")) == 'parent has (name is "x" and id is "y")'
    assert str(~task.assignments.any()) == "not assignments any ()"
    assert str(attr("children").any(parent=None)) == "children any (parent is none)"


def test_what_is_asked_of_related_entities_is_checked_against_their_type(task: Any, shot: Any) -> None:
    with pytest.raises(UnknownAttribute, match=r"Appointment has no attribute 'resurce'\. Did you mean 'resource'"):
        task.assignments.any(resurce=None)
    with pytest.raises(UnknownAttribute, match="Context has no attribute 'nonsense'"):
        task.parent.has(attr("nonsense") > 3)
    with pytest.raises(UnknownAttribute, match=r"\n  nam is x\n  \^"):
        task.parent.has("nam is x")
    with pytest.raises(QueryError, match=r"Something about Shot was given for Context.*relation\[Shot\]"):
        task.children.any(shot.name == "x")
    assert str(task.children[shot].any(shot.bid > 3)) == "children[Shot] any (bid > 3)"


def test_has_is_for_one_and_any_for_many(task: Any) -> None:
    with pytest.raises(QueryError, match="use any, not has"):
        task.children.has()
    with pytest.raises(QueryError, match="use has, not any"):
        task.parent.any()


def test_a_key_of_a_mapped_collection_is_compared_by_any(task: Any) -> None:
    start = task.custom_attributes["fstart"]
    assert str(task.metadata["k"] == "v") == 'metadata any (key is "k" and value is "v")'
    assert str(start > 1001) == 'custom_attributes any (key is "fstart" and value > 1001)'
    assert str(start.in_([1, 2])) == 'custom_attributes any (key is "fstart" and value in (1, 2))'
    assert str(task.metadata["k"].startswith("v")) == 'metadata any (key is "k" and value like "v%")'
    assert str(task.parent["Shot"].metadata["k"].is_(None)) == (
        'parent[Shot].metadata any (key is "k" and value is none)'
    )
    assert str(attr("metadata")["k"] == "v") == 'metadata any (key is "k" and value is "v")'
    assert repr(start) == "<attribute Task.custom_attributes['fstart']>"


def test_values_under_a_key_are_checked_too(task: Any) -> None:
    with pytest.raises(QueryError, match=r"Metadata\.value is compared with text, not with 3"):
        task.metadata["k"] == 3  # noqa: B015  # the comparison is what is tested
    with pytest.raises(QueryError, match="needs several values"):
        task.metadata["k"].in_("v")


# -- ordering and selecting -----------------------------------------------------------------------------------------


def test_orderings_and_aggregates_are_made_from_attributes(task: Any) -> None:
    assert task.end_date.desc().node == Ordering(Path.of("end_date"), descending=True)
    assert as_ordering(task.name).node == as_ordering(task.name.asc()).node == Ordering(Path.of("name"))
    made = [task.bid.count(), task.bid.sum(), task.bid.avg(), task.bid.min(), task.bid.max()]
    assert [as_projection(one)[0] for one in made] == [Aggregate(function, Path.of("bid")) for function in Function]
    assert as_projection(task.parent.name) == (Path.of("parent", "name"), frozenset({"Task"}))


def test_orderings_and_aggregates_are_checked_at_once(task: Any) -> None:
    with pytest.raises(QueryError, match="has many values for each entity"):
        task.children.name.desc()
    with pytest.raises(QueryError, match="sum needs one"):
        task.name.sum()


def test_other_things_cannot_be_ordered_by_or_selected(task: Any) -> None:
    with pytest.raises(QueryError, match="Select the whole collection"):
        as_projection(task.metadata["k"])
    with pytest.raises(QueryError, match="can be selected, not 3"):
        as_projection(3)
    with pytest.raises(QueryError, match="ordered by attributes"):
        as_ordering(task.name == "x")


def test_expressions_can_be_kept_in_sets_and_found_by_identity(task: Any) -> None:
    name, bid = task.name, task.bid
    assert {name: 1, bid: 2}[name] == 1
    assert isinstance(name, AttributeExpression)
