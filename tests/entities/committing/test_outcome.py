"""The outcome of a batch follows from the present values of its entities."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.committing.batches import Batch
from ftrack_orm.entities.committing.outcome import Outcome, determine_outcome, not_carried_out
from ftrack_orm.entities.committing.planning import Changes
from ftrack_orm.entities.committing.server_state import ServerState
from ftrack_orm.entities.committing.snapshot import CommitSnapshot
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, UpdateOperation


def _present(**values: Any) -> ServerState:
    return ServerState({("Task", ("1",)): {"id": "1", **values}}, [])


NOTHING = ServerState({}, [])


@pytest.mark.parametrize(
    ("operations", "before", "state", "outcome"),
    [
        ([CreateOperation("Task", {"id": "1", "name": "a"})], {}, _present(name="changed since"), Outcome.DONE),
        ([CreateOperation("Task", {"id": "1"}), CreateOperation("Task", {"id": "2"})], {}, _present(), Outcome.DONE),
        (
            [CreateOperation("Task", {"id": "1"}), UpdateOperation("Task", ("2",), {"name": "b"})],
            {},
            NOTHING,
            Outcome.NOT_DONE,
        ),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, _present(name="b"), Outcome.DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, _present(name="a"), Outcome.NOT_DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, _present(name="c"), Outcome.UNKNOWN),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": NOT_LOADED}, _present(name="c"), Outcome.NOT_DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": NOT_LOADED}, _present(name="b"), Outcome.DONE),
        ([UpdateOperation("Task", ("1",), {"name": "b"})], {"name": "a"}, NOTHING, Outcome.UNKNOWN),
        (
            [UpdateOperation("Task", ("1",), {"name": "b", "bid": 2})],
            {"name": "a", "bid": 1},
            _present(name="b", bid=1),
            Outcome.UNKNOWN,
        ),
        ([DeleteOperation("Task", ("1",))], {}, _present(), Outcome.NOT_DONE),
        ([DeleteOperation("Task", ("1",))], {}, NOTHING, Outcome.DONE),
        # A custom attribute that was never set has no row.
        ([UpdateOperation("ContextCustomAttributeValue", ("1", "2"), {"value": 5})], {}, NOTHING, Outcome.NOT_DONE),
        (
            [UpdateOperation("Task", ("1",), {"name": "b"}), DeleteOperation("Shot", ("2",))],
            {"name": "a"},
            NOTHING,
            Outcome.UNKNOWN,
        ),
    ],
)
def test_the_outcome_follows_from_the_present_values(
    session: Session, operations: list[Operation], before: dict[str, Any], state: ServerState, outcome: Outcome
) -> None:
    assert determine_outcome(session.schema, operations, {("Task", ("1",)): before}, state) is outcome


def test_a_batch_that_was_not_carried_out_may_be_committed_again_unless_the_server_may_still_run() -> None:
    batch = Batch(CommitSnapshot(Changes(), (), (), (), {}, {}, {}), [DeleteOperation("Task", ("1",))])
    assert not_carried_out(
        batch, errors.TransportError("The connection was closed.", safe_to_retry=False)
    ).safe_to_retry
    for error in (errors.RequestTimeout("Too slow."), errors.RequestCancelled("Cancelled.")):
        failure = not_carried_out(batch, error)
        assert isinstance(failure, errors.CommitOutcomeUnknown)
        assert not failure.safe_to_retry
