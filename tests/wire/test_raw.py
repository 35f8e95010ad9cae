"""Operations as users give them to `session.call`."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import errors
from ftrack_orm.wire.operations import DeleteOperation, QueryOperation, RawOperation
from ftrack_orm.wire.raw import raw_operations


def test_json_objects_stay_as_they_are_and_values_become_json_objects() -> None:
    custom = {"action": "studio_own", "reason": "because"}
    assert raw_operations([custom, QueryOperation("Task"), DeleteOperation("Task", ("x",))]) == [
        RawOperation(custom),
        RawOperation({"action": "query", "expression": "Task"}),
        RawOperation({"action": "delete", "entity_type": "Task", "entity_key": ["x"]}),
    ]


def test_any_iterable_is_accepted() -> None:
    assert raw_operations(iter([QueryOperation("Task")])) == [RawOperation({"action": "query", "expression": "Task"})]
    assert raw_operations(()) == []


@pytest.mark.parametrize("single", [{"action": "query"}, QueryOperation("Task"), "Task", 7, None])
def test_a_single_operation_is_refused(single: Any) -> None:
    with pytest.raises(errors.UsageError, match="takes a list of operations"):
        raw_operations(single)


@pytest.mark.parametrize("wrong", ["Task where name is x", 7, None, ["query"]])
def test_an_element_that_is_not_an_operation_is_refused(wrong: Any) -> None:
    with pytest.raises(errors.UsageError, match="An operation is a mapping with an 'action'"):
        raw_operations([QueryOperation("Task"), wrong])
