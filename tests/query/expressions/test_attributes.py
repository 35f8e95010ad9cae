from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute, UnknownEntityType
from ftrack_orm.query.builder import select
from ftrack_orm.query.expressions.attributes import AttributeExpression, attr, compare_by_name
from ftrack_orm.query.language.compiler import compile_criterion
from ftrack_orm.schema.model import Schema

# -- naming attributes ----------------------------------------------------------------------------------------------


def test_attribute_access_adds_a_step_to_the_path(task: Any) -> None:
    assert str(task.parent.parent.name) == "parent.parent.name"
    assert repr(task.status.name) == "<attribute Task.status.name: text>"
    assert str(attr("parent[Shot].status").name) == "parent[Shot].status.name"


def test_the_repr_shows_the_value_or_the_target(task: Any) -> None:
    assert repr(task.status) == "<attribute Task.status -> Status>"
    assert repr(task.children) == "<attribute Task.children -> several Context>"
    assert repr(task.metadata) == "<attribute Task.metadata -> Metadata by key>"
    assert repr(attr("status.name")) == "<attribute status.name>"
    with pytest.raises(QueryError, match=r"<attribute Task\.status> has no truth value"):
        bool(task.status)


def test_completion_shows_the_attributes_of_the_target(task: Any) -> None:
    assert {"sort", "name", "any", "startswith"} <= set(dir(task.status))
    assert "sort" not in dir(task.name)
    assert "sort" not in dir(attr("status"))
    assert {"Task", "Shot"} <= set(task.parent._ipython_key_completions_())
    assert task.metadata._ipython_key_completions_() == []
    assert task.name._ipython_key_completions_() == []


def test_names_are_checked_at_once_with_a_schema(task: Any) -> None:
    with pytest.raises(UnknownAttribute, match=r"Task has no attribute 'stauts'\. Did you mean 'status'"):
        task.stauts  # noqa: B018  # the access is tested
    with pytest.raises(UnknownAttribute, match="Status has no attribute 'nam'"):
        task.status.nam  # noqa: B018  # the access is tested
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


def test_names_of_python_are_not_attributes_of_entities() -> None:
    for name in ("__reversed__", "__length_hint__", "_repr_html_"):
        assert not hasattr(attr("parent"), name)
    assert str(attr("project_schema")._overrides) == "project_schema._overrides"
    assert str(copy.copy(attr("parent")).name) == "parent.name"


def test_a_text_that_is_not_a_path_is_refused() -> None:
    for text in ("", "a b", "a.", "name is 'x' or id", "a[", "3"):
        with pytest.raises(QueryError, match="Expected"):
            attr(text)


# -- comparisons with values ----------------------------------------------------------------------------------------


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


def test_an_entity_of_any_type_that_the_relation_can_lead_to_is_accepted(task: Any, entity: Callable[..., Any]) -> None:
    for entity_type in ("Context", "Shot", "Project"):
        assert str(task.parent == entity(entity_type, "p")) == 'parent.id is "p"'
    with pytest.raises(QueryError, match="can never be a Project"):
        task.parent["Shot"] == entity("Project", "p")  # noqa: B015  # the comparison is tested


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda task, user: task.status == user, "Task.status> leads to a Status, which can never be a User"),
        (lambda task, user: task.status.in_([user]), "can never be a User"),
        (lambda task, user: task.status_id == user, "compare the relation"),
        (lambda task, user: task.status.in_([user, "x"]), "entities and other values at the same time"),
        (lambda task, user: task.status < user, "entities have no order"),
        (lambda task, user: task.children != user, r"Write ~\(Task.\w+ == \w+\)"),
    ],
)
def test_entities_that_do_not_fit_are_refused(
    wrong: Callable[[Any, Any], Any], message: str, task: Any, entity: Callable[..., Any]
) -> None:
    with pytest.raises(QueryError, match=message):
        wrong(task, entity("User", "u"))


def test_an_entity_with_several_primary_key_attributes_is_refused(
    types: Callable[[str], Any], entity: Callable[..., Any]
) -> None:
    metadata = entity("Metadata", "p", "k", names=("parent_id", "key"))
    with pytest.raises(QueryError, match="whose key is parent_id, key; use has or any"):
        types("Choice").setting == metadata  # noqa: B015  # the comparison is tested


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
        (lambda task: task.id == select("Shot"), r"Use Task.id.in_\(...\)"),
    ],
)
def test_queries_that_do_not_fit_are_refused(wrong: Callable[[Any], Any], message: str, task: Any) -> None:
    with pytest.raises(QueryError, match=message):
        wrong(task)


# -- has and any -----------------------------------------------------------------------------------------------------


def test_has_and_any_bind_one_related_entity(task: Any, entity: Callable[..., Any]) -> None:
    user = entity("User", "u")
    assert str(task.assignments.any(resource=user, type="x")) == (
        'assignments any (resource.id is "u" and type is "x")'
    )
    assert str(task.parent.has(attr("name") == "x", "id is y")) == 'parent has (name is "x" and id is "y")'
    assert str(~task.assignments.any()) == "not assignments any ()"
    assert str(attr("children").any(parent=None)) == "children any (parent is none)"


def test_criteria_on_related_entities_are_checked_for_their_type(task: Any, shot: Any) -> None:
    with pytest.raises(UnknownAttribute, match=r"Appointment has no attribute 'resurce'\. Did you mean 'resource'"):
        task.assignments.any(resurce=None)
    with pytest.raises(UnknownAttribute, match="Context has no attribute 'nonsense'"):
        task.parent.has(attr("nonsense") > 3)
    with pytest.raises(UnknownAttribute, match=r"\n  nam is x\n  \^"):
        task.parent.has("nam is x")
    with pytest.raises(QueryError, match=r"An expression on Shot was given for Context.*relation\[Shot\]"):
        task.children.any(shot.name == "x")
    assert str(task.children[shot].any(shot.bid > 3)) == "children[Shot] any (bid > 3)"


def test_has_is_for_one_entity_and_any_for_collections(task: Any) -> None:
    with pytest.raises(QueryError, match="use any, not has"):
        task.children.has()
    with pytest.raises(QueryError, match="use has, not any"):
        task.parent.any()


def test_expressions_are_hashed_by_identity(task: Any) -> None:
    name, bid = task.name, task.bid
    assert {name: 1, bid: 2}[name] == 1
    assert isinstance(name, AttributeExpression)


def test_attributes_of_an_expression_are_cached(task: Any) -> None:
    status = task.status
    assert status.name is status.name
    assert status.name.desc() is status.name.desc()


# -- values by name -----------------------------------------------------------------------------------------------


def test_values_are_compared_by_name(schema: Schema, entity: Callable[..., Any]) -> None:
    values = {"name": "x", "status": entity("Status", "s"), "parent.name": None}
    texts = list(map(compile_criterion, compare_by_name(values, "Task", schema)))
    assert texts == [
        'name is "x"',
        'status.id is "s"',
        "parent.name is none",
    ]
    with pytest.raises(UnknownAttribute, match="Did you mean 'name'"):
        compare_by_name({"nam": "x"}, "Task", schema)


def test_expressions_of_names_are_kept_for_the_next_comparison(schema: Schema) -> None:
    known: dict[str, AttributeExpression] = {}
    compare_by_name({"name": "x"}, "Task", schema, known)
    name = known["name"]
    compare_by_name({"name": "y"}, "Task", schema, known)
    assert known == {"name": name}
