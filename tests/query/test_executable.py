from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_orm.errors import MultipleResults, NoResult, QueryError, UsageError
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.schema.model import Schema

from .runners import ListRunner

Numbered = Callable[..., tuple[Query[Any], ListRunner]]


@pytest.fixture
def numbered(schema: Schema) -> Numbered:
    """Create a query whose results are the numbers from 0, in pages of three, and its runner."""

    def create(count: int, text: str = "Task") -> tuple[Query[Any], ListRunner]:
        runner = ListRunner(list(range(count)))
        return Query.from_text(text, schema, runner, page_size=3), runner

    return create


@pytest.mark.parametrize(
    "run", [Query.all, Query.first, Query.one, Query.count, Query.exists, Query.dicts, Query.walk, lambda q: q[0]]
)
def test_a_query_without_a_session_cannot_be_run(run: Callable[[Query[Any]], Any]) -> None:
    with pytest.raises(UsageError, match=r"belongs to no session; use session.query\(query\): Task"):
        run(select("Task"))


def test_pages_are_requested_as_iteration_needs_them(numbered: Numbered) -> None:
    query, runner = numbered(8)
    results = iter(query)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert len(runner.requests) == 1
    assert list(results) == [3, 4, 5, 6, 7]
    assert list(query.pages()) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_first_requests_one_result(numbered: Numbered) -> None:
    query, runner = numbered(8)
    assert query.first() == 0
    assert query.offset(2).first() == 2
    assert runner.requests == ["page: Task limit 1", "page: Task offset 2 limit 1"]
    assert numbered(0)[0].first() is None


def test_one_requests_two_results_and_accepts_one(numbered: Numbered) -> None:
    query, runner = numbered(1)
    assert query.one() == query.one_or_none() == 0
    assert runner.requests == ["page: Task limit 2"] * 2
    assert numbered(0)[0].one_or_none() is None
    with pytest.raises(NoResult, match="Nothing was found for: Task"):
        numbered(0)[0].one()
    for method in (Query.one, Query.one_or_none):
        with pytest.raises(MultipleResults, match="More than one result was found for: Task"):
            method(numbered(2)[0])
    assert numbered(5)[0].limit(1).one() == 0


def test_counting_and_existence_load_nothing(numbered: Numbered) -> None:
    query, runner = numbered(5)
    assert query.count() == 5
    assert query.offset(3).count() == 2
    assert query.exists()
    assert not numbered(0)[0].exists()
    assert runner.requests == ["count: Task", "count: Task offset 3", "count: Task limit 1"]


@pytest.mark.parametrize(
    "key",
    [
        *(slice(2, 5), slice(5), slice(5, None), slice(None), slice(6, 20), slice(20, 30), slice(5, 5), slice(5, 2)),
        *(slice(1, 9, 3), slice(-3, None), slice(None, -3), slice(-5, -2), slice(-50, 3), slice(2, -2, 2)),
        *(slice(None, None, -1), slice(7, 2, -2)),
    ],
)
@pytest.mark.parametrize("text", ["Task", "Task offset 2 limit 7", "Task limit 4"])
def test_slices_are_those_of_the_whole_result(key: slice, text: str, numbered: Numbered) -> None:
    query, _ = numbered(10, text)
    whole = query.all()
    assert query[key] == whole[key]


def test_slices_request_only_their_results(numbered: Numbered) -> None:
    query, runner = numbered(10)
    assert query[4:6] == [4, 5]
    assert runner.requests == ["page: Task offset 4 limit 2"]
    runner.requests.clear()
    assert query[5:5] == []
    assert runner.requests == []
    assert query[-2:] == [8, 9]
    assert runner.requests == ["count: Task", "page: Task offset 8 limit 2"]


@pytest.mark.parametrize(("position", "requests"), [(0, 1), (9, 1), (-1, 2), (-10, 2)])
def test_positions_are_those_of_the_whole_result(position: int, requests: int, numbered: Numbered) -> None:
    query, runner = numbered(10)
    assert query[position] == list(range(10))[position]
    assert len(runner.requests) == requests


@pytest.mark.parametrize("position", [10, -11])
def test_a_position_outside_is_a_lookup_error(position: int, numbered: Numbered) -> None:
    query, _ = numbered(10)
    with pytest.raises(NoResult, match=f"no result number {position} for: Task"):
        query[position]
    assert issubclass(NoResult, LookupError)


