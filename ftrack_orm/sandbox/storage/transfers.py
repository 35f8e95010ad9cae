"""Edge: receives and sends the bytes of files in pieces, with the faults that tests ask for.

The disk is used in threads of its own: neither the event loop nor the thread of the database waits for bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from .file_store import PIECE_BYTES

if TYPE_CHECKING:
    from aiohttp import web

    from .faults import Fault
    from .file_store import FileStore
    from .segments import SegmentWriter
    from .stored_file import StoredFile
    from .traffic import Traffic

_T = TypeVar("_T")

#: Threads that read and write files.
_DISK_THREADS = 4


class TooManyBytes(Exception):
    """The body of a request has more bytes than were announced."""


class InjectedStatus(Exception):
    """A test asks for a response with this HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class FileStreaming:
    """Streams request bodies to segments and files to responses."""

    def __init__(self, files: FileStore, traffic: Traffic) -> None:
        self._files = files
        self._threads = ThreadPoolExecutor(_DISK_THREADS, thread_name_prefix="ftrack-sandbox-files")
        self._released = asyncio.Event()
        self._open: set[asyncio.Transport] = set()
        self._traffic = traffic
        self._is_stopping = False

    def stop(self) -> None:
        """Abort the transfers in progress, and end stalls."""
        self._is_stopping = True
        self._released.set()
        for transport in list(self._open):
            transport.abort()

    def close(self) -> None:
        """Release the threads."""
        self._threads.shutdown()

    def release(self) -> None:
        """Let the transfers that stall now continue. Must be called in the event loop."""
        self._released.set()
        self._released = asyncio.Event()

    async def run(self, function: Callable[[], _T]) -> _T:
        """Call *function*, which uses the disk, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    async def receive(
        self, request: web.Request, writer: SegmentWriter, max_bytes: int | None, fault: Fault | None
    ) -> int:
        """Write the body of a request and return its number of bytes.

        Raises `TooManyBytes` beyond *max_bytes*, `InjectedStatus`, and `ConnectionError` when the client disconnects or
        a fault cuts the connection.
        """
        received = 0
        pending = fault
        with self._registered(request):
            async for data in request.content.iter_chunked(PIECE_BYTES):
                if pending is not None and received + len(data) > pending.after:
                    await self._trigger(pending, request)
                    data = _corrupted(data) if pending.kind == "corrupt" else data
                    pending = None
                await self._slow_down(fault)
                received += len(data)
                if max_bytes is not None and received > max_bytes:
                    raise TooManyBytes(f"The request has more than the {max_bytes} bytes that were announced.")
                await self.run(partial(writer.write, data))
            if pending is not None:
                await self._trigger(pending, request)
        return received

    async def send(
        self, request: web.Request, response: web.StreamResponse, file: StoredFile, fault: Fault | None, bytes_: range
    ) -> None:
        """Send the *bytes_* of a file, given by their positions, as the body of a prepared response.

        Raises `ConnectionError` when the client disconnects, the file is removed, or a fault cuts the connection.
        """
        boundary = bytes_.stop if fault is None else min(bytes_.stop, bytes_.start + fault.after)
        with self._registered(request):
            for piece in file.pieces(bytes_.start, boundary, PIECE_BYTES):
                await self._slow_down(fault)
                await response.write(await self._read(request, piece))
            if fault is not None:
                await self._trigger(fault, request)
            is_corrupt = fault is not None and fault.kind == "corrupt"
            for piece in file.pieces(boundary, bytes_.stop, PIECE_BYTES):
                await self._slow_down(fault)
                data = await self._read(request, piece)
                await response.write(_corrupted(data) if is_corrupt else data)
                is_corrupt = False

    async def _read(self, request: web.Request, piece: tuple[str, int, int]) -> bytes:
        """Return the bytes of a piece; close the connection if they are lost, because the status is sent already."""
        try:
            data = await self.run(partial(self._files.read, *piece))
        except OSError as error:
            problem = str(error)
        else:
            if len(data) == piece[2]:
                return data
            problem = "it became shorter"
        raise _closed(request, f"The file cannot be sent completely: {problem}.")

    async def _trigger(self, fault: Fault, request: web.Request) -> None:
        """Do what a fault does at its position in the body."""
        if fault.kind == "status":
            raise InjectedStatus(fault.status)
        if fault.kind == "stall":
            with self._traffic.stalling():
                await self._released.wait()
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionAbortedError("The client has disconnected.")
        if fault.kind == "cut":
            raise _closed(request, "The connection was cut on purpose.")

    async def _slow_down(self, fault: Fault | None) -> None:
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)

    @contextmanager
    def _registered(self, request: web.Request) -> Iterator[None]:
        """Let `stop` abort the transfer of the block."""
        transport = request.transport
        if transport is None or self._is_stopping:
            raise ConnectionAbortedError("The connection was closed or the server is stopping.")
        self._open.add(transport)
        try:
            yield
        finally:
            self._open.discard(transport)


def _closed(request: web.Request, reason: str) -> ConnectionAbortedError:
    """Close a connection after sending the bytes that are buffered, and return the error to raise."""
    if request.transport is not None:
        request.transport.close()
    return ConnectionAbortedError(reason)


def _corrupted(data: bytes) -> bytes:
    return bytes([data[0] ^ 0xFF]) + data[1:]
