"""Edge: one open websocket connection of the event server, with the queue of packets to send."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

logger = logging.getLogger(__name__)

#: Bytes of memory that packets may take that are queued for a client that reads too slowly. A client with a longer
#: queue is disconnected.
MAX_QUEUED_BYTES = 64 * 1024 * 1024


def _size_in_memory(packet: str) -> int:
    # A text takes up to four bytes for each character, and some fifty more, which count for many short packets.
    return sys.getsizeof(packet)


class ClientConnection:
    """A websocket that sends packets in order without blocking the caller.

    While *sending_allowed* is not set, packets stay in the queue and the connection stays open. Times are those of the
    event loop, in seconds.
    """

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, sending_allowed: asyncio.Event) -> None:
        self._socket = socket
        self._request = request
        self._sending_allowed = sending_allowed
        self._queue: deque[str] = deque()
        self._queued_bytes = 0
        self._is_aborted = False
        self._has_packets = asyncio.Event()
        self._sender = asyncio.get_running_loop().create_task(self._send_queued())
        self.last_received_at = asyncio.get_running_loop().time()

    def send(self, packet: str) -> None:
        """Queue a packet. If the queue is too long, abort the connection instead."""
        if self._is_aborted:
            return
        self._queued_bytes += _size_in_memory(packet)
        if self._queued_bytes > MAX_QUEUED_BYTES:
            logger.warning("The embedded server disconnected a client that reads its events too slowly.")
            self.abort()
            return
        self._queue.append(packet)
        self._has_packets.set()

    def abort(self) -> None:
        """Close the connection at once, without a closing handshake, as a network failure does."""
        self._is_aborted = True
        self._sender.cancel()
        self._queue.clear()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self) -> None:
        """Stop sending and drop the queued packets."""
        self._sender.cancel()
        await asyncio.gather(self._sender, return_exceptions=True)

    async def _send_queued(self) -> None:
        try:
            while True:
                await self._has_packets.wait()
                self._has_packets.clear()
                while self._queue:
                    await self._sending_allowed.wait()
                    packet = self._queue.popleft()
                    self._queued_bytes -= _size_in_memory(packet)
                    await self._socket.send_str(packet)
        except (ConnectionError, RuntimeError):
            # The client has disconnected; the coroutine that receives from the socket notices it as well.
            self.abort()
