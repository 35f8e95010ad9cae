"""The embedded server and the evaluator return the same results, in the same order, for thousands of queries."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.evaluation.evaluator import evaluate, selected_values
from ftrack_orm.query.language.compiler import compile_pretty, compile_select
from ftrack_orm.query.language.nodes import (
    And,
    Comparison,
    Membership,
    Not,
    Operator,
    Or,
    Quantifier,
    Related,
    Select,
    Step,
)
from ftrack_orm.query.language.parser import parse
from tests.property_settings import examples

#: The queries are split over seeds so that several processes can share the work.
SEEDS = range(24)
QUERIES_PER_SEED = examples(12, 220)


def evaluated(studio: SimpleNamespace, select: Select) -> list[tuple[Any, ...]]:
    """Return the primary keys that the evaluator finds among the objects of the production."""
    production, schema = studio.production, studio.schema

    def resolve(subquery: Select) -> list[Any]:
        candidates = production.candidates(subquery.entity_type)
        return selected_values(subquery, candidates, schema, resolve_subquery=resolve)

    results = evaluate(select, production.candidates(select.entity_type), schema, resolve_subquery=resolve)
    key = schema.type(select.entity_type).primary_key
    return [tuple(entity[name] for name in key) for entity in results]


@pytest.mark.no_cover  # as other property tests
@pytest.mark.parametrize("seed", SEEDS)
def test_server_and_evaluator_find_the_same_entities_in_the_same_order(studio: SimpleNamespace, seed: int) -> None:
    queries = studio.queries(seed)
    for number in range(QUERIES_PER_SEED):
        select = parse(compile_select(queries.select()))
        results, expected = studio.run(select), evaluated(studio, select)
        assert results == expected, f"query {number} of seed {seed}:\n{compile_pretty(select)}"


def parts(node: Any) -> Iterator[Any]:
    """Yield a node of a query and everything below it."""
    yield node
    children = attrs.asdict(node, recurse=False).values() if attrs.has(type(node)) else node
    for child in children if isinstance(node, tuple) or attrs.has(type(node)) else ():
        yield from parts(child)


def test_the_generated_queries_use_the_whole_language_and_many_find_some_entities_but_not_all(
    studio: SimpleNamespace,
) -> None:
    queries = studio.queries(0)
    selects = [queries.select() for _ in range(400)]
    nodes = [part for select in selects for part in parts(select)]
    assert {part for part in nodes if isinstance(part, (Operator, Quantifier))} == {*Operator, *Quantifier}
    assert {type(part) for part in nodes} >= {And, Or, Not, Comparison, Membership, Related, Select}
    assert any(isinstance(part, Step) and part.cast for part in nodes)
    assert any(isinstance(part, Membership) and isinstance(part.values, Select) for part in nodes)
    counts = [
        (
            len(evaluated(studio, attrs.evolve(select, offset=None, limit=None))),
            len(evaluated(studio, Select(select.entity_type))),
        )
        for select in selects
    ]
    assert sum(0 < matching < total for matching, total in counts) > 100


@pytest.mark.parametrize(
    "text",
    [
        "Status where is_active > true",
        "Status where is_active is 7",
        "AssetVersion where version is nan",
        "AssetVersion where version in (1, inf)",
        "Task where bid > many",
        'Task where end_date > "0001-01-01T00:00:00+05:00"',
        "Task where name < none",
        "Task where children is none",
    ],
)
def test_server_and_evaluator_refuse_invalid_comparisons(studio: SimpleNamespace, text: str) -> None:
    select = parse(text)
    with pytest.raises(QueryError):
        studio.run(select)
    with pytest.raises(QueryError):
        evaluated(studio, select)


@pytest.mark.parametrize(
    "text",
    [
        f"AssetVersion where version < {10**30}",
        f"Task where bid in ({-(10**30)}, 5)",
        "ContextCustomAttributeValue where value like true",
        'ContextCustomAttributeValue where value is "nan"',
        "Task where bid like '2%' or sort like '%.5'",
        "AssetVersion where version like '1%' and is_published like 1",
        'Task where end_date like "2024-05%"',
    ],
)
def test_server_and_evaluator_agree_at_the_edges(studio: SimpleNamespace, text: str) -> None:
    select = parse(text)
    assert studio.run(select) == evaluated(studio, select)
