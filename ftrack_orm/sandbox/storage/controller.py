"""Edge: inspection and control of the storage of an embedded server by tests, `box.storage`.

Every method may be called from any thread, and has taken effect when it returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from ftrack_orm.errors import InvalidValue

from . import file_names
from .faults import Fault, FaultKind, Method
from .stored_file import StoredFile

if TYPE_CHECKING:
    from .storage import Storage
    from .traffic import StorageRequest
    from .transfers import FileStreaming
    from .uploads import UnfinishedUpload


class StorageController(Mapping[str, bytes]):
    """The files of a sandbox by component id: a mapping of ids to bytes, and the faults that tests ask for."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._transfers: FileStreaming | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self)} files>"

    @property
    def storage(self) -> Storage:
        """The storage itself, for the server."""
        return self._storage

    def attach(self, transfers: FileStreaming | None, loop: asyncio.AbstractEventLoop | None) -> None:
        """Control the transfers of a server that runs in *loop*; None detaches from it."""
        self._transfers, self._loop = transfers, loop

    # -- files ----------------------------------------------------------------------------------------------------

    def __getitem__(self, component_id: str) -> bytes:
        file = self._storage.files.find(component_id)
        if file is None:
            raise KeyError(component_id)
        return self._storage.files.content(file)

    def __iter__(self) -> Iterator[str]:
        return (file.component_id for file in self._storage.files)

    def __len__(self) -> int:
        return sum(1 for _ in self._storage.files)

    def __contains__(self, component_id: object) -> bool:
        return isinstance(component_id, str) and self._storage.files.find(component_id) is not None

    def file_name(self, component_id: str) -> str:
        """Return the name under which the file of a component was sent; raises `KeyError` for a missing one."""
        file = self._storage.files.find(component_id)
        if file is None:
            raise KeyError(component_id)
        return file.file_name

    def put(self, component_id: str, content: bytes, file_name: str = "file") -> None:
        """Store a file of a component, instead of an earlier one, without creating any entity."""
        writer = self._storage.files.create()
        try:
            writer.write(content)
            segment = writer.finish()
        finally:
            writer.discard()
        self._storage.files.put(StoredFile(component_id, file_name, file_names.content_type(file_name), (segment,)))

    def remove(self, component_id: str) -> bool:
        """Delete the file of a component and its unfinished uploads; return whether there was a file."""
        return self._storage.remove(component_id)

    @property
    def unfinished(self) -> tuple[UnfinishedUpload, ...]:
        """The uploads in several parts that are not completed, oldest first."""
        return self._storage.uploads.unfinished

    # -- requests -------------------------------------------------------------------------------------------------

    @property
    def requests(self) -> tuple[StorageRequest, ...]:
        """The last 20,000 finished requests for signed URLs, oldest first.

        A client may receive the end of a response before its request is recorded: use `wait_for`.
        """
        return self._storage.traffic.requests

    @property
    def in_progress(self) -> int:
        """The number of requests for signed URLs that are being answered."""
        return self._storage.traffic.in_progress

    @property
    def stalled(self) -> int:
        """The number of requests that a fault stalls at present."""
        return self._storage.traffic.stalled

    @property
    def most_in_progress(self) -> int:
        """The largest number of such requests at the same time, since the last `clear_requests`."""
        return self._storage.traffic.most_in_progress

    def clear_requests(self) -> None:
        """Forget the finished requests."""
        self._storage.traffic.clear()

    def wait_for(self, condition: Callable[[StorageController], bool], timeout: float = 10.0) -> None:
        """Wait until *condition*, called with this object, returns true.

        It is called first at once, and again after every change of the requests. Raises `TimeoutError` if it still
        returns false after *timeout* seconds.
        """
        self._storage.traffic.wait_for(lambda: condition(self), timeout)

    def wait_for_encoding(self, timeout: float = 60.0) -> None:
        """Wait until all jobs of `encode_media` have ended; raises `TimeoutError` after *timeout* seconds."""
        traffic = self._storage.traffic
        traffic.wait_for(lambda: traffic.unfinished_work == 0, timeout)

    # -- fault injection ------------------------------------------------------------------------------------------

    def fail(
        self,
        kind: FaultKind,
        *,
        count: int = 1,
        method: Method | None = None,
        component_id: str | None = None,
        part: int | None = None,
        after: int = 0,
        status: int = 500,
        seconds: float = 0.0,
    ) -> None:
        """Let the next *count* requests for signed URLs fail.

        Arguments:
            kind: "cut" closes the connection, "stall" stops sending or receiving until `release`, "status" responds
                with the HTTP *status*, "slow" waits for *seconds* before each piece of the body, "wrong_etag" responds
                to an upload with another `ETag`, "expired" refuses the signature, "corrupt" changes one byte.
            count: the number of requests; later ones are answered as usual.
            method: "PUT" or "GET", for uploads or downloads only.
            component_id: the component whose requests fail; every one by default.
            part: the number of the part that fails; 0 stands for uploads in one part.
            after: the bytes of the body that are sent or received before the fault.
            status: the HTTP status of "status".
            seconds: the delay of "slow".

        Raises `InvalidValue` for an unknown kind.
        """
        if method not in (None, "PUT", "GET"):
            raise InvalidValue(f"The method of a fault must be 'PUT' or 'GET', not {method!r}.")
        fault = Fault(kind, method, component_id, part, after, status, seconds)
        self._storage.faults.add(fault, count)

    @property
    def faults_due(self) -> int:
        """The number of requests that are still to fail."""
        return self._storage.faults.due

    def clear_faults(self) -> None:
        """Let no more requests fail, and the stalled ones continue."""
        self._storage.faults.clear()
        self.release()

    def release(self) -> None:
        """Let the requests that stall now continue."""
        transfers, loop = self._transfers, self._loop
        if transfers is not None and loop is not None:

            async def call() -> None:
                transfers.release()

            asyncio.run_coroutine_threadsafe(call(), loop).result(30)

    def expire_urls(self) -> None:
        """Let every signed URL that was given out so far be expired."""
        self._storage.signer.expire_all()

    def set_url_lifetime(self, seconds: int) -> None:
        """Let signed URLs that are given out from now on be valid for *seconds*, by the clock of the sandbox."""
        self._storage.url_seconds = seconds
