"""Edge: the methods of a session that record changes, look at them, and commit or discard them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue

from .request_methods import RequestMethods
from .session_methods import SessionMethods, type_name

if TYPE_CHECKING:
    import os

    from ftrack_orm.entities.committing.deletion_preview import DeletionPreview
    from ftrack_orm.entities.committing.planning import Plan
    from ftrack_orm.entities.committing.receipt import Receipt
    from ftrack_orm.entities.committing.saved_changes import SessionChanges
    from ftrack_orm.entities.copying.result import CopyResult
    from ftrack_orm.transport.cancellation import Cancellation


_E = TypeVar("_E", bound=Entity)
_S = TypeVar("_S", bound="EditingMethods")
_P = ParamSpec("_P")


class EditingMethods(RequestMethods):
    """The methods of `Session` that record and commit changes."""

    @overload
    def create(self, entity_type: str, data: Mapping[str, Any] | None = None, /, **attributes: Any) -> Entity: ...

    @overload
    def create(self, entity_type: Callable[_P, _E], /, *data: _P.args, **attributes: _P.kwargs) -> _E: ...

    def create(  # type: ignore[misc]  # checkers take the arguments from the constructors of a studio package
        self, entity_type: type[Entity] | str, data: Mapping[str, Any] | None = None, /, **attributes: Any
    ) -> Entity:
        """Return a new entity with the given attributes. The next commit creates it on the server.

        Attributes are given as a mapping, by keyword, or both. Raises `UnknownEntityType`, `UnknownAttribute`,
        `InvalidValue` or `ReadOnlyAttribute` before anything is recorded.
        """
        name = type_name(entity_type)
        if data is None and isinstance(attributes.get("data"), Mapping):
            # Passed by the name that the official client gives it; no attribute of an entity is a mapping of that name.
            data = attributes.pop("data")
        if data is not None and not isinstance(data, Mapping):
            message = f"The attributes of a new {name} are given as a mapping or by keyword, not as {data!r:.200}."
            raise InvalidValue(message, entity_type=name)
        return self._parts.unit_of_work.create(name, {**(data or {}), **attributes})

    @overload
    def ensure(
        self,
        entity_type: type[_E],
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> _E: ...

    @overload
    def ensure(
        self,
        entity_type: str,
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> Entity: ...

    def ensure(
        self,
        entity_type: type[Entity] | str,
        data: Mapping[str, Any],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> Entity:
        """Return the entity that has *data*, creating or updating it as needed, and commit that change.

        The entity is looked up by *identifying_keys*, names among the data (references too), or by all of the data.
        Other recorded changes are not committed; with `commit=False` nothing is. Raises `MultipleResults` when several
        entities have the identifying values, and `UsageError` when the entity, or one that the data refers to, is new
        and not committed.
        """
        return self.ensure_many(entity_type, [data], identifying_keys, commit=commit)[0]

    @overload
    def ensure_many(
        self,
        entity_type: type[_E],
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[_E]: ...

    @overload
    def ensure_many(
        self,
        entity_type: str,
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[Entity]: ...

    def ensure_many(
        self,
        entity_type: type[Entity] | str,
        data: Iterable[Mapping[str, Any]],
        identifying_keys: Collection[str] | None = None,
        *,
        commit: bool = True,
    ) -> list[Any]:
        """Return an entity for each item of *data*, as `ensure` would, with one query to find them and one commit.

        Items with the same identifying values (text compares without case) stand for the same entity. Nothing is asked
        about items that refer to an uncommitted entity by an identifying value. For more than 20 items only the
        attributes in *data* are loaded. When anything is refused, nothing is changed. When the connection fails during
        the commit, the changes stay recorded, as after any commit.
        """
        return self._parts.ensurer().ensure(type_name(entity_type), list(data), identifying_keys, commit=commit)

    def copy(
        self,
        entity: Entity,
        into: Entity | None = None,
        *,
        include: str | Iterable[str] = ("tasks",),
        values: Mapping[str, Any] | None = None,
        to: SessionMethods | None = None,
        missing: Literal["raise", "skip"] = "raise",
        batch_size: int | None = None,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> CopyResult:
        """Copy *entity* and the contexts below it into another entity, in one commit, and return the map of their ids.

        *entity* is a project, another context, an asset, or a task template, whose tasks are created. *into* is the
        entity that contains the copy, by default the one that contains the entity. The copies have metadata and custom
        attributes, and with *include* `"tasks"`, `"assignments"`, `"notes"`, `"links"`, `"assets"` and `"versions"`
        (without their files), or `"all"`. *values* are attributes that the copy of the entity itself gets in place of
        its own, such as a name.

        With *to*, the copies are made in another session, on another server too: statuses, types, users and the like
        are found there by their names. Values without an equivalent are an error that lists them, before anything is
        created, unless *missing* is `"skip"`. `result.left_out` names the values that the copies lack.

        Copying again creates nothing twice: it completes a copy that was interrupted, and creates entities that were
        added since. *batch_size* splits the commit into several requests, and `on_progress(done, total)` is called
        after each. Other recorded changes are not committed. Raises `InvalidValue` when another entity at the
        destination has the name, and `UsageError` when copied entities have changes that are not committed.
        """
        from ftrack_orm.entities.copying.copier import Copier

        copier = Copier(self._parts.copying(), (to or self)._parts.copying())
        return copier.copy(entity, into, include, values or {}, missing, batch_size, on_progress)

    def delete(self, entity: Entity) -> None:
        """Record the deletion of *entity* for the next commit. A new entity that was never committed is discarded."""
        if not isinstance(entity, Entity):
            raise InvalidValue(f"session.delete takes one entity, not {entity!r:.200} ({type(entity).__name__}).")
        self._parts.unit_of_work.delete(entity)

    def preview_delete(self, entity: Entity) -> DeletionPreview:
        """Return the entities that deleting *entity* would take along, as numbers by entity type. Records nothing.

        `print(session.preview_delete(shot))` shows them as sentences. There is one request for each level of
        dependents, usually four to seven. ftrack does not document which entities it deletes: the preview follows from
        the schema, and `preview.uncertain` names the types that may stay. A new entity takes nothing along.
        """
        return self._parts.deletion_previewer().preview(entity)

    def commit(
        self,
        *,
        batch_size: int | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        on_conflict: Literal["raise"] | None = None,
        undoable: bool | None = None,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Receipt:
        """Send all recorded changes in one request and return the receipt, an integer: the number of operations.

        `receipt.operations` has the values before and after the commit, and `receipt.undo()` the plan that takes it
        back. For that, values of deleted entities, and those that are overwritten without having been read, are read in
        the same request. Requests before it search for the entities that the deletion of a project, sequence, shot or
        other context with children takes along. `undoable=True` searches before any deletion, such as that of a task
        with notes, and `undoable=False` reads nothing.

        *batch_size* splits them into several requests of about as many operations, and `on_progress(done, total)` is
        called after each. `on_conflict="raise"` first reads, in a request of its own, whether another user has changed
        the values that are about to be overwritten, and raises `CommitConflict` if so. A commit that fails loses no
        change and repeats none: see `UnitOfWork.commit`. The other arguments are those of `call`.
        """
        if (headers, push_token, timeout, cancellation) == (None, None, None, None):
            return self._parts.unit_of_work.commit(batch_size, on_progress, on_conflict, undoable=undoable)
        with self.request_options(headers=headers, push_token=push_token, timeout=timeout, cancellation=cancellation):
            return self._parts.unit_of_work.commit(batch_size, on_progress, on_conflict, undoable=undoable)

    def rollback(self) -> None:
        """Discard all recorded changes: values and collections are restored, new entities become transient."""
        self._parts.unit_of_work.rollback()

    def revert(self, entity: Entity, *names: str) -> None:
        """Discard the recorded changes of the attributes *names* of *entity*, or all of them and its deletion.

        A reference and its key are one change. A new entity is discarded and becomes transient; its attributes become
        unset. A change that a commit on another thread is sending at this moment cannot be recalled: an attribute that
        is reverted then becomes a change for the next commit, and a new entity is deleted by the next commit, or
        discarded if its creation fails. Raises `UnknownAttribute`, and `UsageError` for an entity of another session.
        """
        self._parts.unit_of_work.revert(entity, names)

    @contextmanager
    def begin(
        self: _S,
        *,
        headers: Mapping[str, str] | None = None,
        push_token: str | None = None,
        timeout: float | None = None,
        cancellation: Cancellation | None = None,
    ) -> Iterator[_S]:
        """Commit the recorded changes when the `with` block ends, or roll them back when it raises.

        A commit that the server refuses is rolled back too. After a commit with an unknown outcome the changes are
        kept. The arguments are those of `call`; they are for the commit, not for the requests inside the block.
        """
        options = self.request_options(
            headers=headers, push_token=push_token, timeout=timeout, cancellation=cancellation
        )
        with self._parts.unit_of_work.begin(options):
            yield self

    @property
    def created(self) -> list[Entity]:
        """The new entities that the next commit creates."""
        return list(self._workspace.journal.created)

    @property
    def modified(self) -> list[Entity]:
        """The entities that the next commit updates."""
        return self._workspace.journal.modified

    @property
    def deleted(self) -> list[Entity]:
        """The entities that the next commit deletes."""
        return list(self._workspace.journal.deleted)

    def changes(self) -> SessionChanges:
        """Return the changed attributes of each new and modified entity, with their old and new values.

        `session.changes().save(path)` writes them to a file that another process can commit.
        """
        from ftrack_orm.entities.committing.saved_changes import SessionChanges

        return SessionChanges(self._workspace)

    def load_changes(self, path: str | os.PathLike[str]) -> SessionChanges:
        """Record the changes of a file that `session.changes().save(path)` wrote. The next commit sends them.

        `saved_changes.load_changes` describes the requests it makes and the errors it raises.
        """
        from ftrack_orm.entities.committing.saved_changes import load_changes

        return load_changes(path, self._workspace, self._parts.unit_of_work)

    def plan(self) -> Plan:
        """Return the operations of the next commit, in order, without sending them.

        Operations are values. Printing the plan shows one line per operation, and `as_json()` returns the JSON.
        """
        return self._parts.unit_of_work.plan()
