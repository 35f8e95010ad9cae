"""State: several files, and everything else that is created with them, published with two requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import CommitOutcomeUnknown, UsageError
from ftrack_orm.schema.facts import SERVER_LOCATION_ID

from .component_creation import LocationChoice, add_new, remember_origins, target_copies, target_for
from .encoding import encoding_operation, job_of
from .new_components import ComponentFiles, NewComponent, new_component
from .pending_references import check_committed
from .publication import Publication

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.transport.cancellation import Cancellation


class Review:
    """A file that the server encodes: its *component*, and its job once the block has ended."""

    def __init__(self, services: Services, component: Entity) -> None:
        self._services = services
        self._reply: Any = None
        self.component = component

    @property
    def job(self) -> Entity:
        """The job that encodes the file. Raises `UsageError` before the block has ended."""
        if self._reply is None:
            raise UsageError("The server has not been asked to encode the file yet: the job exists after the block.")
        return job_of(self._services, self._reply)


class TransferBlock:
    """The files of a `with session.transfer()` block, which are published at its end."""

    def __init__(self, services: Services, publication: Publication) -> None:
        self._services = services
        self._publication = publication
        self._created: list[NewComponent] = []
        self._reviews: list[Review] = []

    def component(
        self,
        version: Entity | None,
        files: ComponentFiles,
        data: Mapping[str, Any] | None = None,
        *,
        location: LocationChoice = "auto",
        **attributes: Any,
    ) -> Entity:
        """Return a new component of *version* with its files, which are added to *location* at the end of the block.

        *files*, *data* and *location* are those of `Session.create_component`; *attributes* are further data.
        """
        values = {**(data or {}), **attributes}
        if version is not None:
            check_committed(version, self._services.workspace.journal, "a file of it")
            values = {name: value for name, value in values.items() if name not in ("version", "version_id")}
            values["version"] = version
        return self._add(files, values, location)

    def thumbnail(
        self, entity: Entity, files: ComponentFiles, data: Mapping[str, Any] | None = None, **attributes: Any
    ) -> Entity:
        """Return a new component on the server that becomes the thumbnail of *entity* at the end of the block."""
        if not isinstance(entity, Entity) or "thumbnail_id" not in entity.__attributes__:
            raise UsageError(f"{entity!r:.200} cannot have a thumbnail.")
        check_committed(entity, self._services.workspace.journal, "a thumbnail")
        values = {**(data or {}), **attributes}
        component = self._add(files, {**values, "name": values.get("name") or "thumbnail"}, SERVER_LOCATION_ID)

        def set_thumbnail() -> None:
            entity["thumbnail_id"] = component["id"]

        self._publication.before_registration.append(set_thumbnail)
        return component

    def review(
        self,
        version: Entity | str | None,
        files: ComponentFiles,
        data: Mapping[str, Any] | None = None,
        *,
        keep_original: bool | str = "auto",
        **attributes: Any,
    ) -> Review:
        """Upload a file, and let the server encode it for *version*, so that browsers can play it.

        *keep_original* keeps the uploaded file as a component of the version. `"auto"` stands for False.
        """
        if isinstance(version, Entity):
            check_committed(version, self._services.workspace.journal, "a file of it")
        keeps = keep_original is True
        values = {**(data or {}), **attributes}
        if keeps and isinstance(version, Entity):
            values["version"] = version
        elif keeps and version is not None:
            values["version_id"] = version
        review = Review(self._services, self._add(files, values, SERVER_LOCATION_ID))
        self._reviews.append(review)
        self._publication.operations.append(
            encoding_operation(review.component, version, False if keep_original == "auto" else keep_original)
        )
        return review

    def _add(self, files: ComponentFiles, data: Mapping[str, Any], location: LocationChoice) -> Entity:
        services = self._services
        target = target_for(services, location, data)
        new = new_component(services, files, data, requires_files=target_copies(target))
        if target is not None:
            add_new(self._publication, new, target)
        self._created.append(new)
        return new.entity

    def _finish(self, replies: list[Any]) -> None:
        remember_origins(self._services, self._created)
        for review, reply in zip(self._reviews, replies, strict=True):
            review._reply = reply
            if reply is None:
                raise CommitOutcomeUnknown(
                    f"{review.component!r} is on the server and is being encoded, but the id of its job was lost with "
                    "the connection. Query the jobs of the user to find it."
                )


@contextmanager
def transfer(
    services: Services,
    *,
    progress: ProgressOption = None,
    cancellation: Cancellation | None = None,
    checksum: bool = False,
) -> Iterator[TransferBlock]:
    """Publish the files and the edits of the block at its end; see `Session.transfer`."""
    publication = Publication(services, progress, cancellation, checksum=checksum)
    block = TransferBlock(services, publication)
    try:
        with services.apart():
            yield block
            replies = publication.publish()
    except BaseException as error:
        publication.undo(error)
        raise
    publication.announce()
    block._finish(replies)
