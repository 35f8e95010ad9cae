from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import NotFetched, QueryError
from ftrack_orm.query.evaluation.access import read_loaded
from ftrack_orm.query.evaluation.predicates import CriterionCompiler
from ftrack_orm.query.evaluation.reader import ValueReader
from ftrack_orm.query.language.nodes import Comparison, Not, Operator, Ordering, Path
from ftrack_orm.schema.model import Schema

from .entities import Loaded, matches, task

# -- relations ----------------------------------------------------------------------------------------------------

FAMILY = task(
    status={"__entity_type__": "Status", "id": "done", "name": "Done"},
    parent={"__entity_type__": "Shot", "id": "sh", "name": "sh010", "bid": 3},
    children=[
        {"__entity_type__": "Shot", "id": "a", "name": "one", "bid": 1},
        {"__entity_type__": "Project", "id": "b", "name": "two"},
    ],
    metadata=[{"key": "kind", "value": "hero"}],
    assignments=[],
)


@pytest.mark.parametrize(
    "text",
    [
        'status is "done" and status.name is "done"',
        "status has () and not assignments any ()",
        'not assignments.resource.username is "x"',
        "parent[Shot] has (bid is 3) and not parent[Project] has () and parent[Project].name is none",
        "parent[Shot].bid is 3 and parent.bid is 3",
        'children.name is "one" and children.name is "two"',
        'not children any (name is "one" and name is "two")',
        'children[Project].name is "two" and not children[Project].name is "one"',
        "children.bid is none and children.bid is 1",
        'metadata any (key is "kind" and value is "HERO")',
    ],
)
def test_relations_are_followed_as_by_a_server(text: str, schema: Schema) -> None:
    assert matches(text, FAMILY, schema)


def test_an_attribute_of_another_subtype_is_a_missing_value(schema: Schema) -> None:
    """The `status` of a project is text, while the `status` of the children that the path resolves to is a Status."""
    child = {"__entity_type__": "Project", "id": "p", "status": "active"}
    assert matches("children.status is none", task(children=[child]), schema)


def test_operands_after_the_decisive_one_are_not_read(schema: Schema) -> None:
    entity = Loaded("Task", "t1", name="comp")
    assert not matches('name is "x" and bid > 1', entity, schema)
    assert matches('name is "comp" or bid > 1', entity, schema)


def test_a_path_and_its_sort_key_are_compiled(schema: Schema) -> None:
    compiler = CriterionCompiler(ValueReader(schema, read_loaded, is_lenient=False), None)
    assert compiler.compile_path(Path.of("parent", "name"), "Task")(FAMILY) == "sh010"
    assert compiler.compile_path(Path.of("status"), "Task")(FAMILY) == "done"
    key = compiler.compile_sort_key(Ordering(Path.of("status", "name")), "Task")
    assert key(FAMILY) == key(task(status={"__entity_type__": "Status", "id": "x", "name": "DONE"}))
    with pytest.raises(QueryError, match="over the collection children, so it has no single value"):
        compiler.compile_path(Path.of("children", "name"), "Task")(FAMILY)


# -- events: mappings without a schema ------------------------------------------------------------------------------

EVENT = {
    "topic": "ftrack.update",
    "source": {"user": {"username": "jane", "id": "u1"}},
    "data": {"entities": [{"action": "add", "keys": ["name"]}, {"action": "update", "keys": None}], "count": 2},
}


@pytest.mark.parametrize(
    "text",
    [
        "topic=ftrack.update and source.user.username=Jane",
        "data.count > 1 and data.count is '2'",
        'data.entities any (action is "add") and data.entities.action is "update"',
        'data.entities.keys is "name"',
        "not (nothing is none)",
        "not (topic.deeper is 'x') and not (nothing.deeper is 'x') and not nothing has ()",
    ],
)
def test_a_missing_key_of_a_mapping_makes_a_lenient_condition_false(text: str) -> None:
    assert matches(text, EVENT, missing="false")


def test_a_missing_key_is_otherwise_an_error() -> None:
    with pytest.raises(NotFetched):
        matches("source.host is x", EVENT)


def test_a_criterion_deeper_than_pythons_stack_is_refused() -> None:
    criterion: Any = Comparison(Path.of("name"), Operator.IS, "x")
    for _ in range(100_000):
        criterion = Not(criterion)
    with pytest.raises(QueryError, match="nested too deeply"):
        matches(criterion, {"name": "x"})
