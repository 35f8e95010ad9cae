from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import (
    QueryError,
    UnknownAttribute,
    UnknownEntityType,
    UsageError,
)
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.expressions.attributes import AttributeExpression, attr
from ftrack_orm.schema.model import Schema

from .runners import ListRunner


@pytest.fixture
def tasks(schema: Schema) -> Query[Any]:
    return Query.from_text("Task", schema)


# -- building -------------------------------------------------------------------------------------------------------


def test_a_chain_of_clauses_is_an_expression(tasks: Query[Any], task: Any, entity: Callable[..., Any]) -> None:
    query = (
        tasks.where(task.project.name == "demo", task.status.name.in_(["In progress", "Ready to start"]))
        .where(task.assignments.any(resource=entity("User", "u")) | (task.bid > 8 * 3600))
        .select(task.name, task.status.name)
        .order_by(task.end_date.desc(), "name")
        .limit(200)
        .offset(10)
    )
    assert str(query) == (
        'select name, status.name from Task where project.name is "demo" and status.name in ("In progress", '
        '"Ready to start") and (assignments any (resource.id is "u") or bid > 28800) order by end_date descending, '
        "name offset 10 limit 200"
    )
    assert query.pretty().splitlines()[2] == 'where project.name is "demo"'


def test_refining_returns_a_new_query(tasks: Query[Any]) -> None:
    tasks.where(name="x").select("name").order_by("name").limit(1)
    assert str(tasks) == "Task"


def test_criteria_are_expressions_texts_or_values_by_name(tasks: Query[Any]) -> None:
    query = tasks.where(attr("bid") > 3, "name is x or name is y", status=None, name="z")
    assert str(query) == ('Task where bid > 3 and (name is "x" or name is "y") and status is none and name is "z"')


def test_selecting_and_ordering_again_adds_to_the_clause(tasks: Query[Any], task: Any) -> None:
    query = tasks.select("name, bid").select(task.name, task.status.name).order_by("name").order_by("bid desc")
    assert str(query) == "select name, bid, status.name from Task order by name, bid descending"


def test_limits_and_offsets_can_be_replaced_and_removed(tasks: Query[Any]) -> None:
    assert str(tasks.limit(5).limit(10).offset(1)) == "Task offset 1 limit 10"
    assert str(tasks.limit(5).offset(1).limit(None).offset(None)) == "Task"


def test_groups_and_aggregates(tasks: Query[Any], task: Any) -> None:
    query = tasks.group_by(task.status_id, "project.name").select(task.id.count(), "sum(bid)")
    assert str(query) == "select count(id), sum(bid) from Task group by status_id, project.name"


def test_a_whole_expression_can_be_refined(schema: Schema) -> None:
    query = Query.from_text("select name from Task where bid > 3 or bid < 1 order by name limit 5", schema)
    assert str(query.where(name="x").select("bid")) == (
        'select name, bid from Task where (bid > 3 or bid < 1) and name is "x" order by name limit 5'
    )


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        (lambda q, task, shot: q.where(nam="x"), UnknownAttribute, "Did you mean 'name'"),
        (lambda q, task, shot: q.where(attr("bid") == "x"), QueryError, "Task.bid is compared with a number"),
        (lambda q, task, shot: q.where("bid > 1 and nam is x"), UnknownAttribute, "\n  bid > 1 and nam is x\n {14}\\^"),
        (lambda q, task, shot: q.where("bid >"), QueryError, "Expected a value"),
        (lambda q, task, shot: q.where(task.name is None), QueryError, "Python decided this one"),
        (lambda q, task, shot: q.where(task.name), QueryError, "where takes criteria"),
        (lambda q, task, shot: q.where(name=["a"]), QueryError, r"Use Task.name.in_\(...\)"),
        (lambda q, task, shot: q.where(shot.name == "x"), QueryError, "An expression on Shot was given for Task"),
        (lambda q, task, shot: q.select(shot.name), QueryError, "An expression on Shot was given for Task"),
        (lambda q, task, shot: q.order_by(shot.name.desc()), QueryError, "An expression on Shot was given for Task"),
        (lambda q, task, shot: q.select("name, nam"), UnknownAttribute, "\n  name, nam\n {8}\\^"),
        (lambda q, task, shot: q.select(attr("nam")), UnknownAttribute, "Did you mean 'name'"),
        (lambda q, task, shot: q.select("custom_attribute_links"), QueryError, "does not allow selecting it"),
        (lambda q, task, shot: q.select(3), QueryError, "can be selected, not 3"),
        (lambda q, task, shot: q.order_by("nam desc"), UnknownAttribute, "\n  nam desc\n  \\^"),
        (lambda q, task, shot: q.order_by("children.name"), QueryError, "has many values for each entity"),
        (lambda q, task, shot: q.group_by("count(id)"), QueryError, "not the aggregate count"),
        (lambda q, task, shot: q.group_by("children.name"), QueryError, "has many values for each entity"),
        (lambda q, task, shot: q.limit(-1), QueryError, "limit takes a whole number of results, not -1"),
        (lambda q, task, shot: q.offset("3"), QueryError, "offset takes a whole number of results, not '3'"),
        (lambda q, task, shot: q.limit(True), QueryError, "not True"),
        (lambda q, task, shot: q.with_page_size(0), QueryError, "at least 1"),
        (lambda q, task, shot: q.fetching("peer"), QueryError, "no fetch mode 'peer', .*Did you mean 'peers'"),
        (lambda q, task, shot: q.search(" "), QueryError, "at least one term"),
        (lambda q, task, shot: bool(q), QueryError, r"query.exists\(\)"),
        (lambda q, task, shot: task in q, QueryError, r"exists\(\)"),
    ],
)
def test_invalid_arguments_are_refused_at_once(
    wrong: Callable[[Any, Any, Any], Any], kind: type[UsageError], message: str, tasks: Query[Any], task: Any, shot: Any
) -> None:
    with pytest.raises(kind, match=message):
        wrong(tasks, task, shot)


