"""Edge: an accessor for the storage of the ftrack server, where resource identifiers are ids of components."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, cast

from ftrack_orm.errors import ResourceExists, ResourceNotFound, StorageError, StorageUnsupported, quoted
from ftrack_orm.storage.upload import Upload
from ftrack_orm.storage.urls import component_url, thumbnail_url
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.headers import session_headers

from .base import Accessor, PieceProgress, Target

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator

    from ftrack_orm.settings import Settings
    from ftrack_orm.storage.progress import Progress
    from ftrack_orm.storage.transfers import Transfers
    from ftrack_orm.storage.upload import SourceLike
    from ftrack_orm.transport.base import Response, Transport
    from ftrack_orm.wire.operations import Operation

#: Files up to this size are kept in memory while a stream is read or written.
_MEMORY_BYTES: Final = 8 * 1024 * 1024
_TOTAL_SIZE: Final = re.compile(r"bytes \S+/(\d+)")


class ServerAccessor(Accessor):
    """Reads and writes the files of components in the server's storage.

    It has no containers and no paths. *transfers* returns the transfers of the session, and *call* sends operations.
    *name_of* returns the file name of a component, which a download gets.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        transfers: Callable[[], Transfers],
        call: Callable[[Sequence[Operation]], builtins.list[Any]],
        name_of: Callable[[str], str],
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._transfers = transfers
        self._call = call
        self._name_of = name_of

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.server_url!r})"

    def list(self, resource_identifier: str = "") -> builtins.list[str]:
        raise StorageUnsupported("The server's storage cannot be listed. Query the components of the location instead.")

    def is_file(self, resource_identifier: str) -> bool:
        with self._probed(resource_identifier) as response:
            return response.status != 404

    def is_container(self, resource_identifier: str) -> bool:
        return resource_identifier == ""

    def size(self, resource_identifier: str) -> int:
        with self._probed(resource_identifier) as response:
            if response.status == 404:
                raise _not_found(resource_identifier)
            total = _TOTAL_SIZE.match(response.headers.get("content-range", ""))
            return int(total[1] if total else response.headers.get("content-length", 0))

    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        if mode == "rb":
            stream = cast("BinaryIO", _temporary_file())
            try:
                self.read_into(resource_identifier, stream)
                stream.seek(0)
            except BaseException:
                stream.close()
                raise
            return stream
        if mode in ("wb", "xb"):
            return cast("BinaryIO", _UploadedWhenClosed(self, resource_identifier, overwrite=mode == "wb"))
        raise StorageUnsupported(f"Files are opened with rb, wb or xb, not {quoted(mode)}.")

    def remove(self, resource_identifier: str) -> None:
        self._transfers().remove([resource_identifier])

    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        """Do nothing: the server's storage has no containers."""

    def get_container(self, resource_identifier: str) -> str:
        return ""

    def write(
        self,
        resource_identifier: str,
        source: SourceLike,
        *,
        overwrite: bool = False,
        progress: PieceProgress | None = None,
    ) -> int:
        if not overwrite and self.is_file(resource_identifier):
            raise ResourceExists(
                f"The component {quoted(resource_identifier)} has a file on the server already.",
                resource_identifier=resource_identifier,
            )
        transfers = self._transfers()
        upload = Upload(resource_identifier, source, self._name_of(resource_identifier))
        counted = _Pieces(progress)
        metadata = self._call(transfers.prepare([upload]))
        try:
            completing = transfers.send([upload], metadata, progress=counted)
            if completing:
                self._call(completing)
        except BaseException:
            transfers.discard([upload])
            raise
        transfers.finish([upload])
        return self.size(resource_identifier)

    def read_into(
        self,
        resource_identifier: str,
        target: Target,
        *,
        overwrite: bool = False,
        progress: PieceProgress | None = None,
    ) -> int:
        url = component_url(self._settings, resource_identifier)
        return self._transfers().download(lambda: url, target, overwrite=overwrite, progress=_Pieces(progress))

    def get_url(self, resource_identifier: str) -> str:
        """Return the URL of the file. It contains the API key: do not pass it on, and do not log it."""
        return component_url(self._settings, resource_identifier, with_key=True)

    def get_thumbnail_url(self, resource_identifier: str, size: int | None = None) -> str:
        """Return the URL of the picture of a component, at most *size* pixels wide and high.

        It contains the API key: do not pass it on, and do not log it.
        """
        return thumbnail_url(self._settings, resource_identifier, 300 if size is None else size)

    @contextmanager
    def _probed(self, resource_identifier: str) -> Iterator[Response]:
        """Request the first byte of a file; the block gets the response, whose status is 404 for a missing file."""
        request = Request(
            "GET",
            component_url(self._settings, resource_identifier),
            {**session_headers(self._settings), "range": "bytes=0-0"},
            timeout=self._settings.timeout,
            idempotent=True,
            stream=True,
        )
        with self._transport.send(request) as response:
            # 416 is the reply to a range of an empty file.
            if response.status >= 400 and response.status not in (404, 416):
                raise StorageError(
                    f"The server replied with the status {response.status} when asked for the file of the component "
                    f"{quoted(resource_identifier)}.",
                    resource_identifier=resource_identifier,
                )
            yield response


class _Pieces:
    """Turns the progress of a transfer into numbers of bytes."""

    def __init__(self, progress: PieceProgress | None) -> None:
        self._progress = progress
        self._done = 0

    def __call__(self, progress: Progress) -> None:
        count, self._done = progress.bytes_done - self._done, progress.bytes_done
        if self._progress is not None and count:
            self._progress(count)


class _UploadedWhenClosed:
    """A stream for writing, which is uploaded when it is closed. A `with` block that raises discards it."""

    def __init__(self, accessor: ServerAccessor, identifier: str, *, overwrite: bool) -> None:
        if not overwrite and accessor.is_file(identifier):
            raise ResourceExists(
                f"The component {quoted(identifier)} has a file on the server already.", resource_identifier=identifier
            )
        self._accessor = accessor
        self._identifier = identifier
        self._stream = _temporary_file()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> _UploadedWhenClosed:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()
        else:
            self._stream.close()

    def close(self) -> None:
        """Upload what was written."""
        if self._stream.closed:
            return
        try:
            self._stream.seek(0)
            self._accessor.write(self._identifier, cast("BinaryIO", self._stream), overwrite=True)
        finally:
            self._stream.close()


def _temporary_file() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(_MEMORY_BYTES)  # the caller closes it


def _not_found(resource_identifier: str) -> ResourceNotFound:
    return ResourceNotFound(
        f"The component {quoted(resource_identifier)} has no file on the server.",
        resource_identifier=resource_identifier,
    )
