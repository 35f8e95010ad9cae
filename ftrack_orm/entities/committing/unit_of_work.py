"""State: creating, deleting, committing and rolling back: from recorded changes to one request, and from its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ftrack_orm.entities.custom_attributes.mapping import resolve_configurations
from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.back_population import add_to_loaded_collections
from ftrack_orm.entities.editing.creation import Defaults, new_primary_key, set_initial_values
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity, EntityState, Lifecycle, new_entity
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.entities.workspace import Workspace
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
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import ServerCall
from ftrack_orm.wire.replies import WriteReply

from . import planning
from .batch import Batch, is_late, not_done, unknown_outcome
from .batching import batches
from .conflicts import check_conflicts
from .outcome import Outcome, judge, read_present
from .snapshot import Only, Snapshot, take_snapshot

#: What leads to any number of entities.
_PLURAL = (Kind.COLLECTION, Kind.MAPPING)

Progress = Callable[[int, int], object]


class UnitOfWork:
    """Collects changes of a workspace and carries them out in one request; *call* sends operations."""

    def __init__(self, workspace: Workspace, call: ServerCall) -> None:
        self._workspace = workspace
        self._call = call
        self._defaults = Defaults()
        #: Held by the one thread that commits or rolls back, and by whoever must not have others do so meanwhile.
        self.committing = threading.RLock()
        self._under_way = False
        # New entities that the server may have by now.
        self._in_flight: frozenset[Entity] = frozenset()
        # What was sent and is not known to have been carried out or not.
        self._doubtful: Batch | None = None

    # -- recording -----------------------------------------------------------------------------------------------------

    def create(self, entity_type: str, data: Mapping[str, Any]) -> Entity:
        """Return a new entity, to be sent by the next commit.

        Its id is made here, so that other new entities can refer to it at once; other defaults are the schema's. Raises
        `UnknownEntityType`, `UnknownAttribute`, `InvalidValue` or `ReadOnlyAttribute` before anything is recorded.
        """
        self._workspace.check_open(f"{entity_type} cannot be created")
        cls = self._workspace.classes[entity_type]
        schema = cls.__schema__
        plural = [name for name in data if schema.attribute(name).kind in _PLURAL]
        values = {**self._defaults.of(schema, data), **data}
        key = new_primary_key(schema, values)
        # Nothing of a refused creation stays: the entity is not known to anything yet.
        entity = new_entity(cls, EntityState(self._workspace, key, Lifecycle.PENDING))
        set_initial_values(entity, {name: values[name] for name in values if name not in plural} if plural else values)
        # Mapped collections last: which custom attributes there are depends on what the entity is in.
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
        """Record that *entity* is to be deleted; a new one that was not sent yet is simply forgotten."""
        state = entity._ftrack_state
        self._workspace.check_open(f"{entity!r} cannot be deleted")
        if state.workspace is not self._workspace:
            raise UsageError(f"{entity!r} belongs to another session.")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{entity!r} is deleted already.")
        with self._workspace.lock:
            if state.lifecycle is Lifecycle.PENDING and entity not in self._in_flight:
                self._forget_new(entity)
            elif state.lifecycle is not Lifecycle.TRANSIENT:
                self._workspace.journal.deleted[entity] = None

    def revert(self, entity: Entity, names: Sequence[str]) -> None:
        """Discard the changes of the attributes *names* of *entity*, or all of them; discard a new entity.

        Raises `UnknownAttribute`, and `UsageError` for anything but an entity of this session.
        """
        if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not self._workspace:
            raise UsageError(f"An entity of this session is needed, not {entity!r:.200}.")
        if names or entity not in self._workspace.journal.created:
            changes.revert(entity, names)
        else:
            self.delete(entity)

    def _forget_new(self, entity: Entity) -> None:
        state = entity._ftrack_state
        state.lifecycle = Lifecycle.TRANSIENT
        self._workspace.removals += 1
        self._workspace.journal.created.pop(entity, None)
        self._workspace.identities.remove(entity.__schema__.family, state.key)

    # -- carrying out --------------------------------------------------------------------------------------------------

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
        """Send every recorded change and return the number of operations it took.

        All goes in one request, which the server carries out whole or not at all. With a *batch_size* it goes in
        several of about as many operations; what was carried out stays so when a later one fails, and only the rest
        stays recorded. *on_progress* is called after each with the operations done and those in all. Afterwards the
        entities hold what the server made of them: defaults, computed values, version numbers. Edits made by other
        threads meanwhile stay recorded for the next commit.

        When the server refuses, its `ServerError` is raised and everything is as before: mend and commit again, or
        roll back. When the answer is lost, the server is asked for what the commit should have left behind: either it
        was carried out, then nothing is raised, or a `TransportError` says that it was not and that it may be committed
        again; `CommitOutcomeUnknown` is raised when neither is certain. The next commit then looks again first.

        With `on_conflict="raise"` the server is first asked, in a request of its own, whether it still has the values
        that are to be overwritten as far as this session knows them, and `CommitConflict` is raised when it has not.
        What somebody changes between that request and the commit is overwritten unseen: ftrack has no conditional
        writes.

        With *only*, those attributes of those entities are sent, in one request, and everything else stays recorded.
        """
        self._workspace.check_open("Nothing can be committed")
        if on_conflict not in (None, "raise"):
            raise InvalidValue(f"on_conflict is 'raise' or None, not {on_conflict!r}.")
        with self._alone():
            try:
                earlier = self._settle_doubt()
                new = list(self._workspace.journal.created)
                resolve_configurations(new if only is None else [entity for entity in new if entity in only])
                with self._workspace.lock:
                    journal = self._workspace.journal
                    taken = batches(journal, batch_size) if only is None else [take_snapshot(journal, only)]
                    attempts = [
                        Batch(snapshot, operations)
                        for snapshot in taken
                        if (operations := planning.plan(snapshot.changes))
                    ]
                    self._in_flight = frozenset(entity for each in attempts for entity in each.snapshot.created)
                total = sum(len(attempt.operations) for attempt in attempts)
                if on_conflict == "raise":
                    for attempt in attempts:
                        check_conflicts(self._workspace.schema, self._call, attempt, self._bases())
                done = 0
                for attempt in attempts:
                    self._carry_out(attempt)
                    done += len(attempt.operations)
                    if on_progress is not None:
                        on_progress(done, total)
                return earlier + done
            finally:
                with self._workspace.lock:
                    self._in_flight = frozenset(self._doubtful.snapshot.created if self._doubtful else ())
                    self._drop_created_and_deleted()

    def rollback(self) -> None:
        """Take back every recorded change: values and collections are restored, new entities become transient.

        What a commit of unknown outcome has left on the server stays there.
        """
        with self._alone(), self._workspace.lock:
            self._doubtful = None
            self._in_flight = frozenset()
            journal = self._workspace.journal
            # Collections first: an edited one may hold what followed a key, and leaves it when the key is given back.
            for entity in journal.modified:
                changes.restore(entity, changes.edited_in_place(entity))
            for entity in journal.modified:
                changes.restore(entity)
            for entity in list(journal.created):
                self._forget_new(entity)
            journal.modified.clear()
            journal.deleted.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is recorded when the block ends, or roll it back when it raises, or when the server refuses it.

        A commit whose outcome is not known keeps the changes.
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
    def _alone(self) -> Iterator[None]:
        """Have one thread at a time commit or roll back, and once: what is called back meanwhile must do neither."""
        with self.committing:
            if self._under_way:
                raise UsageError("This thread is committing: it cannot commit or roll back before that is over.")
            self._under_way = True
            try:
                yield
            finally:
                self._under_way = False

    def _carry_out(self, attempt: Batch) -> None:
        """Send one batch and take it as done when it is; what is not known to have been refused stays in doubt."""
        self._doubtful = attempt
        try:
            replies = self._call(attempt.operations)
        except ServerError:
            self._doubtful = None
            raise
        except (TransportError, ProtocolError) as error:
            if isinstance(error, TransportError) and error.safe_to_retry:
                self._doubtful = None
                raise
            outcome, rows = self._find_out(attempt, error)
            if outcome is not Outcome.DONE:
                failure = not_done(attempt, error)
                if failure.safe_to_retry:
                    self._doubtful = None
                raise failure from error
            self._accept(attempt.snapshot, rows)
        else:
            self._accept(attempt.snapshot, [reply.data for reply in replies if isinstance(reply, WriteReply)])

    def _settle_doubt(self) -> int:
        """Find out what became of the last commit if that is in doubt; return how many operations were done after all.

        Were they simply sent again, the server would refuse what it has already.
        """
        attempt = self._doubtful
        if attempt is None:
            return 0
        outcome, rows = self._find_out(attempt, None)
        if outcome is Outcome.DONE:
            self._accept(attempt.snapshot, rows)
            return len(attempt.operations)
        with self._workspace.lock:
            self._doubtful = None
            self._in_flight = frozenset()
            self._drop_created_and_deleted()
        return 0

    def _find_out(self, attempt: Batch, error: FtrackError | None) -> tuple[Outcome, Sequence[dict[str, Any]]]:
        """Return whether a batch was done, with the rows that tell so, or raise `CommitOutcomeUnknown`."""
        schema = self._workspace.schema
        try:
            found = read_present(schema, self._call, attempt.operations)
        except FtrackError as asking:
            raise unknown_outcome(attempt, error, f"asking for it failed too: {asking}") from (error or asking)
        outcome = judge(schema, attempt.operations, attempt.snapshot.replaced, found)
        if outcome is Outcome.UNKNOWN:
            if not is_late(error):
                # Looking again would tell no more. From here on it is for the user to decide.
                self._doubtful = None
            raise unknown_outcome(
                attempt, error, "the server has something else by now than either would have left behind"
            ) from error
        return outcome, found.rows

    def _bases(self) -> dict[tuple[str, tuple[str, ...]], dict[str, Any]]:
        """Return what changes from a file were made on top of, by what operations call it."""
        bases: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
        with self._workspace.lock:
            for by_attribute in self._workspace.journal.bases.values():
                for by_identity in by_attribute.values():
                    for identity, values in by_identity.items():
                        bases.setdefault(identity, {}).update(values)
        return bases

    def _drop_created_and_deleted(self) -> None:
        """Forget entities that were deleted while a commit was about to create them, which it then did not."""
        journal = self._workspace.journal
        for entity in [entity for entity in journal.created if entity in journal.deleted]:
            if entity not in self._in_flight:
                self._forget_new(entity)
                journal.deleted.pop(entity, None)

    def _accept(self, snapshot: Snapshot, rows: Sequence[dict[str, Any]]) -> None:
        """Take what was sent as what the server has now, and *rows* as its word on it.

        What differs from it by now was edited meanwhile, and stays recorded.
        """
        with self._workspace.lock:
            self._doubtful = None
            self._take_as_sent(snapshot)
            Merger(self._workspace).rows(rows)
            # Only now: an answer may name, in what came before the deletions, what is gone after them.
            for entity in snapshot.deleted:
                changes.mark_deleted(entity)

    def _take_as_sent(self, snapshot: Snapshot) -> None:
        journal = self._workspace.journal
        self._workspace.revision += 1
        for entity in snapshot.created:
            entity._ftrack_state.lifecycle = Lifecycle.PERSISTENT
            journal.created.pop(entity, None)
        for entity, sent in snapshot.sent.items():
            state = entity._ftrack_state
            state.written_at = self._workspace.revision
            if journal.bases:
                journal.discard_bases(entity, sent)
            state.originals = _edited_meanwhile(entity, sent)
            if state.originals:
                journal.modified[entity] = None
            else:
                changes.clear_modified_if_unchanged(entity)
        for entity in snapshot.created:
            _drop_untouched_collections(entity, snapshot.sent[entity])


def _edited_meanwhile(entity: Entity, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the originals of an entity, now that the server has what was *sent* of it: of what differs from that."""
    values, originals = entity.__dict__, entity._ftrack_state.originals or {}
    for name, value in sent.items():
        current = values.get(name, NOT_LOADED)
        if isinstance(current, Tracked):
            if isinstance(current, MappedCollection):
                value = current._committed(value)
            is_as_sent = current._content() == value
        elif value is NOT_LOADED:
            # A reference that only its key was sent for may have been loaded by it meanwhile.
            is_as_sent = entity.__schema__.reference_keys.get(name) not in originals
        else:
            is_as_sent = current is value or current is NOT_LOADED or current == value
        if is_as_sent:
            originals.pop(name, None)
        else:
            originals[name] = value
    return originals


def _drop_untouched_collections(entity: Entity, sent: Mapping[str, Any]) -> None:
    """Let collections nobody edited on a new entity be loaded when read: the server may have put something in them."""
    touched = {**sent, **(entity._ftrack_state.originals or {})}
    for name, value in tuple(entity.__dict__.items()):
        if isinstance(value, Tracked) and name not in touched and not value._content():
            del entity.__dict__[name]
