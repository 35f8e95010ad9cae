from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_orm.errors import (
    MultipleResults,
    NoResult,
    QueryError,
    UnknownAttribute,
    UnknownEntityType,
    UsageError,
)
from ftrack_orm.query.builder import Query, select
from ftrack_orm.query.expressions.attributes import AttributeExpression, attr
from ftrack_orm.schema.model import Schema


@pytest.fixture
def tasks(schema: Schema) -> Query[Any]:
    return Query.from_text("Task", schema)


@pytest.fixture
def numbered(schema: Schema, list_runner: Callable[[list[Any]], Any]) -> Callable[..., tuple[Query[Any], Any]]:
    """A query for the numbers from 0, run in pages of three, and its runner."""

    def make(count: int, text: str = "Task") -> tuple[Query[Any], Any]:
        runner = list_runner(list(range(count)))
        return Query.from_text(text, schema, runner, page_size=3), runner

    return make


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


def test_refining_leaves_the_query_as_it_was(tasks: Query[Any]) -> None:
    tasks.where(name="x").select("name").order_by("name").limit(1)
    assert str(tasks) == "Task"


def test_criteria_come_as_expressions_names_and_text(tasks: Query[Any]) -> None:
    query = tasks.where(attr("bid") > 3, "name is x or name is y", status=None, name="z")
    assert str(query) == ('Task where bid > 3 and (name is "x" or name is "y") and status is none and name is "z"')


def test_selecting_and_ordering_again_adds_to_what_there_is(tasks: Query[Any], task: Any) -> None:
    query = tasks.select("name, bid").select(task.name, task.status.name).order_by("name").order_by("bid desc")
    assert str(query) == "select name, bid, status.name from Task order by name, bid descending"


def test_limits_and_offsets_can_be_changed_and_taken_away(tasks: Query[Any]) -> None:
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
        (lambda q, task, shot: q.where(name=["a"]), QueryError, r"Use in_\(...\)"),
        (lambda q, task, shot: q.where(shot.name == "x"), QueryError, "Something about Shot was given for Task"),
        (lambda q, task, shot: q.select(shot.name), QueryError, "Something about Shot was given for Task"),
        (lambda q, task, shot: q.order_by(shot.name.desc()), QueryError, "Something about Shot was given for Task"),
        (lambda q, task, shot: q.select("name, nam"), UnknownAttribute, "\n  name, nam\n {8}\\^"),
        (lambda q, task, shot: q.select(attr("nam")), UnknownAttribute, "Did you mean 'name'"),
        (lambda q, task, shot: q.select("custom_attribute_links"), QueryError, "does not allow selecting it"),
        (lambda q, task, shot: q.select(3), QueryError, "can be selected, not 3"),
        (lambda q, task, shot: q.order_by("nam desc"), UnknownAttribute, "\n  nam desc\n  \\^"),
        (lambda q, task, shot: q.order_by("children.name"), QueryError, "has many values for each entity"),
        (lambda q, task, shot: q.group_by("count(id)"), QueryError, "count gives an aggregate"),
        (lambda q, task, shot: q.group_by("children.name"), QueryError, "has many values for each entity"),
        (lambda q, task, shot: q.limit(-1), QueryError, "limit takes a whole number of results, not -1"),
        (lambda q, task, shot: q.offset("3"), QueryError, "offset takes a whole number of results, not '3'"),
        (lambda q, task, shot: q.limit(True), QueryError, "not True"),
        (lambda q, task, shot: q.with_page_size(0), QueryError, "at least 1"),
        (lambda q, task, shot: q.fetching("peer"), QueryError, "no fetch mode 'peer', .*Did you mean 'peers'"),
        (lambda q, task, shot: q.search(" "), QueryError, "at least one word"),
        (lambda q, task, shot: q["name"], QueryError, "not by 'name'"),
        (lambda q, task, shot: bool(q), QueryError, r"query.exists\(\)"),
        (lambda q, task, shot: task in q, QueryError, r"exists\(\)"),
    ],
)
def test_mistakes_are_refused_when_the_clause_is_added(
    wrong: Callable[[Any, Any, Any], Any], kind: type[UsageError], message: str, tasks: Query[Any], task: Any, shot: Any
) -> None:
    with pytest.raises(kind, match=message):
        wrong(tasks, task, shot)


