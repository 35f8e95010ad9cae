"""State: copies a tree of entities to another parent or project, on the same server or another one, in one commit."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

import attrs

from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.custom_attributes.scope import scope_of
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import EntityDeleted, IntegrityError, InvalidValue, UnknownEntityType, UsageError
from ftrack_orm.schema.facts import CONFIGURATION_ID, CUSTOM_ATTRIBUTE_VALUE, CUSTOM_ATTRIBUTES, PROJECT
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import ServerCall

from .configuring import Configuring
from .destination import PARENT_KEYS, CopyDestination, existing_rows, find_generation
from .equivalents import find_equivalents
from .parts import included
from .request import TASK_TEMPLATE, CopyRequest, check_request
from .result import CopyResult
from .source import SourceReader, SourceRow
from .translation import NewRow, Translation

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.query.executable import Progress
    from ftrack_orm.schema.model import Schema


#: How often a copy is tried that other processes make at the same time.
MAX_ATTEMPTS: Final = 5


@attrs.frozen
class Side:
    """The parts of a session that copies are made from or in. *call* sends operations to the server at *server_url*.

    *lock* is held while copies are made in the session: two threads must not create the same ones.
    """

    workspace: Workspace
    work: UnitOfWork
    configurations: Configurations
    call: ServerCall
    server_url: str
    lock: AbstractContextManager[Any] = attrs.field(factory=threading.RLock)


@attrs.frozen
class Tree:
    """The rows of the entity with *id* and of all that is copied with it, each after the one it belongs to.

    A task template is not copied itself: the rows are its tasks.
    """

    id: str
    rows: Sequence[SourceRow]
    is_template: bool

    @property
    def top(self) -> int:
        """The number of rows, the first ones, that are created at the destination of the copy."""
        return len(self.rows) if self.is_template else 1

    @property
    def name(self) -> str:
        """The name of the entity; empty for a template, whose tasks have their own."""
        return "" if self.is_template else str(self.rows[0].values.get("name", ""))

    @property
    def parent_id(self) -> str | None:
        """The id of the entity that the first row belongs to, None for a project."""
        if self.is_template:
            return self.id
        first = self.rows[0]
        parent_id: str | None = first.values.get(PARENT_KEYS[first.entity_type.family])
        return parent_id


class Copier:
    """Copies entities from the session *source* to the session *target*, which may be the same."""

    def __init__(self, source: Side, target: Side) -> None:
        self._source = source
        self._target = target
        self._is_same_server = source.server_url == target.server_url
        for side in (source, target):
            side.workspace.check_open("Nothing can be copied")
        self._schema = target.workspace.schema

    def copy(
        self,
        entity: Any,
        into: Any,
        include: str | Iterable[str],
        values: Mapping[str, Any],
        missing: str,
        batch_size: int | None,
        on_progress: Progress | None,
    ) -> CopyResult:
        """Copy *entity* as `Session.copy` describes it."""
        source, target = self._source.workspace, self._target.workspace
        given = CopyRequest(entity, into, included(include), values, missing, batch_size, on_progress)
        with self._target.lock:
            return self._copy(check_request(source, target, given))

    def _copy(self, request: CopyRequest) -> CopyResult:
        tree = self._read(request)
        self._check_tree(request, tree)
        if any(row.entity_type.name not in self._schema.types for row in tree.rows):
            # Its type may have been added to the other server after that session began.
            self._target.workspace.renew_schema()
            self._schema = self._target.workspace.schema
        destination = CopyDestination(
            tree.parent_id if request.is_beside else _id_of(request.into), str(request.values.get("name", tree.name))
        )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            generation, exists = self._find(tree, destination)
            ids = {
                row.key[0]: destination.new_id(tree.id, generation, row.key[0])
                for row in tree.rows
                if len(row.key) == 1
            }
            rows, left_out = self._translate(request, tree, destination, ids)
            try:
                created = self._create(rows, request, check_existing=exists or attempt > 1)
            except IntegrityError:
                # Another process is making the same copy, or else the server has a reason of its own.
                if attempt == MAX_ATTEMPTS or not existing_rows(self._schema, self._target.call, rows[:1]):
                    raise
            else:
                return self._result(request, tree, ids, rows, created, left_out)
        raise AssertionError("unreachable")

    # -- the copied entities -------------------------------------------------------------------------------------------

    def _read(self, request: CopyRequest) -> Tree:
        try:
            return self._read_once(request)
        except UnknownEntityType:
            # A type that was added after the session began.
            self._source.workspace.renew_schema()
            return self._read_once(request)

    def _read_once(self, request: CopyRequest) -> Tree:
        reader = SourceReader(self._source.workspace.schema, self._source.call)
        entity = request.entity
        id_ = entity._ftrack_state.key[0]
        if entity.__entity_type__ == TASK_TEMPLATE:
            return Tree(id_, reader.read_template(id_), is_template=True)
        return Tree(id_, reader.read_tree(entity.__schema__, id_, request.include), is_template=False)

    def _check_tree(self, request: CopyRequest, tree: Tree) -> None:
        """Raise an error for a copy into itself, and for unsaved edits, which a copy would not have."""
        entity, into = request.entity, request.into
        if self._is_same_server and into is not None and any(row.key == into._ftrack_state.key for row in tree.rows):
            raise InvalidValue(f"{entity!r} cannot be copied into {into!r}, which is a part of it.")
        with self._source.workspace.lock:
            journal = self._source.workspace.journal
            changed = (*journal.edits, *journal.deleted)
        copied = {row.identity for row in tree.rows}
        for edited in changed:
            if (edited.__schema__.family, edited._ftrack_state.key) in copied:
                raise UsageError(
                    f"{edited!r} is to be copied and has changes that are not committed. Copies are made of the "
                    "server's values: commit the changes or roll them back first.",
                    entity_type=edited.__entity_type__,
                )

    # -- the copies ----------------------------------------------------------------------------------------------------

    def _find(self, tree: Tree, destination: CopyDestination) -> tuple[int, bool]:
        if tree.is_template:
            return 0, True
        return find_generation(self._schema, self._target.call, destination, tree.rows[0].entity_type.name, tree.id)

    def _translate(
        self, request: CopyRequest, tree: Tree, destination: CopyDestination, ids: Mapping[str, str]
    ) -> tuple[list[NewRow], tuple[str, ...]]:
        """Return the rows to create, and sentences about the values that the copies lack."""
        source = self._source.workspace.schema
        into_id = destination.into
        owners = {row.key[0]: row for row in tree.rows if len(row.key) == 1}
        configure = Configuring(
            self._source.configurations,
            self._target.configurations,
            self._schema,
            ids.get(tree.id) if into_id is None else scope_of(request.into or request.entity).project_id,
            owners,
            is_same_server=self._is_same_server,
        )
        # The entity that contained the copied one is replaced by the one that contains the copy.
        moved = {tree.parent_id: into_id} if into_id is not None and tree.parent_id is not None else {}
        translation = Translation(source, self._schema, {**moved, **ids}, configure)
        if not self._is_same_server:
            translation.equivalents = find_equivalents(
                translation.referred(tree.rows), source, self._source.call, self._schema, self._target.call
            )
        rows = list(translation.rows(tree.rows))
        missing = [f"{each} ({count})" for each, count in translation.missing.items()]
        if missing and request.missing == "raise":
            raise InvalidValue(
                f"{request.entity!r} cannot be copied: there is no equivalent of {', '.join(missing)} at the "
                "destination of the copy. Nothing was created. Create them there, or leave these values out: "
                "missing='skip'."
            )
        top = [_with_values(self._schema, row, request.values) for row in rows[: tree.top]]
        others = [row for row in rows[tree.top :] if not self._is_given(row, ids.get(tree.id), request.values)]
        left_out = [f"{each} ({count})" for each, count in translation.left_out.items()]
        return [*top, *others], (*(f"no equivalent of {each}" for each in missing), *left_out)

    def _is_given(self, row: NewRow, id_: str | None, values: Mapping[str, Any]) -> bool:
        """Whether *values* has another value for the metadata or the custom attribute in a row of the entity *id_*."""
        if row.values.get(row.found_by) != id_:
            return False
        if row.entity_type == "Metadata":
            return row.values["key"] in (values.get("metadata") or {})
        if row.entity_type == CUSTOM_ATTRIBUTE_VALUE:
            configuration = self._target.configurations.by_id(row.values[CONFIGURATION_ID])
            return configuration is not None and configuration.key in (values.get(CUSTOM_ATTRIBUTES) or {})
        return False

    def _create(self, rows: Sequence[NewRow], request: CopyRequest, *, check_existing: bool) -> int:
        """Create *rows*, except for those that exist already, in a commit of their own; return their number.

        A commit that fails leaves no edits: the copy can be made again, and completes the part that was carried out.
        """
        if check_existing:
            present = existing_rows(self._schema, self._target.call, rows)
            rows = [row for row in rows if (self._schema.type(row.entity_type).family, row.key) not in present]
        if not rows:
            return 0
        self._forget_deleted(rows)
        work = self._target.work
        with work.apart(commit=False):
            for row in rows:
                work.create(row.entity_type, self._values(row))
            work.commit(request.batch_size, request.on_progress)
        return len(rows)

    def _forget_deleted(self, rows: Sequence[NewRow]) -> None:
        """Mark those as deleted that the session has of an earlier copy, which the server does not have any more."""
        workspace = self._target.workspace
        known = (workspace.identities.get(self._schema.type(row.entity_type).family, row.key) for row in rows)
        gone = [each for each in known if each and each._ftrack_state.lifecycle is Lifecycle.PERSISTENT]
        if gone:
            workspace.expiry.mark_gone(gone)

    def _values(self, row: NewRow) -> dict[str, Any]:
        """Return the values of a row in the form in which an entity is created."""
        values = dict(row.values)
        scopes = values.get("scopes")
        if scopes and isinstance(scopes[0], str):
            values["scopes"] = self._target.workspace.loader.merge(
                [{ENTITY_TYPE: "Scope", "id": scope} for scope in scopes]
            )
        return values

    def _result(
        self,
        request: CopyRequest,
        tree: Tree,
        ids: Mapping[str, str],
        rows: Sequence[NewRow],
        created: int,
        left_out: tuple[str, ...],
    ) -> CopyResult:
        new_ids = {row.key[0] for row in rows if len(row.key) == 1}
        kept = {old: new for old, new in ids.items() if new in new_ids}
        entity = request.into
        if not tree.is_template:
            kind = tree.rows[0].entity_type.name
            entity = self._target.workspace.loader.get(kind, (ids[tree.id],))
        if entity is None:
            raise EntityDeleted(f"The copy of {request.entity!r} was deleted by another user as soon as it was made.")
        return CopyResult(kept, entity, created, left_out)


def _id_of(entity: Entity | None) -> str | None:
    return None if entity is None else entity._ftrack_state.key[0]


def _with_values(schema: Schema, row: NewRow, values: Mapping[str, Any]) -> NewRow:
    """Return a row with *values* in place of its own; those of a reference replace the value of its key."""
    entity_type = schema.type(row.entity_type)
    replaced = {entity_type.reference_keys.get(name, name) for name in values}
    own = {name: value for name, value in row.values.items() if name not in replaced}
    if row.entity_type == PROJECT and "name" in values and "full_name" not in values:
        own.pop("full_name", None)
    return attrs.evolve(row, values={**own, **values})
