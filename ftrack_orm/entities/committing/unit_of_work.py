"""State: units of work: recording creations and deletions, committing the edits of a unit, rolling them back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing import changes
from ftrack_orm.entities.editing.back_population import add_to_loaded_collections
from ftrack_orm.entities.editing.creation import Defaults, new_primary_key, set_initial_values, with_attribute_names
from ftrack_orm.entities.editing.originals import drop_unchanged, take_back, unload_edited
from ftrack_orm.entities.editing.reverting import revert
from ftrack_orm.entities.entity import Entity, EntityState, new_entity
from ftrack_orm.entities.journal import Journal
from ftrack_orm.entities.lifecycle import CREATED
from ftrack_orm.errors import InvalidValue, ServerError, UnknownAttribute, UsageError, ValidationFailed
from ftrack_orm.schema.attribute import Kind

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.wire.carried import CarriedOperations

    from .committer import Committer
    from .planning import Plan
    from .receipt import Receipt

_PLURAL_KINDS = (Kind.COLLECTION, Kind.MAPPING)


class UnitOfWork:
    """Records changes in the unit of work of the current flow, and commits that unit or rolls it back.

    *committer* returns what sends the edits, which is made by the first commit or plan. *make_lock* makes the lock that
    serialises the commits and rollbacks of one unit. It may return any context manager that is re-entrant for the flow
    that holds it, such as one of an asynchronous framework.
    """

    def __init__(
        self,
        workspace: Workspace,
        committer: Callable[[], Committer],
        *,
        make_lock: Callable[[], AbstractContextManager[Any]] = threading.RLock,
    ) -> None:
        self._workspace = workspace
        self._committer = committer
        self._make_lock = make_lock
        self._defaults = Defaults()
        workspace.common_journal.commit_lock = make_lock()

    # -- recording -----------------------------------------------------------------------------------------------------

    def create(self, entity_type: str, data: Mapping[str, Any]) -> Entity:
        """Return a new entity, which the next commit will create on the server.

        Its id is generated here, so that other new entities can refer to it at once. Other defaults are those of the
        schema. Raises `UnknownEntityType`, `UnknownAttribute`, `InvalidValue` or `ReadOnlyAttribute`; nothing is
        recorded then.
        """
        self._workspace.check_open(f"{entity_type} cannot be created")
        cls = self._workspace.classes[entity_type]
        schema = cls.__schema__
        try:
            plural = [name for name in data if schema.attribute(name).kind in _PLURAL_KINDS]
        except UnknownAttribute:
            data = with_attribute_names(schema, data)
            plural = [name for name in data if schema.attribute(name).kind in _PLURAL_KINDS]
        values = {**self._defaults.of(schema, data), **data}
        key = new_primary_key(schema, values)
        # Until the values are checked the entity is not part of the workspace, so that a refused one leaves no trace.
        entity = new_entity(cls, EntityState(self._workspace, key, CREATED.after))
        initial = set_initial_values(
            entity, {name: values[name] for name in values if name not in plural} if plural else values
        )
        self._add_new(entity, initial)
        try:
            # Mapped collections last: the parent of the entity decides which custom attributes it has.
            for name in sorted(plural, key=lambda name: schema.attributes[name].kind is Kind.MAPPING):
                cls.__attributes__[name].set(entity, data[name])
        except BaseException:
            with self._workspace.lock:
                changes.discard_new(entity)
            raise
        return entity

    def _add_new(self, entity: Entity, initial: dict[str, Any]) -> None:
        state, family, workspace = entity._ftrack_state, entity.__schema__.family, self._workspace
        journal = workspace.journal
        with workspace.lock:
            if workspace.identities.get(family, state.key) is not None:
                raise UsageError(f"The session has a {family} with the key {'/'.join(state.key)} already.")
            workspace.identities.add(family, state.key, entity)
            state.journal = journal
            journal.created[entity] = None
            journal.edits[entity] = initial
            workspace.index_keys(entity, initial)
            add_to_loaded_collections(entity)

    def delete(self, entity: Entity) -> None:
        """Record the deletion of *entity*; a new entity that was not sent yet is discarded."""
        if entity._ftrack_state.workspace is not self._workspace:
            raise UsageError(f"{entity!r} belongs to another session.")
        changes.record_deletion(entity)

    def revert(self, entity: Entity, names: Sequence[str]) -> None:
        """Take back the edits of the attributes *names* of *entity*, or all of them; discard a new entity.

        Raises `UnknownAttribute`, and `UsageError` for anything but an entity of this session.
        """
        if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not self._workspace:
            raise UsageError(f"An entity of this session is needed, not {entity!r:.200}.")
        if names or entity not in self._workspace.journal.created:
            revert(entity, names)
        else:
            self.delete(entity)

    # -- units of work -------------------------------------------------------------------------------------------------

    @contextmanager
    def begin(self, committing: AbstractContextManager[None] | None = None) -> Iterator[None]:
        """Run the block in a unit of work of its own, and commit that at the end of the block, inside of *committing*.

        When the block raises, or when the server or a validator refuses the commit, the edits of the block are rolled
        back. When the commit fails otherwise they are kept, in the unit around the block. Inside another such block,
        the block is a savepoint: its edits join the enclosing unit instead of being committed.
        """
        with self.apart(commit=not self._workspace.journal.is_block, is_block=True, committing=committing):
            yield

    @contextmanager
    def apart(
        self,
        *,
        commit: bool,
        is_block: bool = False,
        keeps_unsent: bool = True,
        committing: AbstractContextManager[None] | None = None,
    ) -> Iterator[None]:
        """Run the block in a unit of work of its own. Its edits are committed, or else join the unit around it.

        The commit runs inside of the block *committing*, if one is given.

        They are rolled back when the block raises, or when the server or a validator refuses the commit. When the
        commit fails otherwise they join the unit around it too, unless *keeps_unsent* is false.
        """
        outer = self._workspace.journal
        journal = Journal(is_block=is_block, commit_lock=self._make_lock())
        with self._workspace.using(journal, lambda: self._leave(journal, outer)):
            try:
                yield
            except BaseException:
                self.rollback()
                raise
            try:
                if commit:
                    with committing or nullcontext():
                        self.commit()
            except BaseException as error:
                if not keeps_unsent or isinstance(error, (ServerError, ValidationFailed)):
                    self.rollback()
                raise

    @contextmanager
    def for_callback(self, on_leftovers: Callable[[str], object]) -> Iterator[None]:
        """Run the block, the callback of a subscriber, in a unit of work of its own.

        Edits that it has not committed are rolled back when it raises. When it returns they join the common unit, and
        *on_leftovers* is called with a summary of them.
        """
        journal = Journal(commit_lock=self._make_lock())
        with self._workspace.using(journal, lambda: self._leave(journal, self._workspace.common_journal)):
            try:
                yield
            except BaseException:
                self.rollback()
                raise
            summary = journal.summary() if journal else ""
        if summary:
            on_leftovers(summary)

    def _leave(self, journal: Journal, outer: Journal) -> None:
        if journal or journal.unresolved or journal.carried_out:
            with self._workspace.lock:
                edited = list(journal.edits)
                self._workspace.absorb(outer, journal)
                drop_unchanged(outer, edited)

    # -- committing and rolling back -----------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return the operations the next commit would send, without sending anything.

        Of collections whose members are rows or lists on the server, it shows the difference: which operations that
        takes depends on the present members.
        """
        return self._committer().plan(self._workspace.journal)

    def commit(
        self,
        batch_size: int | None = None,
        on_progress: Progress | None = None,
        on_conflict: str | None = None,
        *,
        undoable: bool | None = False,
    ) -> Receipt:
        """Send all edits of the current unit of work and return the receipt, which compares as their number.

        One request carries all operations, and the server carries it out completely or not at all. With *batch_size*
        there are several requests of about that number of operations; when one fails, the previous ones stay carried
        out, and only the changes that are left stay recorded. *on_progress* is called after each request with the
        number of operations done and their total. Afterwards the entities have the values that the server has
        returned, such as defaults, computed values and version numbers. Edits that are made in the meantime stay
        recorded for the next commit.

        Collections that are stored as link rows or whole lists take another request before, which reads the present
        members.

        First the validators of the behaviours run. If some refuse, `ValidationFailed` is raised with all reasons, and
        nothing is sent. `RequiredValueMissing` is raised for entities without values that they need and that the server
        does not fill in. When the server refuses, its `ServerError` is raised, which names the entity and the attribute
        as far as the server does. All changes stay recorded: correct them and commit again, or roll back. Entries of
        mappings that other users have created or deleted are no reason to refuse. When the response is lost, the server
        is queried for the effects of the commit. If it was carried out, this method returns normally. If it was not,
        the commit is sent again, up to the setting `retries`, before a `TransportError` is raised. If neither is
        certain, `CommitOutcomeUnknown` is raised, and the next commit first queries again.

        With `on_conflict="raise"` a request of its own first reads the values that are to be overwritten, and
        `CommitConflict` is raised if they differ from those this session has read. Changes that others make between
        that request and the commit are overwritten: ftrack has no conditional writes.

        Unless *undoable* is false, the receipt has the values from before the commit that the session has not loaded:
        those of overwritten attributes and of deleted entities are read in the request of the commit. Before the
        deletion of contexts that contain others, requests of their own search for the entities that are deleted too;
        if *undoable* is true, before every deletion.
        """
        self._workspace.check_open("Nothing can be committed")
        if on_conflict not in (None, "raise"):
            raise InvalidValue(f"on_conflict is 'raise' or None, not {on_conflict!r}.")
        journal = self._workspace.journal
        with journal.commit_lock, _exclusive(journal):
            return self._committer().commit(
                journal,
                batch_size,
                on_progress,
                checks_conflicts=on_conflict == "raise",
                undoable=undoable,
            )

    def load_receipt(self, path: str | os.PathLike[str]) -> Receipt:
        """Return the receipt in a file, see `Session.load_receipt`."""
        from .receipt_file import read_receipt

        return self._committer().receipt_of(*read_receipt(path, self._workspace.schema))

    def commit_with(self, carried: CarriedOperations) -> int:
        """Commit as `commit` does, with the operations of *carried* in the same request, which gets their replies."""
        self._workspace.check_open("Nothing can be committed")
        journal = self._workspace.journal
        with journal.commit_lock, _exclusive(journal):
            return self._committer().commit(journal, None, None, checks_conflicts=False, carried=carried)

    def rollback(self) -> None:
        """Take back all edits of the current unit of work: entities show their earlier values, new ones are transient.

        The effects of a commit with unknown outcome stay on the server; all values are then read again when they are
        next needed. A commit that was carried out and only interrupted afterwards is not taken back. An interrupt while
        edits are taken back does not stop that.
        """
        journal = self._workspace.journal
        with journal.commit_lock, _exclusive(journal):
            if journal.carried_out:
                self._committer().complete_carried_out(journal)
            if journal.unresolved:
                self._workspace.expiry.expire_all()
            self._take_back(journal)

    def _take_back(self, journal: Journal) -> None:
        edited, created = {entity: tuple(journal.edits[entity]) for entity in journal.modified}, [*journal.created]
        try:
            with self._workspace.lock:
                for entity in edited:
                    take_back(entity, journal)
                for entity in created:
                    changes.discard_new(entity)
                for collection in journal.reordered.values():
                    collection._restore_order()
                journal.clear()
        except BaseException:
            # Which values were taken back already is not known, so that all of them are read again.
            with self._workspace.lock:
                journal.clear()
                for entity, names in edited.items():
                    unload_edited(entity, names)
                for entity in created:
                    changes.discard_new(entity)
            self._workspace.expiry.expire_all()
            raise


def _exclusive(journal: Journal) -> AbstractContextManager[Any]:
    """Return what to hold while committing or rolling back a unit; raise `UsageError` in a callback of its commit.

    The caller holds the commit lock, so that only the flow that commits can be the one that calls again.
    """
    if journal.in_progress.locked():
        raise UsageError("This thread is committing: it cannot commit or roll back before that is over.")
    return journal.in_progress