def test_the_attributes_of_a_base_type_can_be_used(tasks: Query[Any], types: Callable[[str], Any]) -> None:
    assert str(tasks.where(types("Context").name == "x")) == 'Task where name is "x"'


def test_errors_in_a_whole_expression_show_their_place(schema: Schema) -> None:
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
    for wrong in ("Task where a is 1", "Task limit 1", "", 3):
        with pytest.raises(QueryError):
            select(wrong)


@pytest.mark.parametrize(
    "run", [Query.all, Query.first, Query.one, Query.count, Query.exists, Query.dicts, Query.walk, lambda q: q[0]]
)
def test_a_query_without_a_session_cannot_be_run(run: Callable[[Query[Any]], Any]) -> None:
    with pytest.raises(UsageError, match=r"belongs to no session; use session.query\(str\(query\)\): Task"):
        run(select("Task"))


def test_binding_checks_the_names_and_makes_a_query_runnable(numbered: Callable[..., Any], schema: Schema) -> None:
    _, runner = numbered(2)
    assert select("Task").bind(schema, runner).all() == [0, 1]
    with pytest.raises(UnknownAttribute):
        select("Task").where(nam="x").bind(schema, runner)


# -- as values ------------------------------------------------------------------------------------------------------


def test_queries_that_ask_the_same_are_equal(tasks: Query[Any], schema: Schema) -> None:
    built = tasks.where(name="x").limit(3)
    read = Query.from_text("Task where name = 'x' limit 3")
    assert built == read
    assert hash(built) == hash(read)
    assert built != built.limit(4)
    assert built != built.with_page_size(10)
    assert built != str(built)


def test_queries_are_pickled_without_their_session(numbered: Callable[..., Any]) -> None:
    query, _ = numbered(3, "Task where name is 'x' limit 2")
    again = pickle.loads(pickle.dumps(query))
    assert (again, str(again), again.page_size) == (query, str(query), 3)
    assert again.runner is again.vocabulary is None


def test_fetch_mode_and_search_are_part_of_a_query(tasks: Query[Any]) -> None:
    query = tasks.fetching("never").search("x", context="c")
    assert query != tasks.search("x", context="c") != tasks
    assert query != tasks.fetching("never")
    assert query == tasks.search("y").fetching("one").search("x", context="c").fetching("never")
    again = pickle.loads(pickle.dumps(query))
    assert (again, hash(again), again.fetch_mode) == (query, hash(query), "never")
    assert repr(query.where(name="n")) == "<query Task where name is \"n\", search for 'x' in context c>"


