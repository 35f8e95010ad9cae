"""Edge: one open websocket of the event server, with what waits to be sent over it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from aiohttp import web

_LOG = logging.getLogger(__name__)

#: Characters that may wait for a client that reads too slowly; one that lets more come together is disconnected.
LARGEST_BACKLOG = 64 * 1024 * 1024


class ClientConnection:
    """A websocket that is written to in order and never waited for.

    *flowing* holds everything back while it is not set, without closing. Times are those of the event loop, in seconds.
    """

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, flowing: asyncio.Event) -> None:
        self._socket = socket
        self._request = request
        self._flowing = flowing
        self._waiting: deque[str] = deque()
        self._backlog = 0
        self._is_cut = False
        self._wake = asyncio.Event()
        self._writer = asyncio.get_running_loop().create_task(self._write())
        self.heard_at = asyncio.get_running_loop().time()

    def send(self, packet: str) -> None:
        """Have a packet sent after those before it; a client that is too far behind is cut off instead."""
        if self._is_cut:
            return
        self._backlog += len(packet)
        if self._backlog > LARGEST_BACKLOG:
            _LOG.warning("The embedded server cut off a client that reads its events too slowly.")
            self.cut()
            return
        self._waiting.append(packet)
        self._wake.set()

    def cut(self) -> None:
        """End the connection without a word, as a broken line does."""
        self._is_cut = True
        self._writer.cancel()
        self._waiting.clear()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self) -> None:
        """Stop writing; what still waits is dropped."""
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._flowing.wait()
                    packet = self._waiting.popleft()
                    self._backlog -= len(packet)
                    await self._socket.send_str(packet)
        except (ConnectionError, RuntimeError):
            # The client is gone; whoever reads from the socket sees that too.
            self.cut()
