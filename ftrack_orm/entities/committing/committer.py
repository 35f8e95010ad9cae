"""State: committing the edits of one unit of work: planning, sending, finding lost outcomes, and marking as saved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.resolution import resolve_configurations
from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.journal import Journal
from ftrack_orm.errors import (
    EntityNotFound,
    FtrackError,
    IntegrityError,
    ProtocolError,
    RequestCancelled,
    ServerError,
    TransportError,
)
from ftrack_orm.wire.operations import DeleteOperation
from ftrack_orm.wire.replies import WriteReply

from . import memberships, planning
from .batches import Batch, make_batch, split_journal
from .committed_operations import ReceiptContent, SentBatch
from .conflicts import check_conflicts
from .expiring import CommitExpiry
from .finalizing import finalize
from .outcome import Outcome, cancelled_commit, determine_outcome, may_still_run, not_carried_out, unknown_outcome
from .receipt import Receipt
from .reconciling import reconcile
from .required import RequiredValues, check_required
from .server_state import read_server_state
from .snapshot import take_snapshot

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.wire.carried import CarriedOperations
    from ftrack_orm.wire.operations import Operation, ServerCall

    from .earlier_values import EarlierValues
    from .planning import Target, ValuesByTarget
    from .undo import Undo


class Committer:
    """Sends the edits of a unit of work and makes them the saved values of its entities.

    *call* sends operations. *retries* is the number of times that a batch is sent again which certainly was not carried
    out. It keeps no changes between two commits: what is unresolved is in the journal.
    """

    def __init__(self, workspace: Workspace, call: ServerCall, *, retries: int = 0) -> None:
        self._workspace = workspace
        self._call = call
        self._retries = retries
        #: The values that new entities need, by type. They follow from the schema.
        self._required: RequiredValues = {}

    def plan(self, journal: Journal) -> planning.Plan:
        """Return the operations that `commit` would send for *journal*, see `UnitOfWork.plan`."""
        with self._workspace.lock:
            snapshot = take_snapshot(journal)
        shown = planning.Changes(modifications=tuple(memberships.describe(snapshot.memberships)))
        return planning.plan(planning.join(snapshot.changes, shown))

    def commit(
        self,
        journal: Journal,
        batch_size: int | None,
        on_progress: Progress | None,
        *,
        checks_conflicts: bool,
        carried: CarriedOperations | None = None,
        undoable: bool | None = False,
    ) -> Receipt:
        """Send the edits in *journal*, see `UnitOfWork.commit`. The caller holds the commit lock of the journal.

        *carried* travel with the last request, or in one of their own if there is nothing to commit. *undoable* decides
        about the values from before the commit that its receipt needs and the session does not have.
        """
        sent: list[SentBatch] = []
        try:
            earlier = self._resolve_earlier_batches(journal, sent)
            if self._workspace.commit_rules or self._workspace.classes.has_validators:
                from .validation import validate

                validate(self._workspace, journal)
            batches = self._take_batches(journal, batch_size)
            if checks_conflicts:
                for batch in batches:
                    check_conflicts(self._workspace.schema, self._call, batch, self._bases(journal))
            values = None
            if undoable is not False:
                for batch in batches:
                    if batch.snapshot.unknown or type(batch.operations[-1]) is DeleteOperation:
                        values = self._earlier_values(batches, searches_below_all=undoable is True)
                        break
            sizes = [len(batch.operations) for batch in batches]
            done, total = 0, sum(sizes)
            for batch, size in zip(batches, sizes, strict=True):
                sent += [self._send(journal, batch, carried if batch is batches[-1] else None, values)]
                done += size
                if on_progress is not None:
                    on_progress(done, total)
            if carried is not None and not batches:
                carried.replies = list(self._call([*carried.before, *carried.after]))
            return Receipt(earlier + done, partial(self._describe, sent, values), self.undo)
        finally:
            self._tidy(journal)

    def commit_operations(self, operations: Sequence[Operation], replaced: ValuesByTarget) -> Receipt:
        """Send *operations*, which no edits stand for, in one request, and merge their replies; see `commit`.

        *replaced* are the values that they replace. Makes no request without operations.
        """
        if not operations:
            return Receipt(0, undo=self.undo)
        journal, batch = Journal(), Batch(take_snapshot(Journal()), operations, replaced)
        values = self._earlier_values([batch])
        sent = self._send(journal, batch, None, values)
        return Receipt(len(operations), partial(self._describe, [sent], values), self.undo)

    def _earlier_values(self, batches: Sequence[Batch], *, searches_below_all: bool = True) -> EarlierValues:
        """Return the values from before the commit that have to be read, after the search for them."""
        from .earlier_values import EarlierValues

        values = EarlierValues(self._workspace.schema, self._call, searches_below_all=searches_below_all)
        values.prepare(batches)
        return values

    def _describe(self, sent: Sequence[SentBatch], values: EarlierValues | None) -> ReceiptContent:
        from .receipt_content import describe_commit

        return describe_commit(self._workspace.schema, sent, values)

    def receipt_of(self, number: int, content: ReceiptContent) -> Receipt:
        """Return the receipt of an earlier commit with *content*, which this session can undo."""
        return Receipt(number, lambda: content, self.undo)

    def undo(self, receipt: Receipt) -> Undo:
        """Return the plan that takes a commit back, see `Receipt.undo`."""
        from .undo import plan_undo

        self._workspace.check_open("Nothing can be undone")
        return plan_undo(self._workspace, self._call, self.commit_operations, receipt.content)

    def _take_batches(self, journal: Journal, batch_size: int | None) -> list[Batch]:
        resolve_configurations(list(journal.created))
        with self._workspace.lock:
            check_required(journal, self._required)
            snapshots = [each for each in split_journal(journal, batch_size) if each.sent or each.deleted]
            journal.in_flight = frozenset(entity for snapshot in snapshots for entity in snapshot.created)
        batches = []
        for snapshot in snapshots:
            batch = make_batch(self._workspace.schema, self._call, snapshot)
            if batch.operations:
                batches.append(batch)
            else:
                # The server has all of it already.
                self._finalize(journal, batch, ())
        return batches

    def _send(
        self, journal: Journal, batch: Batch, carried: CarriedOperations | None, values: EarlierValues | None
    ) -> SentBatch:
        """Send one batch and finalize it; unless the server has refused it, a failed batch stays unresolved.

        The queries of *values* travel with it, unless they travelled with an earlier batch.
        """
        before, after = (carried.before, carried.after) if carried is not None else ((), ())
        attempts = 0
        while True:
            journal.unresolved = [batch]
            queries = values.queries if values is not None else ()
            is_alone = carried is None and not queries
            try:
                replies = self._call(batch.operations if is_alone else [*queries, *before, *batch.operations, *after])
            except ServerError as error:
                journal.unresolved = []
                adapted = None
                if isinstance(error, (IntegrityError, EntityNotFound)) and attempts <= self._retries:
                    adapted = reconcile(self._workspace.schema, self._call, batch)
                if adapted is not None:
                    batch = adapted
                elif values is None or not values.may_have_caused(error):
                    self._explain(error, batch)
                    raise
                else:
                    continue
            except (TransportError, ProtocolError) as error:
                if isinstance(error, TransportError) and error.safe_to_retry:
                    journal.unresolved = []
                    raise
                if isinstance(error, RequestCancelled):
                    raise cancelled_commit(batch, error) from error
                outcome, rows = self._find_outcome(journal, batch, error)
                if outcome is Outcome.DONE:
                    if values is not None:
                        values.lose()
                    self._finalize(journal, batch, rows)
                    return SentBatch(batch.operations, batch.replaced, rows)
                failure = not_carried_out(batch, error)
                if failure.safe_to_retry:
                    journal.unresolved = []
                if not failure.safe_to_retry or attempts >= self._retries:
                    raise failure from error
            else:
                if not is_alone:
                    start = len(queries) + len(before)
                    end = start + len(batch.operations)
                    if carried is not None:
                        carried.replies = [*replies[len(queries) : start], *replies[end:]]
                    if values is not None and queries:
                        values.accept(replies[: len(queries)])
                    replies = replies[start:end]
                rows = [reply.data for reply in replies if isinstance(reply, WriteReply)]
                self._finalize(journal, batch, rows)
                return SentBatch(batch.operations, batch.replaced, rows)
            attempts += 1

    def _explain(self, error: ServerError, batch: Batch) -> None:
        # Imported here, because errors are rare.
        from .refused import explain_refusal

        explain_refusal(self._workspace, error, batch)

    def _resolve_earlier_batches(self, journal: Journal, sent: list[SentBatch]) -> int:
        """Find the outcome of the unresolved batches, and return the number of operations that were done.

        The batches that were done are added to *sent*. Sending them again would fail: the server refuses to create
        an entity twice.
        """
        done = self.complete_carried_out(journal) if journal.carried_out else 0
        if journal.in_flight:
            self._tidy(journal)
        for batch in list(journal.unresolved):
            outcome, rows = self._find_outcome(journal, batch, None)
            if outcome is Outcome.DONE:
                self._finalize(journal, batch, rows)
                sent.append(SentBatch(batch.operations, batch.replaced, rows))
                done += len(batch.operations)
            journal.unresolved = [each for each in journal.unresolved if each is not batch]
            self._tidy(journal)
        return done

    def _find_outcome(
        self, journal: Journal, batch: Batch, error: FtrackError | None
    ) -> tuple[Outcome, Sequence[dict[str, Any]]]:
        """Return the outcome of a batch, with the present rows of its entities, or raise `CommitOutcomeUnknown`.

        *error* is the one that lost the response, None for the batch of an earlier commit.
        """
        schema = self._workspace.schema
        try:
            state = read_server_state(schema, self._call, batch.operations)
        except FtrackError as failure:
            reason = f"reading the entities from the server failed too: {failure}"
            raise unknown_outcome(batch, error, reason) from (error or failure)
        outcome = determine_outcome(schema, batch.operations, batch.replaced, state)
        if outcome is Outcome.UNKNOWN:
            if not may_still_run(error):
                # Another query would find no more. The next commit is the user's decision to overwrite.
                journal.unresolved = [each for each in journal.unresolved if each is not batch]
            reason = "the server has other values than the commit, done or not done, would have left"
            raise unknown_outcome(batch, error, reason) from error
        return outcome, state.rows

    def _finalize(self, journal: Journal, batch: Batch, rows: Sequence[dict[str, Any]]) -> None:
        """Make the changes of a batch that the server has carried out the saved ones.

        That the server has carried it out is noted first. Whatever is raised afterwards, the changes are marked as
        saved before this method ends, or else by the next commit or rollback.
        """
        unresolved = [each for each in journal.unresolved if each.snapshot is not batch.snapshot]
        journal.unresolved, journal.carried_out = unresolved, [*journal.carried_out, batch]
        try:
            with self._workspace.lock:
                expiry = CommitExpiry(self._workspace, batch.operations, batch.replaced)
                finalize(self._workspace, journal, batch.snapshot, rows, batch.saved)
                notices = expiry.apply()
            if notices:
                expiry.finish(notices)
            journal.carried_out = [each for each in journal.carried_out if each is not batch]
        except BaseException:
            self.complete_carried_out(journal)
            raise

    def complete_carried_out(self, journal: Journal) -> int:
        """Complete what an exception has interrupted after batches were carried out; return their operations' number.

        Their replies are gone, at least in part, so that all values are read again when they are next needed.
        """
        done = 0
        for batch in list(journal.carried_out):
            with self._workspace.lock:
                finalize(self._workspace, journal, batch.snapshot, (), batch.saved)
            self._workspace.expiry.expire_all()
            journal.carried_out = [each for each in journal.carried_out if each is not batch]
            done += len(batch.operations)
        return done

    def _tidy(self, journal: Journal) -> None:
        """Drop the data of a commit under way: at its end, and before the next one in case that was interrupted."""
        with self._workspace.lock:
            in_flight = frozenset([entity for batch in journal.unresolved for entity in batch.snapshot.created])
            # Entities that were deleted during the commit that was to create them and has not.
            for entity in [entity for entity in journal.created if entity in journal.deleted]:
                if entity not in in_flight:
                    changes.discard_new(entity)
            journal.in_flight = in_flight
            if not journal:
                journal.reordered.clear()

    def _bases(self, journal: Journal) -> ValuesByTarget:
        """Return the values before the changes that were loaded from a file, of all entities and attributes."""
        bases: dict[Target, dict[str, Any]] = {}
        with self._workspace.lock:
            for by_attribute in journal.bases.values():
                for by_target in by_attribute.values():
                    for target, values in by_target.items():
                        bases.setdefault(target, {}).update(values)
        return bases
