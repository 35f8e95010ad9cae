from __future__ import annotations

import pickle
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.expressions.attributes import attr


def test_elements_are_equal_when_their_nodes_and_roots_are(task: Any) -> None:
    assert attr("name").desc() == attr("name").desc() != attr("name").asc()
    assert task.name.desc() != attr("name").desc()


def test_comparisons_of_aggregates_are_conditions_on_groups(task: Any) -> None:
    assert str(attr("bid").sum() > 3) == "sum(bid) > 3"
    assert repr((task.id.count() == 3) | (task.bid.max() != 2)) == "<condition count(id) is 3 or max(bid) is_not 2>"
    assert (task.bid.sum() > 3) == (task.bid.sum() > 3) != (task.bid.avg() > 3)
    for values in ([task.name], [task.metadata["b"]], [task.bid.sum()]):
        with pytest.raises(QueryError, match="ftrack compares attributes with values only"):
            task.metadata["a"].in_(values)
    with pytest.raises(QueryError, match="ftrack compares attributes with values only"):
        task.metadata["a"] == task.metadata["b"]  # noqa: B015
    with pytest.raises(QueryError, match=r"sum\(bid\) cannot be compared with <aggregate avg\(bid\)>"):
        task.bid.sum() > task.bid.avg()  # noqa: B015
    with pytest.raises(QueryError, match=r"<aggregate sum\(bid\)> has no truth value"):
        bool(task.bid.sum())
    with pytest.raises(QueryError, match="and_ takes criteria such as"):
        (task.bid.sum() > 3) & 4


def test_elements_without_a_schema_are_pickled() -> None:
    for element in (attr("name").desc(), attr("bid").sum() > 3):
        assert pickle.loads(pickle.dumps(element)) == element
    assert pickle.loads(pickle.dumps(attr("bid").sum())).node == attr("bid").sum().node
