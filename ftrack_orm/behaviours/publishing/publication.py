"""State: one publication: components that are added to locations with their files, and what is committed with them.

It runs in a unit of work of its own, in these steps:

1. The structures form the resource identifiers.
2. Files are copied into locations that this machine writes to.
3. For files that go to the server, a request asks where to send them. It creates the components too, unless other
   entities are created along, which then appear on the server together with their files, and not before.
4. The files are sent.
5. One request registers all components in their locations. It creates what was not created before, and completes the
   uploads.

A structure may need values that the server makes, such as the number of a new version. Then the request of step 3 comes
first and creates all new entities.

When a step fails, what the earlier ones have left is removed, and the first error is raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, cast

import attrs

from ftrack_orm.behaviours.identity import id_of
from ftrack_orm.behaviours.locations.topics import COMPONENT_ADDED_TOPIC
from ftrack_orm.behaviours.services import Services
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.row_queries import query_reply
from ftrack_orm.errors import CommitOutcomeUnknown, FtrackError, ServerError, StorageError, TransportError, UsageError
from ftrack_orm.events.event import Event
from ftrack_orm.storage.leftovers import note_leftover
from ftrack_orm.storage.parallel_copies import Copy, Stored, copy_all, remove_copies
from ftrack_orm.storage.progress import ProgressOption
from ftrack_orm.storage.stored_stream import StoredStream
from ftrack_orm.storage.upload import Upload
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.values import FetchMode
from ftrack_orm.wire.carried import CarriedOperations
from ftrack_orm.wire.operations import Operation, QueryOperation
from ftrack_orm.wire.replies import RawReply

from .additions import ComponentAddition
from .identifiers import form_identifiers, need_saved_entities, queries_for_structures
from .leftover_entities import delete_created
from .pending_references import check_references


@attrs.define(eq=False)
class Publication:
    """Adds components to locations. *keep_finished* registers the copies that succeeded although others have failed.

    *checksum* compares the MD5 sums of copies besides their sizes. *creates_first* lets the request of step 3 create
    new components. Otherwise they stay new when a step fails.
    """

    services: Services
    progress: ProgressOption = None
    cancellation: Cancellation | None = None
    keep_finished: bool = False
    checksum: bool = False
    state_file: str | os.PathLike[str] | None = None
    creates_first: bool = True
    additions: list[ComponentAddition] = attrs.field(factory=list, init=False)
    #: Operations for the last request, behind the registrations.
    operations: list[Operation] = attrs.field(factory=list, init=False)
    #: Called before the last request, to edit entities that refer to the components.
    before_registration: list[Callable[[], object]] = attrs.field(factory=list, init=False)
    #: The components whose copies failed, with their errors, after `publish` with *keep_finished*.
    failed: dict[Entity, FtrackError] = attrs.field(factory=dict, init=False)
    #: Streams that were opened to read files of other locations.
    opened: list[StoredStream] = attrs.field(factory=list, init=False)
    _copies: list[Copy] = attrs.field(factory=list, init=False)
    _uploads: list[Upload] = attrs.field(factory=list, init=False)
    _metadata: Sequence[Any] | None = attrs.field(default=None, init=False, repr=False)
    _created: list[Entity] = attrs.field(factory=list, init=False)
    _is_registering: bool = attrs.field(default=False, init=False)

    def publish(self) -> list[Any]:
        """Carry out all steps in the current unit of work, and return the replies to *operations*."""
        with self.services.workspace.fetching(FetchMode.PEERS):
            return self._publish()

    def _publish(self) -> list[Any]:
        journal = self.services.workspace.journal
        check_references(journal)
        if self.creates_first and journal.created and need_saved_entities(self.additions):
            self._create_first(self._prepare(), queries_for_structures(self.additions))
        form_identifiers(self.services, self.additions)
        self._copy()
        completing = self._upload()
        replies = self._register(completing)
        if self._uploads:
            self.services.transfers.finish(self._uploads)
        return replies

    def undo(self, error: BaseException) -> None:
        """Remove what `publish` has left, because of *error*. What cannot be removed is logged and noted in *error*."""
        if isinstance(error, CommitOutcomeUnknown) or (self._is_registering and not _is_refusal(error)):
            # The components may be registered: their files must stay.
            if self._copies or self._uploads:
                note_leftover(error, "The files were kept, because the server may have registered their components.")
            if self._uploads:
                self.services.transfers.finish(self._uploads)
            return
        remove_copies(self._copies, error)
        if self.state_file is not None and self._uploads and os.path.exists(self.state_file):
            path = os.fspath(self.state_file)
            note_leftover(error, f"The component stays on the server, so that the same call continues from {path!r}.")
            return
        if self._uploads:
            self.services.transfers.discard(self._uploads)
        delete_created(self.services, self._created, error)

    def announce(self) -> None:
        """Publish an event for each component that was added."""
        for addition in self.additions:
            data = {"component_id": id_of(addition.component), "location_id": addition.location_id}
            self.services.publish(Event(COMPONENT_ADDED_TOPIC, data))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _copy(self) -> None:
        additions = [addition for addition in self.additions if addition.is_copy]
        copies = [addition.as_copy() for addition in additions]
        errors = copy_all(
            copies,
            finished=self._copies,
            keep_finished=self.keep_finished,
            checksum=self.checksum,
            progress=self.progress,
            cancellation=self.cancellation,
        )
        for addition, copy in zip(additions, copies, strict=True):
            if copy in errors:
                self.failed[addition.component] = errors[copy]
        self.additions = [each for each in self.additions if each.component not in self.failed]
        for addition in self.additions:
            addition.make_container()

    def _prepare(self) -> list[Operation]:
        """Return the operations that ask where to send the files that go to the server."""
        additions = [addition for addition in self.additions if addition.is_upload]
        uploads = [
            Upload(id_of(each.component), self._upload_source(each), each.name, cast("Any", self.state_file))
            for each in additions
        ]
        preparing = self.services.transfers.prepare(uploads) if uploads else []
        self._uploads = uploads
        for stream in self.opened:
            stream.release()
        return preparing

    def _create_first(self, preparing: Sequence[Operation], queries: Sequence[QueryOperation] = ()) -> None:
        """Commit the new entities of the unit, with the operations of `_prepare` and *queries* in the same request."""
        workspace, carried = self.services.workspace, CarriedOperations(after=[*preparing, *queries])
        created = list(workspace.journal.created)
        with self.services.apart():
            # Edits of other entities are committed with the registrations: they could not be taken back.
            workspace.hand_over(created, workspace.journal)
            self._created = created
            self.services.commit(carried)
        if carried.replies is None:
            self._metadata = self._request_metadata(preparing)
            return
        self._metadata = carried.replies[: len(preparing)]
        for reply in carried.replies[len(preparing) :]:
            workspace.loader.merge(query_reply(reply).data)

    def _request_metadata(self, preparing: Sequence[Operation]) -> Sequence[Any]:
        return self.services.call(preparing) if preparing else ()

    def _upload(self) -> Sequence[Operation]:
        if self._metadata is None:
            preparing = self._prepare()
            created = self.services.workspace.journal.created
            if self._uploads and self.creates_first and created and all(map(_is_component, created)):
                self._create_first(preparing)
        if not self._uploads:
            return ()
        metadata = self._request_metadata(preparing) if self._metadata is None else self._metadata
        return self.services.transfers.send(
            self._uploads, metadata, progress=self.progress, cancellation=self.cancellation
        )

    def _upload_source(self, addition: ComponentAddition) -> Any:
        source = addition.source
        if not isinstance(source, Stored):
            return source
        path = source.path()
        if path is not None:
            return path
        stream = StoredStream(source.accessor, source.identifier)
        self.opened.append(stream)
        return stream

    def _register(self, completing: Sequence[Operation]) -> list[Any]:
        for addition in self.additions:
            self.services.create("ComponentLocation", addition.registration())
        for edit in self.before_registration:
            edit()
        carried = CarriedOperations(after=[*completing, *self.operations])
        self._is_registering = True
        self.services.commit(carried)
        replies = carried.replies
        if replies is None:
            return [None] * len(self.operations)
        return [reply.body if isinstance(reply, RawReply) else None for reply in replies[len(completing) :]]


def _is_refusal(error: BaseException) -> bool:
    """Return whether a commit that has raised *error* was certainly not carried out."""
    return isinstance(error, (ServerError, UsageError, TransportError))


def _is_component(entity: Entity) -> bool:
    return "component_locations" in entity.__attributes__


def failure_of(failed: dict[Entity, FtrackError]) -> StorageError:
    """Return the error for copies that failed while others were kept."""
    names = "; ".join(f"{component!r}: {error}" for component, error in list(failed.items())[:5])
    more = f"; and {len(failed) - 5} more" if len(failed) > 5 else ""
    return StorageError(
        f"{len(failed)} of the components were not added, the others were: {names}{more}",
        component_ids=[id_of(component) for component in failed],
    )
