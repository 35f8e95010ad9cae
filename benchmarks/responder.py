"""Edge: an HTTP server that does nothing but hand out prepared answers, in a process of its own.

    python -m benchmarks.responder [TASKS]

It prints its address when everything is prepared. Connections are kept open. `GET /requests` tells how many calls of
the API there were.
"""

from __future__ import annotations

import asyncio
import sys
import traceback

from .answers import Answers

_HEAD = "HTTP/1.1 {} \r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


class Connection(asyncio.Protocol):
    """One client's connection: requests come in, one after the other, and are answered from what is prepared."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            line, *headers = self._received[:end].decode("latin-1").split("\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
            length = int(fields.get("content-length", 0))
            if len(self._received) < end + 4 + length:
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._answer(line, body)

    def _answer(self, line: str, body: bytes) -> None:
        status = "200 OK"
        try:
            content = str(self._answers.requests).encode() if line.startswith("GET") else self._answers.respond(body)
        except Exception:
            # A question nobody prepared for is a defect of the benchmark: it is shown where it runs, and ends it.
            status, content = "500 Not prepared", traceback.format_exc().encode()
        assert self._transport is not None
        self._transport.write(_HEAD.format(status, len(content)).encode() + content)


async def serve(answers: Answers) -> None:
    """Print the address and answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Answers(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)))
