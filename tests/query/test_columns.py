"""The columns of flat rows."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UsageError
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.columns import column_name
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
