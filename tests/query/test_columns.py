"""The columns of flat rows."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute, UsageError
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.columns import Column, build_columns, column_name
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.query.language.parser import parse_projections
from ftrack_orm.schema.model import Schema
from tests.query.runners import ListRunner


def test_the_query_selects_the_columns_once_in_place_of_its_own_projections(schema: Schema, task: Any) -> None:
    runner = ListRunner([7])
    query: Query[Any] = Query.from_text("select id from Task where bid > 3", schema, runner)
    assert query.rows("name, status.name", task.name, x=task.metadata["a"], y=task.metadata["b"]) == [(7,) * 5]
    assert runner.requests == ["flat rows: select name, status.name, metadata from Task where bid > 3"]


def test_a_query_that_cannot_have_results_is_not_sent(schema: Schema) -> None:
    runner = ListRunner([7])
    assert Query.on("Task", schema, runner).limit(0).rows("name", as_="dict") == []
    assert runner.requests == []


def test_names_are_those_of_the_language() -> None:
    assert [column_name(each) for each in parse_projections("status.name, sum(bid), count(parent.id)")] == [
        "status.name",
        "sum_bid",
        "count_parent.id",
    ]


def test_errors_are_raised_before_anything_is_sent(schema: Schema) -> None:
    runner = ListRunner([7])
    query: Query[Any] = Query.on("Task", schema, runner)
    with pytest.raises(UsageError, match="belongs to no session"):
        select("Task").rows("name")
    with pytest.raises(QueryError, match="A group has keys and aggregates"):
        query.group_by("name").rows(attr("metadata")["a"])
    assert runner.requests == []


# -- keys of mapped collections ---------------------------------------------------------------------------------------


def key_of(column: Column) -> tuple[str, str | None]:
    return str(column.content), None if column.item is None else column.item.key


def test_a_text_names_attributes_and_keys(schema: Schema, task: Any) -> None:
    query: Query[Any] = Query.on("Task", schema)
    columns = build_columns(query, ["name, metadata.a.b", "parent.metadata.cut", "metadata.key"], {"x": "metadata.y"})
    assert [key_of(each) for each in columns] == [
        ("name", None),
        ("metadata", "a.b"),
        ("parent.metadata", "cut"),
        ("metadata.key", None),
        ("metadata", "y"),
    ]
    assert [each.name for each in columns] == ["name", "metadata.a.b", "parent.metadata.cut", "metadata.key", "x"]
    assert columns[1].item == build_columns(query, [task.metadata["a.b"]], {})[0].item


def test_selected_keys_are_columns_in_their_order_and_their_collection_is_selected(schema: Schema, task: Any) -> None:
    runner = ListRunner([7])
    query: Query[Any] = Query.on("Task", schema, runner).select("name", "metadata.a", task.metadata["b"]).select("bid")
    assert str(query) == "select name, metadata, bid from Task"
    assert query.rows(as_="dict") == [{"name": 7, "metadata.a": 7, "metadata.b": 7, "bid": 7}]
    assert runner.requests == ["flat rows: select name, metadata, bid from Task"]
    assert query.rows("name") == [(7,)]


def test_a_query_with_selected_keys_is_a_value(schema: Schema) -> None:
    query: Query[Any] = Query.on("Task", schema).select("name", "metadata.a")
    same = Query.on("Task", schema).select("name, metadata.a")
    assert query == same
    assert hash(query) == hash(same)
    assert query != Query.on("Task", schema).select("name", "metadata")
    assert pickle.loads(pickle.dumps(query)) == query


@pytest.mark.parametrize(
    "text", ["metadat.a", "name.a", "metadata.", "name, metadata.a, nmae", "sum(bid).a", "status.a"]
)
def test_other_names_are_errors_as_before(schema: Schema, text: str) -> None:
    query: Query[Any] = Query.on("Task", schema, ListRunner([]))
    with pytest.raises((UnknownAttribute, QueryError)) as selected:
        query.select(text)
    with pytest.raises((UnknownAttribute, QueryError)) as read:
        query.rows(text)
    assert str(read.value) == str(selected.value)


def test_groups_have_no_keys(schema: Schema, task: Any) -> None:
    grouped: Query[Any] = Query.on("Task", schema).group_by("name")
    for given in ("metadata.a", task.metadata["a"]):
        with pytest.raises((UnknownAttribute, QueryError)):
            grouped.select(given)
