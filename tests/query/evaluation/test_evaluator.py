from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute
from ftrack_orm.query.evaluation.evaluator import evaluate, selected_values
from ftrack_orm.query.language.nodes import Select
from ftrack_orm.query.language.parser import parse, parse_criterion
from ftrack_orm.schema.model import Schema

from .entities import matches, task

ROWS: list[dict[str, Any]] = [
    {"__entity_type__": "Shot", "id": "1", "name": "b", "bid": 2, "status": None},
    {"__entity_type__": "Task", "id": "2", "name": "A", "bid": None, "status": {"id": "s", "name": "Done"}},
    {"__entity_type__": "Project", "id": "3", "name": "c"},
    {"__entity_type__": "Task", "id": "4", "name": "a", "bid": 1, "status": {"id": "s", "name": "done"}},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Context", "1234"),
        ("TypedContext", "124"),
        ("Task where bid is none", "2"),
        ("Context order by name", "2413"),
        ("Context order by name desc", "3124"),
        ("TypedContext order by bid", "241"),
        ("TypedContext order by status.name desc, bid desc", "421"),
        ("TypedContext order by name limit 2", "24"),
        ("TypedContext order by name offset 2 limit 5", "1"),
        ("TypedContext limit 0", ""),
    ],
)
def test_a_query_selects_filters_sorts_and_limits(text: str, expected: str, schema: Schema) -> None:
    assert "".join(row["id"] for row in evaluate(parse(text), ROWS, schema)) == expected


def test_groups_are_refused(schema: Schema) -> None:
    with pytest.raises(QueryError, match="group by"):
        evaluate(parse("select count(id) from Task group by name"), ROWS, schema)


def test_a_subquery_needs_a_function_that_resolves_it(schema: Schema) -> None:
    criterion = parse_criterion("name in (select name from Task where bid is 1)")
    with pytest.raises(QueryError, match="resolve_subquery"):
        matches(criterion, ROWS[1], schema)

    def resolve(select: Select) -> list[Any]:
        return selected_values(select, ROWS, schema)

    results = evaluate(Select("Task", criterion=criterion), ROWS, schema, resolve_subquery=resolve)
    assert [row["id"] for row in results] == ["2", "4"]


def test_unknown_names_are_refused_before_anything_is_read(schema: Schema) -> None:
    with pytest.raises(UnknownAttribute, match="Did you mean 'name'"):
        matches("nane is none", task(), schema)


@pytest.mark.parametrize("text", ["Task", "select name, bid from Task", "select count(id) from Task group by id"])
def test_selected_values_are_those_of_exactly_one_attribute(text: str, schema: Schema) -> None:
    with pytest.raises(QueryError, match="must select exactly one attribute"):
        selected_values(parse(text), ROWS, schema)
    assert selected_values(parse("select status from Task"), ROWS, schema) == ["s", "s"]
