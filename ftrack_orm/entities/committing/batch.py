"""Pure: one batch of a commit on its way to the server, and the errors that say what became of it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ftrack_orm.errors import CommitOutcomeUnknown, FtrackError, RequestCancelled, RequestTimeout, TransportError
from ftrack_orm.wire.operations import Operation

from .snapshot import Snapshot


@attrs.frozen
class Batch:
    """What one request of a commit carries: what was recorded, and the operations it was turned into."""

    snapshot: Snapshot
    operations: Sequence[Operation]


def is_late(error: FtrackError | None) -> bool:
    """Whether the server may still be working on what *error* ended: then what it has now is not its last word."""
    return isinstance(error, (RequestTimeout, RequestCancelled))


def unknown_outcome(attempt: Batch, error: FtrackError | None, why: str) -> CommitOutcomeUnknown:
    """Return the error for a batch nobody knows the outcome of, and *why*; *error* is what lost its answer."""
    lost = "" if error is None else f" The answer was lost: {error}"
    return CommitOutcomeUnknown(
        f"It is not known whether the server carried out the commit of {len(attempt.operations)} operations; {why}. "
        f"The changes are kept: look before you commit again, or roll back.{lost}",
        safe_to_retry=False,
    )


def not_done(attempt: Batch, error: FtrackError) -> TransportError:
    """Return the error for a batch of which the server has nothing.

    After a time limit or a cancellation the server may still be at it, so that nothing is certain.
    """
    if is_late(error):
        return unknown_outcome(attempt, error, "it shows nothing of it so far, but may still be working on it")
    return TransportError(
        f"Nothing of the commit of {len(attempt.operations)} operations was carried out. The changes are kept, and it "
        f"is safe to commit again. {error}",
        safe_to_retry=True,
    )
