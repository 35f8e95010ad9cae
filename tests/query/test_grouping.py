"""Conditions, orders and names of groups beyond ftrack's language."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ftrack_orm.entities.reading.grouped_rows import plan_groups
from ftrack_orm.errors import QueryError, UsageError
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.query.expressions.criteria import and_, not_, or_
from ftrack_orm.query.grouping import NO_GROUPS
from ftrack_orm.schema.model import Schema
from tests.query.runners import ListRunner

TEXT = "select count(id), sum(bid) from Task group by status.name, name"


@pytest.fixture
def grouped(schema: Schema) -> Query[Any]:
    return Query.from_text(TEXT, schema)


def sent(query: Query[Any]) -> str:
    """Return the expression that is sent for a grouped query."""
    plan = plan_groups(query.node, query.groups or NO_GROUPS)
    return str(Query(plan.select))


def finished(query: Query[Any], *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return plan_groups(query.node, query.groups or NO_GROUPS).finish(rows)


# -- what is sent ---------------------------------------------------------------------------------------------------


def test_what_ftrack_has_is_left_to_the_server(grouped: Query[Any], task: Any) -> None:
    query = grouped.order_by(task.name.desc(), "status.name").offset(2).limit(3)
    assert query.groups is None
    assert sent(query) == f"{TEXT} order by name descending, status.name offset 2 limit 3"


@pytest.mark.parametrize(
    "refine",
    [
        lambda query, task: query.having(task.id.count() > 3),
        lambda query, task: query.having("count(id) > 3"),
        lambda query, task: query.having("count_id > 3"),
        lambda query, task: query.order_by(task.id.count().desc()),
        lambda query, task: query.order_by("count(id) desc"),
        lambda query, task: query.order_by("count_id"),
        lambda query, task: Query.from_text(f"{TEXT} order by count(id) desc offset 1 limit 2", query.schema),
    ],
)
def test_conditions_on_aggregates_and_orders_by_them_need_all_groups(
    grouped: Query[Any], task: Any, refine: Any
) -> None:
    query = refine(grouped.offset(1).limit(2), task)
    assert sent(query) == TEXT
    assert str(query) == f"{TEXT} offset 1 limit 2"
    assert query != grouped.offset(1).limit(2)


def test_aggregates_that_are_not_selected_are_requested_and_left_out(grouped: Query[Any]) -> None:
    query = grouped.having("max(bid) > 3 or min(bid) < 0").order_by("avg(bid)")
    assert sent(query) == TEXT.replace("sum(bid)", "sum(bid), avg(bid), max(bid), min(bid)")
    row = {"status.name": "x", "name": "a", "count_id": 1, "sum_bid": 4, "avg_bid": 4, "max_bid": 4, "min_bid": 4}
    assert finished(query, row) == [{"status.name": "x", "name": "a", "count_id": 1, "sum_bid": 4}]


def test_the_order_of_keys_stays_on_the_server(grouped: Query[Any], task: Any) -> None:
    query = grouped.order_by("status.name", task.bid.sum().desc(), "name desc")
    assert sent(query) == f"{TEXT} order by status.name, name descending"


# -- building --------------------------------------------------------------------------------------------------------


def test_expressions_and_texts_make_the_same_conditions(grouped: Query[Any], task: Any) -> None:
    count, total, name = task.id.count(), task.bid.sum(), task.status.name
    for built, text in [
        ((count > 3) & (name == "x"), 'count(id) > 3 and status.name is "x"'),
        ((name == "x") | ~(total <= 2), 'status.name is "x" or not sum(bid) <= 2'),
        (
            and_(name == "x", or_(count.in_([1, 2]), total.is_(None))),
            "status.name is x and (count(id) in (1, 2) or sum(bid) = none)",
        ),
        (not_(task.name.min().startswith("a")), "not min(name) like 'a%'"),
    ]:
        assert grouped.having(built) == grouped.having(text)
    assert grouped.having(count > 1).having(total > 2) == grouped.having(count > 1, total > 2)


def test_a_whole_text_may_order_by_aggregates(schema: Schema) -> None:
    query: Query[Any] = Query.from_text(f"{TEXT} order by status.name, sum(bid) desc limit 3", schema)
    assert query == Query.from_text(TEXT, schema).order_by("status.name", "sum(bid) desc").limit(3)
    for wrong, message in (
        ("Task group by name order by sum(nothing)", "has no attribute 'nothing'"),
        ("Task group by name order by sum(name)", "is not a number"),
        ("Task group by name order by count(id) limit x", "Expected a whole number after 'limit'|order_by"),
        ("Task where count(id) > 3", "Expected an operator"),
        ("Task group by name having count(id) > 3", r"query\.having\('count\(id\) > 3'\)"),
    ):
        with pytest.raises(UsageError, match=message):
            Query.from_text(wrong, schema)


def test_columns_have_the_names_that_they_are_given(schema: Schema, task: Any) -> None:
    query: Query[Any] = (
        Query.on("Task", schema)
        .group_by("name", status=task.status.name)
        .select(tasks=task.id.count(), effort="sum(bid)")
        .having("tasks > 1")
        .order_by("effort desc")
    )
    assert sent(query) == "select count(id), sum(bid) from Task group by name, status.name"
    rows = [{"name": "a", "status.name": "x", "count_id": n, "sum_bid": n * 10} for n in range(4)]
    expected = [{"name": "a", "status": "x", "tasks": n, "effort": n * 10} for n in (3, 2)]
    assert finished(query, *rows) == expected
    assert list(finished(query, *rows)[0]) == ["name", "status", "tasks", "effort"]
    assert "count(id) as tasks, sum(bid) as effort, having tasks > 1" in repr(query)


def test_rows_of_groups(schema: Schema) -> None:
    rows = [{"count_id": 3, "sum_bid": 7, "status.name": "x", "name": "a"}]
    query: Query[Any] = Query.from_text(TEXT, schema, ListRunner(rows))
    assert query.rows() == [("x", "a", 3, 7)]
    assert query.rows("count_id", "status.name") == [(3, "x")]
    assert query.rows("name", total="sum(bid)", as_="dict") == [{"name": "a", "total": 7}]
    with pytest.raises(QueryError, match="bid is neither an aggregate nor a key"):
        query.rows("bid")


# -- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refine", "message"),
    [
        (lambda q, t: q.having(t.id.count() > "many"), r"count\(id\) is compared with a number, not with 'many'"),
        (lambda q, t: q.having("count(id) like '3%'"), r"count\(id\) is not text"),
        (lambda q, t: q.having("count(nothing) > 3"), "has no attribute 'nothing'"),
        (lambda q, t: q.having(t.id.count()), "having takes conditions such as"),
        (lambda q, t: q.having(t.children.any()), "has, any and subqueries belong in where"),
        (lambda q, t: q.having("count(id) >"), "Expected a value"),
        (lambda q, t: q.where(t.id.count() > 3), r"not 'count\(id\) > 3' on groups: use having"),
        (lambda q, t: q.where((t.name == "x") & (t.id.count() > 3)), "use having"),
        (lambda q, t: q.order_by("nothing desc, count(id)"), "has no attribute 'nothing'"),
        (lambda q, t: q.select(both="count(id), sum(bid)"), "'both' is one attribute or aggregate, not 2"),
        (lambda q, t: q.select(x="count(id)").select(x="sum(bid)"), r"called 'x': count\(id\) and sum\(bid\)"),
        (lambda q, t: q.having(1 < t.id.count() < 3), "has no truth value of its own"),
    ],
)
def test_mistakes_are_explained_when_they_are_made(grouped: Query[Any], task: Any, refine: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        refine(grouped, task)


@pytest.mark.parametrize(
    ("refine", "message"),
    [
        (lambda q, t: q.group_by("name").having("bid > 3"), "bid is neither a key of group by nor an aggregate"),
        (lambda q, t: q.having(t.id.count() > 3), r"need groups: group_by"),
        (lambda q, t: q.order_by(t.bid.sum()), r"need groups: group_by"),
        (lambda q, t: q.select(shot="parent.name"), r"query\.rows\(shot='parent.name'\)"),
        (lambda q, t: q.group_by("name").order_by("bid"), "Groups cannot be ordered by bid"),
        (lambda q, t: q.group_by("name").select(name=t.bid.sum()), r"called 'name': name and sum\(bid\)"),
    ],
)
def test_mistakes_of_the_whole_query_are_explained_before_it_is_sent(
    schema: Schema, task: Any, refine: Any, message: str
) -> None:
    class Runner(ListRunner):
        def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
            plan_groups(query.node, query.groups or NO_GROUPS)
            return super().rows(query)

    runner = Runner([])
    with pytest.raises(UsageError, match=message):
        refine(Query.on("Task", schema, runner), task).all()
    assert runner.requests == []


def test_groups_are_values_that_are_checked_when_they_are_bound(schema: Schema) -> None:
    query = select("Task").group_by("name").select("count(id)").having(attr("bid").sum() > 3).order_by("count(id)")
    assert pickle.loads(pickle.dumps(query)) == query
    assert query.bind(schema, None) == query
    for wrong in ("sum(name) > 3", "sum(nothing) > 3", "sum(bid) > x"):
        with pytest.raises(UsageError):
            select("Task").group_by("name").having(wrong).bind(schema, None)
