from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.expressions.attributes import attr


def test_a_comparison_of_a_key_is_an_any_criterion(task: Any) -> None:
    start = task.custom_attributes["fstart"]
    assert str(task.metadata["k"] == "v") == 'metadata any (key is "k" and value is "v")'
    assert str(start > 1001) == 'custom_attributes any (key is "fstart" and value > 1001)'
    assert str(start.in_([1, 2])) == 'custom_attributes any (key is "fstart" and value in (1, 2))'
    assert str(task.metadata["k"].startswith("v")) == 'metadata any (key is "k" and value like "v%")'
    assert str(task.parent["Shot"].metadata["k"].is_(None)) == (
        'parent[Shot].metadata any (key is "k" and value is none)'
    )
    assert str(attr("metadata")["k"] == "v") == 'metadata any (key is "k" and value is "v")'
    assert repr(start) == "<attribute Task.custom_attributes['fstart']>"


def test_values_of_a_key_are_checked(task: Any) -> None:
    with pytest.raises(QueryError, match=r"Metadata\.value is compared with text, not with 3"):
        task.metadata["k"] == 3  # noqa: B015  # the comparison is tested
    with pytest.raises(QueryError, match="needs several values"):
        task.metadata["k"].in_("v")