def test_a_query_that_cannot_have_results_makes_no_request(numbered: Numbered) -> None:
    query, runner = numbered(10)
    for empty in (query.where(attr("id").in_([])), query.limit(0)):
        assert empty.all() == list(empty) == []
        assert empty.first() is None
        assert empty.count() == 0
        assert not empty.exists()
    assert runner.requests == []


def test_neutral_conditions_are_not_sent(numbered: Numbered) -> None:
    query, runner = numbered(1)
    refined = query.where(attr("id").not_in([]), attr("id").in_([]) | (attr("name") == "x"))
    assert refined.all() == [0]
    assert runner.requests == ['page: Task where name is "x"']
    assert "in ()" in str(refined)


def test_groups_are_plain_rows(schema: Schema) -> None:
    runner = ListRunner([{"count_id": 4, "status_id": "s"}, {"count_id": 1, "status_id": "t"}])
    query = Query.from_text("select count(id) from Task group by status_id", schema, runner)
    assert query.all() == list(query) == runner.results
    assert query.count() == 2
    assert query.first() == runner.results[0]
    assert {request.partition(":")[0] for request in runner.requests} == {"rows"}


def test_aggregates_without_groups_are_refused_before_a_request(numbered: Numbered) -> None:
    query, runner = numbered(1)
    with pytest.raises(QueryError, match="needs a group by"):
        query.select("count(id)").all()
    with pytest.raises(QueryError, match="neither an aggregate nor a key of group by"):
        query.group_by("status_id").select("name").all()
    assert runner.requests == []


def test_a_search_is_neither_grouped_nor_part_of_another_query(numbered: Numbered, task: Any) -> None:
    query, runner = numbered(1)
    with pytest.raises(QueryError, match="cannot be grouped: Task group by name, search for 'x'"):
        query.group_by("name").search("x").all()
    with pytest.raises(QueryError, match="cannot be part of another query"):
        query.where(task.parent.in_(query.search("x")))
    assert runner.requests == []


def test_results_are_indexed_by_positions_only(numbered: Numbered) -> None:
    query: Any = numbered(1)[0]
    with pytest.raises(QueryError, match="not by 'name'"):
        query["name"]


# -- walk and dicts -------------------------------------------------------------------------------------------------


class StreamRunner:
    """A runner of `walk` and `dicts` only, which records the method, the expression and the page size."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, int]] = []

    def _run(self, method: str, query: Query[Any]) -> Iterator[Any]:
        self.requests.append((method, str(query), query.page_size))
        return iter([1, 2])

    def walk(self, query: Query[Any], after: Any = None) -> Iterator[Any]:
        return self._run("walk", query)

    def dicts(self, query: Query[Any]) -> Iterator[Any]:
        return self._run("dicts", query)


def test_walk_and_dicts_pass_the_query_to_its_runner(schema: Schema) -> None:
    runner = StreamRunner()
    query = Query.from_text("Task where id in ('a') limit 5", schema, runner)  # type: ignore[arg-type]  # two methods
    results: list[Iterator[Any]] = [query.walk(), query.walk(page_size=7), query.dicts()]
    assert [list(result) for result in results] == [[1, 2]] * 3
    text = 'Task where id in ("a") limit 5'
    assert runner.requests == [("walk", text, 1000), ("walk", text, 7), ("dicts", text, 500)]


def test_walk_and_dicts_of_a_query_that_cannot_have_results_make_no_request(schema: Schema) -> None:
    runner = StreamRunner()
    query = Query.from_text("Task where id in ()", schema, runner)  # type: ignore[arg-type]  # two methods
    assert list(query.walk()) == list(query.dicts()) == []
    assert runner.requests == []


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Task order by name", "order_by"),
        ("Task offset 3", "offset"),
        ("select count(id) from Task group by name", "group_by"),
    ],
)
def test_walk_refuses_clauses_that_conflict_with_its_order(text: str, clause: str, schema: Schema) -> None:
    runner = StreamRunner()
    query = Query.from_text(text, schema, runner)  # type: ignore[arg-type]  # two methods
    with pytest.raises(QueryError, match=f"walk goes by primary keys, so the query cannot have {clause}"):
        query.walk()
    assert runner.requests == []


# -- update and delete ----------------------------------------------------------------------------------------------


def test_update_and_delete_pass_the_query_to_its_runner(numbered: Numbered) -> None:
    query, runner = numbered(3)
    assert query.where(name="x").update({"name": "y"}) == 3
    assert query.delete(batch_size=2, on_progress=print) == 3
    assert runner.requests == ['update: Task where name is "x"', "delete: Task"]
    assert runner.options == [({"name": "y"}, 500, None), (None, 2, print)]
