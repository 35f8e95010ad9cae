"""Edge: moves bytes between files and the server's storage, several files and parts at the same time."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Union

import attrs

from .urls import component_url

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.cancellation import Cancellation
    from ftrack_orm.transport.channel import BackgroundWorker
    from ftrack_orm.wire.operations import Operation, ServerCall

    from .progress import ProgressOption
    from .upload import SourceLike, Upload

#: Where the bytes of a download go: a path, which is written atomically, or a binary stream.
TargetLike = Union[str, os.PathLike[str], BinaryIO]


@attrs.frozen
class Download:
    """One file to download: *url* returns its URL, and is called again once when the URL has expired.

    *target* is a path or a binary stream. *size* and *md5* (hexadecimal) are compared with the bytes that arrive, if
    they are known. A target that exists is an error, unless *overwrite*.
    """

    url: Callable[[], str] = attrs.field(repr=False)
    target: TargetLike
    size: int | None = None
    md5: str | None = None
    overwrite: bool = False


class Transfers:
    """The transfers of one session.

    *call* sends operations to the server. *transport* sends all other requests. *pool* runs transfers in the background.
    *wait*, *clock* and *jitter* are for tests: the delay before a retry, the time, and its random factor.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        call: ServerCall,
        *,
        pool: BackgroundWorker | None = None,
        wait: Callable[[float, Cancellation | None], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: random.uniform(1.0, 1.5),
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._call = call

    # -- uploads -------------------------------------------------------------------------------------------------------

    def prepare(self, items: Sequence[Upload]) -> list[Operation]:
        """Return the operations that ask the server where to send *items*, one for each that has to be asked for.

        The replies belong to `send`. The operations can travel in the commit that creates the components. An item that
        is continued needs none: it was asked for before. Raises `StorageError` for a source that cannot be read.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def resumable(self, state_file: str | os.PathLike[str], source: SourceLike) -> str | None:
        """Return the id of the component whose upload *state_file* describes, if it can be continued, or None.

        It can be continued if the file exists and the source is the same and was not changed since. The component
        exists already: make an `Upload` with its id, that source and that state file, and `send` what is missing.
        """
        raise NotImplementedError

    def finish(self, items: Iterable[Upload]) -> None:
        """Release the sources of *items*, and delete their state files. Call it when their components are committed."""
        raise NotImplementedError

    def discard(self, items: Iterable[Upload]) -> None:
        """Give up *items*: remove from the server's storage what has arrived, and delete their state files.

        Raises nothing: a file that cannot be removed is logged.
        """
        raise NotImplementedError

    def remove(self, component_ids: Sequence[str], *, cancellation: Cancellation | None = None) -> None:
        """Remove the files of components from the server's storage. Raises `StorageError` for one that is not there."""
        raise NotImplementedError

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
        self,
        items: Sequence[Download],
        *,
        progress: ProgressOption = None,
        cancellation: Cancellation | None = None,
    ) -> list[int]:
        """Download several files at the same time, and return their numbers of bytes.

        When one fails, the others are stopped, and the error is raised. Files that are complete stay.
        """
        raise NotImplementedError

    # -- URLs ----------------------------------------------------------------------------------------------------------

    def component_url(self, component_id: str) -> str:
        """Return the URL of a component's file for `download`, which adds the credentials as headers."""
        return component_url(self._settings, component_id)

    def signed_urls(self, component_ids: Sequence[str], operation: str = "get") -> list[str]:
        """Return a signed URL for each of the components: it needs no credentials and expires. Makes one request."""
        raise NotImplementedError