def test_the_attributes_of_a_base_type_can_be_used(tasks: Query[Any], types: Callable[[str], Any]) -> None:
    assert str(tasks.where(types("Context").name == "x")) == 'Task where name is "x"'


def test_errors_in_a_whole_expression_show_their_position(schema: Schema) -> None:
    with pytest.raises(UnknownAttribute, match=r"\n  Task where nam is x\n {13}\^") as caught:
        Query.from_text("Task where nam is x", schema)
    assert caught.value.details["position"] == 11
    with pytest.raises(UnknownEntityType, match=r"\n  select id from Tsk\n {17}\^"):
        Query.from_text("select id from Tsk", schema)


# -- without a session ----------------------------------------------------------------------------------------------


def test_queries_are_built_without_a_session(task: Any) -> None:
    assert str(select("Task").where(anything="x").select("else").limit(1)) == (
        'select else from Task where anything is "x" limit 1'
    )
    assert select(task) == select("Task")


def test_only_a_type_can_be_selected_from() -> None:
    wrong: Any
    for wrong in ("Task where a is 1", "Task limit 1", "", 3):
        with pytest.raises(QueryError):
            select(wrong)


def test_binding_checks_the_names_and_makes_a_query_runnable(schema: Schema) -> None:
    runner = ListRunner([0, 1])
    assert select("Task").bind(schema, runner).all() == [0, 1]
    with pytest.raises(UnknownAttribute):
        select("Task").where(nam="x").bind(schema, runner)


# -- as values ------------------------------------------------------------------------------------------------------


def test_queries_with_the_same_expression_and_options_are_equal(tasks: Query[Any], schema: Schema) -> None:
    built = tasks.where(name="x").limit(3)
    parsed = Query.from_text("Task where name = 'x' limit 3")
    assert built == parsed
    assert hash(built) == hash(parsed)
    assert built != built.limit(4)
    assert built != built.with_page_size(10)
    assert built != str(built)


def test_queries_are_pickled_without_their_session(schema: Schema) -> None:
    query = Query.from_text("Task where name is 'x' limit 2", schema, ListRunner([]), page_size=3)
    again = pickle.loads(pickle.dumps(query))
    assert (again, str(again), again.page_size) == (query, str(query), 3)
    assert again.runner is again.schema is None


def test_fetch_mode_and_search_are_part_of_a_query(tasks: Query[Any]) -> None:
    query = tasks.fetching("never").search("x", context="c")
    assert query != tasks.search("x", context="c") != tasks
    assert query != tasks.fetching("never")
    assert query == tasks.search("y").fetching("one").search("x", context="c").fetching("never")
    again = pickle.loads(pickle.dumps(query))
    assert (again, hash(again), again.fetch_mode) == (query, hash(query), "never")
    assert repr(query.where(name="n")) == "<query Task where name is \"n\", search for 'x' in context c>"


def test_the_repr_shows_the_expression_and_makes_no_request(schema: Schema) -> None:
    runner = ListRunner([])
    query = Query.from_text("Task", schema, runner)
    assert repr(query.where(name="x")) == '<query Task where name is "x">'
    assert len(repr(query.where(name="x" * 1000))) < 400
    assert runner.requests == []


def test_a_query_on_a_type_is_the_query_parsed_from_its_name(schema: Schema) -> None:
    assert Query.on("Task", schema) == Query.from_text("Task", schema)
    with pytest.raises(UnknownEntityType, match="Did you mean 'Task'"):
        Query.on("Taks", schema)


# -- checks ---------------------------------------------------------------------------------------------------------


class CountingSchema:
    """A schema that counts its look-ups of types, which every check of a path makes."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.lookups = 0

    def type(self, name: str) -> Any:
        self.lookups += 1
        return self._schema.type(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schema, name)


def test_expressions_on_class_attributes_are_checked_once(schema: Schema) -> None:
    counting: Any = CountingSchema(schema)
    query = Query.on("Task", counting)
    name = AttributeExpression.on("Task", "name", counting)
    criterion, key = (name == "x") | ~(name == "y"), name.desc()
    counting.lookups = 0
    query.where(criterion).select(name).order_by(key)
    assert counting.lookups == 0


def test_expressions_checked_with_another_schema_are_checked_again(schema: Schema) -> None:
    counting: Any = CountingSchema(schema)
    query = Query.on("Task", counting)
    criterion = AttributeExpression.on("Task", "name", schema) == "x"
    counting.lookups = 0
    query.where(criterion)
    assert counting.lookups > 0


def test_a_criterion_is_pickled_without_the_schema(schema: Schema) -> None:
    criterion = AttributeExpression.on("Task", "name", schema) == "x"
    copy = pickle.loads(pickle.dumps(criterion))
    assert copy == criterion
    assert (criterion.checked_by, copy.checked_by) == (schema, None)
