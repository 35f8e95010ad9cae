from __future__ import annotations

import pickle
from typing import Any

from ftrack_orm.query.expressions.attributes import attr


def test_elements_are_equal_when_their_nodes_and_roots_are(task: Any) -> None:
    assert attr("name").desc() == attr("name").desc() != attr("name").asc()
    assert attr("bid").sum() == attr("bid").sum() != attr("bid").avg()
    assert task.name.desc() != attr("name").desc()
    assert len({task.bid.sum(), task.bid.sum(), task.bid.max()}) == 2


def test_elements_without_a_schema_are_pickled() -> None:
    for element in (attr("name").desc(), attr("bid").sum()):
        assert pickle.loads(pickle.dumps(element)) == element
