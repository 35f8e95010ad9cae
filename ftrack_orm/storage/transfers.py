"""Edge: moves bytes between files and the server's storage, several files and parts at the same time."""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import FtrackError, InvalidValue, SessionClosed, StorageError
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.thread_pool import DaemonThreadPool
from ftrack_orm.wire.replies import RawReply

from .active_upload import ActiveUpload
from .answers import refused
from .display import shown_progress
from .operations import read_signed_url, signed_url
from .parallel import JobGroup
from .progress_meter import ProgressMeter
from .receiving import Receiver
from .reception import Download
from .retrying import RetryPolicy
from .sending import PartSender
from .sources import open_source
from .state_file import StateFile
from .urls import checked_id, component_url, removal_url

if TYPE_CHECKING:
    import os

    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.cancellation import Cancellation
    from ftrack_orm.transport.channel import BackgroundWorker
    from ftrack_orm.wire.operations import Operation, ServerCall

    from .progress import ProgressOption
    from .targets import TargetLike
    from .upload import SourceLike, Upload

logger = logging.getLogger("ftrack_orm.storage")

#: The number of requests that one transfer has in progress at the same time.
MAX_PARALLEL = 8
#: The number of threads for all transfers of a session that run at the same time.
MAX_THREADS = 64


class Transfers:
    """The transfers of one session.

    *call* sends operations to the server, *transport* all other requests. *pool* runs transfers in the background; the
    thread that calls takes part. *is_closed* returns whether the session is closed. *wait*, *clock* and *jitter* are
    for tests: the delay before a retry, the time, and the random factor of the delay.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        call: ServerCall,
        *,
        pool: BackgroundWorker | None = None,
        is_closed: Callable[[], bool] = lambda: False,
        wait: Callable[[float, Cancellation | None], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: random.uniform(1.0, 1.5),
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._call = call
        self._pool = DaemonThreadPool(MAX_THREADS) if pool is None else pool
        self._is_closed = is_closed
        self._clock = clock
        policy = RetryPolicy(settings.retries, _wait if wait is None else wait, jitter)
        self._sender = PartSender(transport, policy, settings.timeout)
        self._receiver = Receiver(settings, transport, policy)

    # -- uploads -------------------------------------------------------------------------------------------------------

    def prepare(self, items: Sequence[Upload]) -> list[Operation]:
        """Return the operations that ask the server where to send *items*, one for each that has to be asked for.

        The replies belong to `send`. The operations can travel in the commit that creates the components. An item that
        is continued needs none: it was asked for before. Raises `StorageError` for a source that cannot be read or is
        too large, and then opens none of them.
        """
        unopened = [item for item in items if item.active is None]
        try:
            # Small files are read for their checksums, by several threads.
            with JobGroup(self._pool, MAX_PARALLEL) as group:
                group.run([functools.partial(self._open, item) for item in unopened])
        except BaseException:
            for item in unopened:
                self._close(item)  # their state files stay
            raise
        return [active.operation() for active in map(_active, items) if active.destination is None]

    def send(
        self,
        items: Sequence[Upload],
        metadata: Sequence[Any],
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> list[Operation]:
        """Send the bytes of *items*, and return the operations that complete those of several parts.

        *metadata* are the replies (or their data) to the operations of `prepare`, in that order. The operations that
        are returned travel with the commit of the `ComponentLocation` entities. Call `finish` afterwards.

        Raises `StorageError`, `TransportError` or `RequestCancelled`. The parts that have arrived are remembered in
        *items*: give them to `prepare` and `send` again to continue, or to `discard`.
        """
        uploads = [_active(item) for item in items]
        asked = [upload for upload in uploads if upload.destination is None]
        if len(asked) != len(metadata):
            raise InvalidValue(f"{len(asked)} replies to the operations of prepare are needed, not {len(metadata)}.")
        for upload in uploads:
            upload.was_renewed = False
        _accept(asked, metadata)
        metadata = ()  # signed URLs, which a traceback with variables would show
        total = sum(upload.source.size for upload in uploads)
        with self._group(progress, cancellation, "Uploading", len(uploads), total) as (group, meter):
            for upload in uploads:
                missing = upload.missing
                meter.add(upload.name, upload.source.size - sum(part.size for part in missing))
                if not missing:
                    meter.finish_file(upload.name)
            self._send_parts(uploads, group, meter)
            expired = [upload for upload in uploads if upload.is_expired]
            if expired:
                self._renew(expired, meter)
                self._send_parts(expired, group, meter)
        return [operation for upload in uploads if (operation := upload.completion()) is not None]

    def upload(
        self, items: Sequence[Upload], *, progress: ProgressOption = None, cancellation: Cancellation | None = None
    ) -> list[Operation]:
        """Prepare and send *items* in one go, with a request for the destinations; return the operations of `send`."""
        operations = self.prepare(items)
        return self.send(
            items, self._call(operations) if operations else [], progress=progress, cancellation=cancellation
        )

    def resumable(self, state_file: str | os.PathLike[str], source: SourceLike) -> str | None:
        """Return the id of the component whose upload *state_file* describes, if it can be continued, or None.

        It can be continued if the file exists and the source is the same and was not changed since. The component
        exists already: make an `Upload` with its id, that source and that state file, and send the missing parts.
        Raises `StorageError` for a file that is no state of an upload, or that of another source.
        """
        opened = open_source(source)
        try:
            state = StateFile(Path(state_file)).read_for(opened.name)
            if state is None or not state.matches(self._settings.server_url, opened.fingerprint()):
                return None
            return state.component_id
        finally:
            opened.close()

    def finish(self, items: Iterable[Upload]) -> None:
        """Release the sources of *items*, and delete their state files. Call it when their components are committed."""
        for item in items:
            active = item.active
            self._close(item)
            if active is not None:
                active.forget()

    def discard(self, items: Iterable[Upload]) -> None:
        """Give up *items*: remove their bytes from the server's storage, and delete their state files.

        Uploads with state files that are to be continued are not given up. Raises nothing: a file that cannot be
        removed is logged.
        """
        for item in items:
            active = item.active
            if active is not None and active.has_begun:
                try:
                    self._remove(item.component_id, None)
                except StorageError as error:
                    # Parts that were not joined are no file. ftrack has no action to remove them.
                    logger.debug("The storage has no file of the component %s: %s", item.component_id, error)
                except FtrackError as error:
                    logger.warning("The file of the component %s was not removed: %s", item.component_id, error)
            try:
                self.finish([item])
            except StorageError as error:
                logger.warning("%s", error)

    def remove(self, component_ids: Sequence[str], *, cancellation: Cancellation | None = None) -> None:
        """Remove the files of components from the server's storage. Raises `StorageError` for one that is not there."""
        self._check_open()
        with JobGroup(self._pool, MAX_PARALLEL, cancellation) as group:
            group.run([functools.partial(self._remove, each, group.stop) for each in component_ids])

    # -- downloads -----------------------------------------------------------------------------------------------------

    def download(
        self,
        url: Callable[[], str],
        target: TargetLike,
        *,
        size: int | None = None,
        md5: str | None = None,
        overwrite: bool = False,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> int:
        """Download one file, and return its number of bytes. The arguments are those of `Download`.

        Credentials of the session are sent to the session's own server only: *url* needs none, as that of
        `component_url`. A file appears at its path when it is complete, and never replaces another one unless
        *overwrite*. Raises `StorageError`, `TransportError` or `RequestCancelled`.
        """
        item = Download(url, target, size, md5, overwrite)
        return self.download_many([item], progress=progress, cancellation=cancellation)[0]

    def download_many(
        self, items: Sequence[Download], *, progress: ProgressOption = None, cancellation: Cancellation | None = None
    ) -> list[int]:
        """Download several files at the same time, and return their numbers of bytes.

        When one fails, the others are stopped, and the error is raised. Files that are complete stay.
        """
        sizes = [0] * len(items)
        with self._group(progress, cancellation, "Downloading", len(items), None if items else 0) as (group, meter):

            def receive(index: int) -> None:
                sizes[index] = self._receiver.receive(items[index], meter, group.stop)

            group.run([functools.partial(receive, index) for index in range(len(items))])
        return sizes

    def download_components(
        self,
        targets: Mapping[str, TargetLike],
        *,
        overwrite: bool = False,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> list[int]:
        """Download the files of components from the server's storage, each to its target; see `download_many`."""
        items = [
            Download(functools.partial(self.component_url, checked_id(component_id)), target, overwrite=overwrite)
            for component_id, target in targets.items()
        ]
        return self.download_many(items, progress=progress, cancellation=cancellation)

    # -- URLs ----------------------------------------------------------------------------------------------------------

    def component_url(self, component_id: str) -> str:
        """Return the URL of a component's file for `download`, which adds the credentials as headers."""
        return component_url(self._settings, component_id)

    def signed_urls(self, component_ids: Sequence[str], operation: str = "get") -> list[str]:
        """Return a signed URL for each of the components: it needs no credentials and expires. Makes one request."""
        if not component_ids:
            return []
        replies = self._call([signed_url(component_id, operation) for component_id in component_ids])
        return [read_signed_url(_body(reply), self._settings.server_url) for reply in replies]

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _open(self, item: Upload) -> None:
        source = open_source(item.source)
        try:
            server_url = self._settings.server_url
            item.active = ActiveUpload(item.component_id, item.file_name, source, server_url, item.state_file)
            source.release()
        except BaseException:
            source.close()
            raise

    def _close(self, item: Upload) -> None:
        active, item.active = item.active, None
        if active is not None:
            active.close()

    @contextmanager
    def _group(
        self,
        progress: ProgressOption,
        cancellation: Cancellation | None,
        title: str,
        files_total: int,
        bytes_total: int | None,
    ) -> Iterator[tuple[JobGroup, ProgressMeter]]:
        self._check_open()
        with (
            JobGroup(self._pool, MAX_PARALLEL, cancellation) as group,
            shown_progress(progress, title) as callback,
        ):
            yield (
                group,
                ProgressMeter(
                    callback, group.fail, files_total=files_total, bytes_total=bytes_total, clock=self._clock
                ),
            )

    def _check_open(self) -> None:
        if self._is_closed():
            raise SessionClosed("The session is closed and transfers no files.")

    def _send_parts(self, uploads: Sequence[ActiveUpload], group: JobGroup, meter: ProgressMeter) -> None:
        group.run(
            [
                functools.partial(self._sender.send, upload, part, meter, group.stop)
                for upload in uploads
                for part in upload.missing
            ]
        )

    def _renew(self, expired: Sequence[ActiveUpload], meter: ProgressMeter) -> None:
        """Ask for new destinations, because signed URLs expire. Parts that have arrived elsewhere are sent again."""
        before = [sum(part.size for part in upload.missing) for upload in expired]
        _accept(expired, self._call([upload.operation() for upload in expired]))
        for upload, missing in zip(expired, before, strict=True):
            upload.was_renewed = True
            meter.add(upload.name, missing - sum(part.size for part in upload.missing))

    def _remove(self, component_id: str, cancellation: Cancellation | None) -> None:
        response = self._transport.send(self._removal(component_id), cancellation)
        if response.status >= 400:
            raise refused(f"The file of the component {component_id} was not removed", response.status, response.read())

    def _removal(self, component_id: str) -> Request:
        # ftrack documents no other way to pass the credentials here. They are no variable of a frame that can fail.
        url = removal_url(self._settings, component_id, with_key=True)
        return Request("GET", url, timeout=self._settings.timeout, idempotent=True)


def _active(item: Upload) -> ActiveUpload:
    if item.active is None:
        raise InvalidValue(f"The upload of {item.file_name!r} was not prepared, or was finished.")
    return item.active


def _accept(uploads: Sequence[ActiveUpload], replies: Sequence[Any]) -> None:
    for upload, reply in zip(uploads, replies, strict=True):
        upload.accept(_body(reply))


def _body(reply: Any) -> Any:
    return reply.body if isinstance(reply, RawReply) else reply


def _wait(seconds: float, cancellation: Cancellation | None) -> None:
    if cancellation is None:
        time.sleep(seconds)
    else:
        cancellation.wait(seconds)
