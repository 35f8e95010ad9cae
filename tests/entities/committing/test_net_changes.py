"""The change of each entity that the operations of a commit make together."""

from __future__ import annotations

import pytest

from ftrack_orm import Reference, Session, errors
from ftrack_orm.entities.committing.committed_operations import CommittedOperation, ReceiptContent
from ftrack_orm.entities.committing.net_changes import net_changes, undone_list
from ftrack_orm.schema.model import Schema


@pytest.fixture
def schema(session: Session) -> Schema:
    return session.schema


def content(*operations: CommittedOperation) -> ReceiptContent:
    return ReceiptContent(operations)


def test_several_operations_on_an_entity_are_one_change(schema: Schema) -> None:
    nets = net_changes(
        schema,
        content(
            CommittedOperation("update", "Task", ("t",), {"bid": 1}, {"bid": 2}),
            CommittedOperation("update", "Task", ("t",), {"bid": 2, "name": "a"}, {"bid": 3, "name": "b"}),
        ),
    )
    (net,) = nets.values()
    assert (net.before, net.after) == ({"bid": 1, "name": "a"}, {"bid": 3, "name": "b"})


def test_an_entity_that_was_created_and_deleted_has_not_changed(schema: Schema) -> None:
    created = CommittedOperation("create", "Task", ("t",), None, {"name": "a"})
    assert not net_changes(schema, content(created, CommittedOperation("delete", "Task", ("t",), {"name": "a"})))


def test_a_deleted_entity_has_all_values_from_before(schema: Schema) -> None:
    nets = net_changes(
        schema,
        content(
            CommittedOperation("update", "Task", ("t",), {"bid": 1}, {"bid": 2}),
            CommittedOperation("delete", "Task", ("t",), {"bid": 1, "name": "a"}),
        ),
    )
    (net,) = nets.values()
    assert (net.before, net.after) == ({"bid": 1, "name": "a"}, None)


def test_the_views_of_a_custom_attribute_value_are_one_row(schema: Schema) -> None:
    nets = net_changes(
        schema,
        content(
            CommittedOperation("update", "ContextCustomAttributeValue", ("c", "t"), {"value": 1}, {"value": 2}),
            CommittedOperation("update", "CustomAttributeValue", ("c", "t"), {"value": 2}, {"value": 3}),
        ),
    )
    (net,) = nets.values()
    assert (net.before, net.after) == ({"value": 1}, {"value": 3})


def test_unknown_names_are_refused(schema: Schema) -> None:
    with pytest.raises(errors.UnknownAttribute, match="bidd"):
        net_changes(schema, content(CommittedOperation("update", "Task", ("t",), {"bidd": 1}, {"bidd": 2})))


def members(*ids: str) -> list[Reference]:
    return [Reference("Scope", (("id", each),)) for each in ids]


def test_the_members_of_others_stay_when_members_are_taken_back() -> None:
    assert undone_list(members("a", "b"), members("b", "c"), members("b", "c", "d")) == members("b", "d", "a")
    assert undone_list(members("a"), members(), members("a")) == members("a")
    assert undone_list("a", members(), members()) is None
