from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.query.expressions.clauses import (
    as_ordering,
    as_projection,
    as_projections,
    build_ordering,
    build_projection,
)
from ftrack_orm.query.language.nodes import Aggregate, Function, Ordering, Path
from ftrack_orm.schema.model import Schema


def test_attributes_have_orderings_and_aggregates(task: Any) -> None:
    assert task.end_date.desc().node == Ordering(Path.of("end_date"), descending=True)
    assert as_ordering(task.name).node == as_ordering(task.name.asc()).node == Ordering(Path.of("name"))
    aggregates = [task.bid.count(), task.bid.sum(), task.bid.avg(), task.bid.min(), task.bid.max()]
    assert [as_projection(aggregate)[0] for aggregate in aggregates] == [
        Aggregate(function, Path.of("bid")) for function in Function
    ]
    assert as_projection(task.parent.name) == (Path.of("parent", "name"), frozenset({"Task"}))


def test_orderings_and_aggregates_are_checked_at_once(task: Any) -> None:
    with pytest.raises(QueryError, match="has many values for each entity"):
        task.children.name.desc()
    with pytest.raises(QueryError, match="sum needs one"):
        task.name.sum()


def test_other_values_cannot_be_selected_or_ordered_by(task: Any) -> None:
    with pytest.raises(QueryError, match="Select the whole collection"):
        as_projection(task.metadata["k"])
    with pytest.raises(QueryError, match="can be selected, not 3"):
        as_projection(3)
    with pytest.raises(QueryError, match="ordered by attributes"):
        as_ordering(task.name == "x")


def test_projections_are_attributes_or_texts_of_several(task: Any) -> None:
    assert as_projections(["name, parent.name", task.bid]) == [
        Path.of("name"),
        Path.of("parent", "name"),
        Path.of("bid"),
    ]


def test_projections_and_orderings_are_checked_for_the_type_of_the_query(schema: Schema, task: Any, shot: Any) -> None:
    assert build_projection(attr("name"), "Task", schema) == build_projection(task.name, "Task", schema)
    assert build_ordering(attr("name"), "Task", schema) == build_ordering(task.name, "Task", schema)
    for build in (build_projection, build_ordering):
        with pytest.raises(UnknownAttribute, match="Did you mean 'name'"):
            build(attr("nam"), "Task", schema)
        with pytest.raises(QueryError, match="An expression on Shot was given for Task"):
            build(shot.name, "Task", schema)
