"""The depth of JSON values."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.schema.json_depth import MAX_DEPTH, is_too_deep


def nested(levels: int, kind: type) -> Any:
    value: Any = kind()
    for _ in range(levels - 1):
        value = {"a": value, "b": 1} if kind is dict else [1, value]
    return value


@pytest.mark.parametrize("kind", [dict, list])
def test_the_limit_is_the_last_accepted_level(kind: type) -> None:
    assert not is_too_deep([nested(MAX_DEPTH, kind)])
    assert is_too_deep([nested(MAX_DEPTH + 1, kind)])


def test_the_deepest_of_several_values_counts_and_none_exceeds_the_stack() -> None:
    assert is_too_deep([{}, nested(100_000, list), []])
    assert not is_too_deep([])
    assert not is_too_deep([{"a": list(range(1000))}] * 100)
