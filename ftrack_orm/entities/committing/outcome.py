"""Pure: determining the outcome of a batch whose response was lost, from the values that the server has now."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import CommitOutcomeUnknown, FtrackError, RequestCancelled, RequestTimeout, TransportError
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, UpdateOperation

from .server_state import ServerState, is_same_value, target_of

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .batches import Batch
    from .planning import ValuesByTarget


class Outcome(enum.Enum):
    """The outcome of a batch, or the outcome that a single value on the server is evidence for."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"  # neither explains the present values: another user has changed the same entities


def determine_outcome(
    schema: Schema, operations: Sequence[Operation], replaced: ValuesByTarget, state: ServerState
) -> Outcome:
    """Return the outcome of *operations*, sent as one batch, given the values they *replaced* and the present *state*.

    The server carries out a batch completely or not at all. This library generates the ids of new entities, so that no
    other client can have created them: if one of them exists the batch was carried out, otherwise it was not. Without
    creates, the updated and deleted entities are the evidence, which changes by others can make contradictory.
    """
    creates = [
        operation
        for operation in operations
        if isinstance(operation, CreateOperation) and len(schema.type(operation.entity_type).primary_key) == 1
    ]
    if creates:
        exists = any(target_of(schema, create) in state.values for create in creates)
        return Outcome.DONE if exists else Outcome.NOT_DONE
    evidence = {each for operation in operations for each in _evidence(schema, operation, replaced, state)}
    if Outcome.UNKNOWN in evidence or {Outcome.DONE, Outcome.NOT_DONE} <= evidence:
        return Outcome.UNKNOWN
    return Outcome.NOT_DONE if Outcome.NOT_DONE in evidence else Outcome.DONE


def _evidence(schema: Schema, operation: Operation, replaced: ValuesByTarget, state: ServerState) -> Iterable[Outcome]:
    """Yield the outcomes that the present values of one operation's target are evidence for."""
    if not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
        return
    target = target_of(schema, operation)
    present = state.values.get(target)
    if isinstance(operation, DeleteOperation):
        yield Outcome.DONE if present is None else Outcome.NOT_DONE
    elif present is None:
        # A custom attribute that was never set may have no row, and setting it creates the row (PROTOCOL 6).
        is_unset = CONFIGURATION_ID in schema.type(operation.entity_type).primary_key
        yield Outcome.NOT_DONE if isinstance(operation, CreateOperation) or is_unset else Outcome.UNKNOWN
    else:
        before = replaced.get(target, {})
        for name, sent in operation.data.items():
            earlier = before.get(name, NOT_LOADED)
            if is_same_value(sent, present.get(name)):
                # This is evidence only if the value was another one before.
                if earlier is not NOT_LOADED and not _is_equal(earlier, sent):
                    yield Outcome.DONE
            elif isinstance(operation, CreateOperation) or (
                earlier is not NOT_LOADED and not is_same_value(earlier, present.get(name))
            ):
                yield Outcome.UNKNOWN
            else:
                yield Outcome.NOT_DONE


def _is_equal(earlier: Any, sent: Any) -> bool:
    if isinstance(earlier, list) and isinstance(sent, list):
        return len(earlier) == len(sent) and all(item in sent for item in earlier)
    return bool(earlier == sent)


# -- errors ------------------------------------------------------------------------------------------------------------


def may_still_run(error: FtrackError | None) -> bool:
    """Whether the server may still be working on a request that ended with *error*, so that its state is not final."""
    return isinstance(error, (RequestTimeout, RequestCancelled))


def unknown_outcome(batch: Batch, error: FtrackError | None, reason: str) -> CommitOutcomeUnknown:
    """Return the error for a batch whose outcome is unknown for *reason*; *error* is the one that lost the response."""
    lost = "" if error is None else f" The response was lost: {error}"
    return CommitOutcomeUnknown(
        f"It is not known whether the server carried out the commit of {len(batch.operations)} operations; {reason}. "
        f"The changes are kept: check the server before you commit again, or roll back.{lost}",
        safe_to_retry=False,
    )


def cancelled_commit(batch: Batch, error: RequestCancelled) -> RequestCancelled:
    """Return the error for a batch whose request was cancelled while the server may have worked on it.

    The server is not asked for the outcome: the caller has cancelled to go on at once.
    """
    return RequestCancelled(
        f"The commit of {len(batch.operations)} operations was cancelled while it was in progress. The changes are "
        "kept. The next commit first finds out whether the server has carried it out.",
        **{**error.details, "safe_to_retry": False},
    )


def not_carried_out(batch: Batch, error: FtrackError) -> TransportError:
    """Return the error for a batch that the server has not carried out.

    After a timeout or a cancellation the server may still carry it out, so that the outcome is unknown.
    """
    if may_still_run(error):
        return unknown_outcome(batch, error, "the server has not done so yet, but may still be working on it")
    return TransportError(
        f"Nothing of the commit of {len(batch.operations)} operations was carried out. The changes are kept, and it "
        f"is safe to commit again. {error}",
        safe_to_retry=True,
    )
