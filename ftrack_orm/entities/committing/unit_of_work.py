"""State: the unit of work: recording creations and deletions, committing recorded changes, rolling them back."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.resolution import resolve_configurations
from ftrack_orm.entities.editing.back_population import add_to_loaded_collections
from ftrack_orm.entities.editing.creation import Defaults, new_primary_key, set_initial_values
from ftrack_orm.entities.editing.reverting import edited_in_place, restore, revert
from ftrack_orm.entities.entity import Entity, EntityState, Lifecycle, new_entity
from ftrack_orm.errors import (
    EntityDeleted,
    FtrackError,
    InvalidValue,
    ProtocolError,
    ServerError,
    TransportError,
    UsageError,
)
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.wire.replies import WriteReply

from . import planning
from .batches import Batch, make_batches
from .conflicts import check_conflicts
from .finalizing import finalize
from .outcome import Outcome, determine_outcome, may_still_run, not_carried_out, unknown_outcome
from .server_state import read_server_state
from .snapshot import Only, Snapshot, take_snapshot

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.wire.operations import ServerCall

    from .planning import Target, ValuesByTarget

_PLURAL_KINDS = (Kind.COLLECTION, Kind.MAPPING)


class UnitOfWork:
    """Records changes of a workspace and sends them in one request; *call* sends operations.

    *commit_lock* serialises commits and rollbacks. It may be any context manager that is re-entrant for the flow that
    holds it, such as one of an asynchronous framework; the default is a lock for threads.
    """

    def __init__(
        self, workspace: Workspace, call: ServerCall, commit_lock: AbstractContextManager[Any] | None = None
    ) -> None:
        self._workspace = workspace
        self._call = call
        self._defaults = Defaults()
        #: Held by the flow that commits or rolls back, and by callers that must keep others from doing so.
        self.commit_lock = threading.RLock() if commit_lock is None else commit_lock
        self._is_committing = False
        # New entities that the server may have created already.
        self._in_flight: frozenset[Entity] = frozenset()
        # The batch that was sent last, as long as its outcome is not known.
        self._unresolved: Batch | None = None

    # -- recording -----------------------------------------------------------------------------------------------------

    def create(self, entity_type: str, data: Mapping[str, Any]) -> Entity:
        """Return a new entity, which the next commit will create on the server.

        Its id is generated here, so that other new entities can refer to it at once. Other defaults are those of the
        schema. Raises `UnknownEntityType`, `UnknownAttribute`, `InvalidValue` or `ReadOnlyAttribute` before anything is
        recorded.
        """
        self._workspace.check_open(f"{entity_type} cannot be created")
        cls = self._workspace.classes[entity_type]
        schema = cls.__schema__
        plural = [name for name in data if schema.attribute(name).kind in _PLURAL_KINDS]
        values = {**self._defaults.of(schema, data), **data}
        key = new_primary_key(schema, values)
        # Until the end the entity is not part of the workspace, so that a refused creation leaves no trace.
        entity = new_entity(cls, EntityState(self._workspace, key, Lifecycle.PENDING))
        set_initial_values(entity, {name: values[name] for name in values if name not in plural} if plural else values)
        # Mapped collections last: the parent of the entity decides which custom attributes it has.
        for name in sorted(plural, key=lambda name: schema.attributes[name].kind is Kind.MAPPING):
            cls.__attributes__[name].set(entity, data[name])
        with self._workspace.lock:
            if self._workspace.identities.get(schema.family, key) is not None:
                raise UsageError(f"The session has a {schema.family} with the key {'/'.join(key)} already.")
            self._workspace.identities.add(schema.family, key, entity)
            self._workspace.journal.created[entity] = None
            add_to_loaded_collections(entity)
        return entity

    def delete(self, entity: Entity) -> None:
        """Record the deletion of *entity*; a new entity that was not sent yet is discarded."""
        state = entity._ftrack_state
        self._workspace.check_open(f"{entity!r} cannot be deleted")
        if state.workspace is not self._workspace:
            raise UsageError(f"{entity!r} belongs to another session.")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{entity!r} is deleted already.")
        with self._workspace.lock:
            if state.lifecycle is Lifecycle.PENDING and entity not in self._in_flight:
                self._discard_new(entity)
            elif state.lifecycle is not Lifecycle.TRANSIENT:
                self._workspace.journal.deleted[entity] = None

    def revert(self, entity: Entity, names: Sequence[str]) -> None:
        """Discard the changes of the attributes *names* of *entity*, or all of them; discard a new entity.

        Raises `UnknownAttribute`, and `UsageError` for anything but an entity of this session.
        """
        if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not self._workspace:
            raise UsageError(f"An entity of this session is needed, not {entity!r:.200}.")
        if names or entity not in self._workspace.journal.created:
            revert(entity, names)
        else:
            self.delete(entity)

    def _discard_new(self, entity: Entity) -> None:
        state = entity._ftrack_state
        state.lifecycle = Lifecycle.TRANSIENT
        self._workspace.removals += 1
        self._workspace.journal.created.pop(entity, None)
        self._workspace.identities.remove(entity.__schema__.family, state.key)

    # -- committing and rolling back -----------------------------------------------------------------------------------

    def plan(self) -> planning.Plan:
        """Return the operations the next commit would send, without sending anything."""
        with self._workspace.lock:
            return planning.plan(take_snapshot(self._workspace.journal).changes)

    def commit(
        self,
        batch_size: int | None = None,
        on_progress: Progress | None = None,
        on_conflict: str | None = None,
        *,
        only: Only | None = None,
    ) -> int:
        """Send all recorded changes and return the number of operations.

        One request carries all operations, and the server carries it out completely or not at all. With *batch_size*
        there are several requests of about that number of operations; when one fails, the previous ones stay carried
        out, and only the changes that are left stay recorded. *on_progress* is called after each request with the
        number of operations done and their total. Afterwards the entities have the values that the server has
        returned, such as defaults, computed values and version numbers. Edits that other threads make in the meantime
        stay recorded for the next commit.

        When the server refuses, its `ServerError` is raised and all changes stay recorded: correct them and commit
        again, or roll back. When the response is lost, the server is queried for the effects of the commit. If it was
        carried out, this method returns normally. If it was not, a `TransportError` is raised, and it is safe to commit
        again. If neither is certain, `CommitOutcomeUnknown` is raised, and the next commit first queries again.

        With `on_conflict="raise"` a request of its own first reads the values that are to be overwritten, and
        `CommitConflict` is raised if they differ from those this session has read. Changes that others make between
        that request and the commit are overwritten: ftrack has no conditional writes.

        With *only*, the given attributes of the given entities are sent, in one request; all other changes stay
        recorded.
        """
        self._workspace.check_open("Nothing can be committed")
        if on_conflict not in (None, "raise"):
            raise InvalidValue(f"on_conflict is 'raise' or None, not {on_conflict!r}.")
        with self._exclusively():
            try:
                earlier = self._resolve_last_batch()
                batches = self._take_batches(batch_size, only)
                if on_conflict == "raise":
                    for batch in batches:
                        check_conflicts(self._workspace.schema, self._call, batch, self._bases())
                done, total = 0, sum(len(batch.operations) for batch in batches)
                for batch in batches:
                    self._send(batch)
                    done += len(batch.operations)
                    if on_progress is not None:
                        on_progress(done, total)
                return earlier + done
            finally:
                with self._workspace.lock:
                    self._in_flight = frozenset(self._unresolved.snapshot.created if self._unresolved else ())
                    self._discard_created_and_deleted()

    def rollback(self) -> None:
        """Discard all recorded changes: values and collections are restored, new entities become transient.

        The effects of a commit with unknown outcome stay on the server.
        """
        with self._exclusively(), self._workspace.lock:
            self._unresolved = None
            self._in_flight = frozenset()
            journal = self._workspace.journal
            # Collections first: an edited one may contain entities that were added because their key was set. Restoring
            # the key removes them again.
            for entity in journal.modified:
                restore(entity, edited_in_place(entity))
            for entity in journal.modified:
                restore(entity)
            for entity in list(journal.created):
                self._discard_new(entity)
            journal.modified.clear()
            journal.deleted.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end of the block; roll back when the block raises, or when the server refuses the commit.

        A commit with unknown outcome keeps the changes.
        """
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        try:
            self.commit()
        except ServerError:
            self.rollback()
            raise

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Let one flow at a time commit or roll back; raise `UsageError` in a callback of a commit."""
        with self.commit_lock:
            if self._is_committing:
                raise UsageError("This thread is committing: it cannot commit or roll back before that is over.")
            self._is_committing = True
            try:
                yield
            finally:
                self._is_committing = False

    # -- sending -------------------------------------------------------------------------------------------------------

    def _take_batches(self, batch_size: int | None, only: Only | None) -> list[Batch]:
        new = list(self._workspace.journal.created)
        resolve_configurations(new if only is None else [entity for entity in new if entity in only])
        with self._workspace.lock:
            batches = make_batches(self._workspace.journal, batch_size, only)
            self._in_flight = frozenset(entity for batch in batches for entity in batch.snapshot.created)
        return batches

    def _send(self, batch: Batch) -> None:
        """Send one batch and finalize it; a failed batch stays unresolved unless the server has refused it."""
        self._unresolved = batch
        try:
            replies = self._call(batch.operations)
        except ServerError:
            self._unresolved = None
            raise
        except (TransportError, ProtocolError) as error:
            if isinstance(error, TransportError) and error.safe_to_retry:
                self._unresolved = None
                raise
            outcome, rows = self._find_outcome(batch, error)
            if outcome is not Outcome.DONE:
                failure = not_carried_out(batch, error)
                if failure.safe_to_retry:
                    self._unresolved = None
                raise failure from error
            self._finalize(batch.snapshot, rows)
        else:
            self._finalize(batch.snapshot, [reply.data for reply in replies if isinstance(reply, WriteReply)])

    def _resolve_last_batch(self) -> int:
        """Find the outcome of the last batch if it is unresolved; return the number of its operations if it was done.

        Sending them again would fail, since the server refuses to create an entity twice.
        """
        batch = self._unresolved
        if batch is None:
            return 0
        outcome, rows = self._find_outcome(batch, None)
        if outcome is Outcome.DONE:
            self._finalize(batch.snapshot, rows)
            return len(batch.operations)
        with self._workspace.lock:
            self._unresolved = None
            self._in_flight = frozenset()
            self._discard_created_and_deleted()
        return 0

    def _find_outcome(self, batch: Batch, error: FtrackError | None) -> tuple[Outcome, Sequence[dict[str, Any]]]:
        """Return the outcome of a batch, with the present rows of its entities, or raise `CommitOutcomeUnknown`.

        *error* is the one that lost the response, None for the batch of an earlier commit.
        """
        schema = self._workspace.schema
        try:
            state = read_server_state(schema, self._call, batch.operations)
        except FtrackError as failure:
            reason = f"reading the entities from the server failed too: {failure}"
            raise unknown_outcome(batch, error, reason) from (error or failure)
        outcome = determine_outcome(schema, batch.operations, batch.snapshot.replaced, state)
        if outcome is Outcome.UNKNOWN:
            if not may_still_run(error):
                # Another query would find no more. The next commit is the user's decision to overwrite.
                self._unresolved = None
            reason = "the server has other values than the commit, done or not done, would have left"
            raise unknown_outcome(batch, error, reason) from error
        return outcome, state.rows

    def _finalize(self, snapshot: Snapshot, rows: Sequence[dict[str, Any]]) -> None:
        with self._workspace.lock:
            self._unresolved = None
            finalize(self._workspace, snapshot, rows)

    def _bases(self) -> ValuesByTarget:
        """Return the values before the changes that were loaded from a file, of all entities and attributes."""
        bases: dict[Target, dict[str, Any]] = {}
        with self._workspace.lock:
            for by_attribute in self._workspace.journal.bases.values():
                for by_target in by_attribute.values():
                    for target, values in by_target.items():
                        bases.setdefault(target, {}).update(values)
        return bases

    def _discard_created_and_deleted(self) -> None:
        """Discard entities that were deleted during the commit that was to create them and has not."""
        journal = self._workspace.journal
        for entity in [entity for entity in journal.created if entity in journal.deleted]:
            if entity not in self._in_flight:
                self._discard_new(entity)
                journal.deleted.pop(entity, None)
