"""Several queries whose results are requested together."""

from __future__ import annotations

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute, UsageError
from ftrack_orm.query.builder import Query
from ftrack_orm.query.several import results_of
from ftrack_orm.schema.model import Schema
from tests.query.runners import ListRunner


def test_queries_are_sent_together_except_those_that_cannot_have_results(schema: Schema) -> None:
    runner = ListRunner([1, 2, 3])
    tasks = Query.on("Task", schema, runner)
    assert results_of([tasks.limit(2), tasks.limit(0), tasks], schema, runner) == [[1, 2], [], [1, 2, 3]]
    assert runner.requests == [f"together: {tasks.limit(2)}; {tasks}"]


def test_nothing_is_sent_when_no_query_can_have_results(schema: Schema) -> None:
    runner = ListRunner([1])
    assert results_of([Query.on("Task", schema, runner).limit(0)], schema, runner) == [[]]
    assert runner.requests == []


def test_a_query_that_belongs_to_no_session_is_checked_and_run(schema: Schema) -> None:
    runner = ListRunner([1])
    assert results_of([Query.from_text("Task")], schema, runner) == [[1]]
    with pytest.raises(UnknownAttribute):
        results_of([Query.from_text("Task where nothing is x")], schema, runner)


def test_queries_with_groups_and_of_other_sessions_are_refused(schema: Schema) -> None:
    runner, other = ListRunner([1]), ListRunner([2])
    with pytest.raises(QueryError, match="run it by itself"):
        results_of([Query.on("Task", schema, runner).select("count(id)").group_by("name")], schema, runner)
    with pytest.raises(UsageError, match="another session"):
        results_of([Query.on("Task", schema, other)], schema, runner)
    assert runner.requests == other.requests == []
