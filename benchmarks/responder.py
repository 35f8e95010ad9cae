"""Edge: an HTTP server that sends prepared responses, in a process of its own.

    python -m benchmarks.responder [TASKS]

It prints its address when all responses are prepared. Connections are kept open. `GET /requests` returns the number of
requests to the API.
"""

from __future__ import annotations

import asyncio
import sys
import traceback

from .prepared_responses import PreparedResponses

_HEAD = "HTTP/1.1 {} \r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


class Connection(asyncio.Protocol):
    """The connection of a client, on which requests are received and answered in order."""

    def __init__(self, responses: PreparedResponses) -> None:
        self._responses = responses
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the responses."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Respond to every request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            request_line, *headers = self._received[:end].decode("latin-1").split("\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
            length = int(fields.get("content-length", 0))
            if len(self._received) < end + 4 + length:
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._respond(request_line, body)

    def _respond(self, request_line: str, body: bytes) -> None:
        status = "200 OK"
        try:
            if request_line.startswith("GET"):
                content = str(self._responses.requests).encode()
            else:
                content = self._responses.respond(body)
        except Exception:
            # A request without a prepared response is a defect of the benchmark: the client shows it and fails.
            status, content = "500 Not prepared", traceback.format_exc().encode()
        assert self._transport is not None
        self._transport.write(_HEAD.format(status, len(content)).encode() + content)


async def serve(responses: PreparedResponses) -> None:
    """Print the address and respond until the process is terminated."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(responses), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(PreparedResponses(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)))