def test_the_repr_shows_the_expression_and_asks_nothing(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(3)
    assert repr(query.where(name="x")) == '<query Task where name is "x">'
    assert len(repr(query.where(name="x" * 1000))) < 400
    assert runner.asked == []


# -- running --------------------------------------------------------------------------------------------------------


def test_iterating_goes_through_the_pages_as_they_are_needed(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(8)
    walk = iter(query)
    assert [next(walk) for _ in range(3)] == [0, 1, 2]
    assert len(runner.asked) == 1
    assert list(walk) == [3, 4, 5, 6, 7]
    assert list(query.pages()) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_first_asks_for_one(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(8)
    assert query.first() == 0
    assert query.offset(2).first() == 2
    assert runner.asked == ["page: Task limit 1", "page: Task offset 2 limit 1"]
    assert numbered(0)[0].first() is None


def test_one_asks_for_two_and_insists_on_one(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(1)
    assert query.one() == query.one_or_none() == 0
    assert runner.asked == ["page: Task limit 2"] * 2
    assert numbered(0)[0].one_or_none() is None
    with pytest.raises(NoResult, match="Nothing was found for: Task"):
        numbered(0)[0].one()
    for method in (Query.one, Query.one_or_none):
        with pytest.raises(MultipleResults, match="More than one result was found for: Task"):
            method(numbered(2)[0])
    assert numbered(5)[0].limit(1).one() == 0


def test_counting_and_existence_load_nothing(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(5)
    assert query.count() == 5
    assert query.offset(3).count() == 2
    assert query.exists()
    assert not numbered(0)[0].exists()
    assert runner.asked == ["count: Task", "count: Task offset 3", "count: Task limit 1"]


@pytest.mark.parametrize(
    "key",
    [
        *(slice(2, 5), slice(5), slice(5, None), slice(None), slice(6, 20), slice(20, 30), slice(5, 5), slice(5, 2)),
        *(slice(1, 9, 3), slice(-3, None), slice(None, -3), slice(-5, -2), slice(-50, 3), slice(2, -2, 2)),
        *(slice(None, None, -1), slice(7, 2, -2)),
    ],
)
@pytest.mark.parametrize("text", ["Task", "Task offset 2 limit 7", "Task limit 4"])
def test_slices_are_those_of_the_whole_result(key: slice, text: str, numbered: Callable[..., Any]) -> None:
    query, _ = numbered(10, text)
    whole = query.all()
    assert query[key] == whole[key]


def test_slices_ask_only_for_what_they_hold(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(10)
    assert query[4:6] == [4, 5]
    assert runner.asked == ["page: Task offset 4 limit 2"]
    runner.asked.clear()
    assert query[5:5] == []
    assert runner.asked == []
    assert query[-2:] == [8, 9]
    assert runner.asked == ["count: Task", "page: Task offset 8 limit 2"]


@pytest.mark.parametrize(("position", "asked"), [(0, 1), (9, 1), (-1, 2), (-10, 2)])
def test_positions_are_those_of_the_whole_result(position: int, asked: int, numbered: Callable[..., Any]) -> None:
    query, runner = numbered(10)
    assert query[position] == list(range(10))[position]
    assert len(runner.asked) == asked


@pytest.mark.parametrize("position", [10, -11])
def test_a_position_outside_is_a_lookup_error(position: int, numbered: Callable[..., Any]) -> None:
    query, _ = numbered(10)
    with pytest.raises(NoResult, match=f"no result number {position} for: Task"):
        query[position]
    assert issubclass(NoResult, LookupError)


def test_what_can_match_nothing_is_not_asked(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(10)
    for empty in (query.where(attr("id").in_([])), query.limit(0)):
        assert empty.all() == list(empty) == []
        assert empty.first() is None
        assert empty.count() == 0
        assert not empty.exists()
    assert runner.asked == []


def test_conditions_that_make_no_difference_are_not_sent(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(1)
    refined = query.where(attr("id").not_in([]), attr("id").in_([]) | (attr("name") == "x"))
    assert refined.all() == [0]
    assert runner.asked == ['page: Task where name is "x"']
    assert "in ()" in str(refined)


def test_groups_are_plain_rows(schema: Schema, list_runner: Callable[[list[Any]], Any]) -> None:
    runner = list_runner([{"count_id": 4, "status_id": "s"}, {"count_id": 1, "status_id": "t"}])
    query = Query.from_text("select count(id) from Task group by status_id", schema, runner)
    assert query.all() == list(query) == runner.results
    assert query.count() == 2
    assert query.first() == runner.results[0]
    assert {asked.partition(":")[0] for asked in runner.asked} == {"rows"}


def test_aggregates_without_groups_are_refused_before_asking(numbered: Callable[..., Any]) -> None:
    query, runner = numbered(1)
    with pytest.raises(QueryError, match="needs a group by"):
        query.select("count(id)").all()
    with pytest.raises(QueryError, match="neither an aggregate nor a key of group by"):
        query.group_by("status_id").select("name").all()
    assert runner.asked == []


def test_a_search_is_neither_grouped_nor_part_of_another_query(numbered: Callable[..., Any], task: Any) -> None:
    query, runner = numbered(1)
    with pytest.raises(QueryError, match="cannot be grouped: Task group by name, search for 'x'"):
        query.group_by("name").search("x").all()
    with pytest.raises(QueryError, match="cannot be part of another query"):
        query.where(task.parent.in_(query.search("x")))
    assert runner.asked == []


# -- other ways through ---------------------------------------------------------------------------------------------


class OtherWays:
    """A runner that notes what it is asked to walk over and to give as dicts."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []

    def _ask(self, way: str, query: Query[Any]) -> Iterator[Any]:
        self.asked.append((way, str(query), query.page_size))
        return iter([1, 2])

    def walk(self, query: Query[Any]) -> Iterator[Any]:
        return self._ask("walk", query)

    def dicts(self, query: Query[Any]) -> Iterator[Any]:
        return self._ask("dicts", query)


def test_walking_and_dicts_hand_the_query_to_its_runner(schema: Schema) -> None:
    runner = OtherWays()
    query = Query.from_text("Task where id in ('a') limit 5", schema, runner)  # type: ignore[arg-type]  # half a runner
    results: list[Iterator[Any]] = [query.walk(), query.walk(page_size=7), query.dicts()]
    assert [list(result) for result in results] == [[1, 2]] * 3
    text = 'Task where id in ("a") limit 5'
    assert runner.asked == [("walk", text, 1000), ("walk", text, 7), ("dicts", text, 500)]


def test_what_can_match_nothing_is_neither_walked_over_nor_asked_as_dicts(schema: Schema) -> None:
    runner = OtherWays()
    query = Query.from_text("Task where id in ()", schema, runner)  # type: ignore[arg-type]  # half a runner
    assert list(query.walk()) == list(query.dicts()) == []
    assert runner.asked == []


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Task order by name", "order_by"),
        ("Task offset 3", "offset"),
        ("select count(id) from Task group by name", "group_by"),
    ],
)
def test_a_walk_has_an_order_of_its_own(text: str, clause: str, schema: Schema) -> None:
    runner = OtherWays()
    query = Query.from_text(text, schema, runner)  # type: ignore[arg-type]  # half a runner
    with pytest.raises(QueryError, match=f"walk goes by primary keys, so the query cannot have {clause}"):
        query.walk()
    assert runner.asked == []


def test_a_query_on_a_type_is_the_query_read_from_its_name(schema: Schema) -> None:
    assert Query.on("Task", schema) == Query.from_text("Task", schema)
    with pytest.raises(UnknownEntityType, match="Did you mean 'Task'"):
        Query.on("Taks", schema)


# -- checked once, and again where it has to be -----------------------------------------------------------------------


class Counting:
    """A vocabulary that counts how often it is asked for a type, which every check of a path does."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.asked = 0

    def type(self, name: str) -> Any:
        self.asked += 1
        return self._schema.type(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schema, name)


def test_what_class_attributes_have_checked_is_not_checked_again(schema: Schema) -> None:
    vocabulary: Any = Counting(schema)
    query = Query.on("Task", vocabulary)
    name = AttributeExpression.on("Task", "name", vocabulary)
    criterion, key = (name == "x") | ~(name == "y"), name.desc()
    vocabulary.asked = 0
    query.where(criterion).select(name).order_by(key)
    assert vocabulary.asked == 0


def test_what_another_vocabulary_has_checked_is_checked_again(schema: Schema) -> None:
    ours: Any = Counting(schema)
    query = Query.on("Task", ours)
    criterion = AttributeExpression.on("Task", "name", schema) == "x"
    ours.asked = 0
    query.where(criterion)
    assert ours.asked > 0


def test_a_criterion_is_pickled_without_the_schema(schema: Schema) -> None:
    criterion = AttributeExpression.on("Task", "name", schema) == "x"
    copy = pickle.loads(pickle.dumps(criterion))
    assert copy == criterion
    assert (criterion.checked_by, copy.checked_by) == (schema, None)
