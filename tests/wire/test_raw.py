"""Operations as users write them, made ready to be sent as they are."""

import pytest

from ftrack_orm import errors
from ftrack_orm.wire.operations import DeleteOperation, QueryOperation, RawOperation
from ftrack_orm.wire.raw import raw_operations


def test_objects_go_as_they_are_and_values_as_their_objects():
    mine = {"action": "studio_own", "reason": "because"}
    assert raw_operations([mine, QueryOperation("Task"), DeleteOperation("Task", ("x",))]) == [
        RawOperation(mine),
        RawOperation({"action": "query", "expression": "Task"}),
        RawOperation({"action": "delete", "entity_type": "Task", "entity_key": ["x"]}),
    ]


def test_any_iterable_will_do():
    assert raw_operations(iter([QueryOperation("Task")])) == [RawOperation({"action": "query", "expression": "Task"})]
    assert raw_operations(()) == []


@pytest.mark.parametrize("single", [{"action": "query"}, QueryOperation("Task"), "Task", 7, None])
def test_one_operation_is_no_list(single):
    with pytest.raises(errors.UsageError, match="takes a list of operations"):
        raw_operations(single)


@pytest.mark.parametrize("wrong", ["Task where name is x", 7, None, ["query"]])
def test_what_is_no_operation_is_refused(wrong):
    with pytest.raises(errors.UsageError, match="An operation is a mapping with an 'action'"):
        raw_operations([QueryOperation("Task"), wrong])
