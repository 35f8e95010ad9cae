"""A proxy that adds network latency: forwards TCP connections to a local server and delays the data.

    python -m benchmarks.delay_proxy PORT MILLISECONDS

Prints the port it listens on. MILLISECONDS is the round-trip time; half of it is added in each direction. The bandwidth
is not limited. Opening a connection takes one round-trip time as well, as it does in TCP.
"""

from __future__ import annotations

import asyncio
import sys


async def serve(port: int, seconds: float) -> None:
    """Listen until the process is terminated."""

    async def handle_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            _forward(reader, upstream_writer, seconds / 2), _forward(upstream_reader, writer, seconds / 2)
        )

    server = await asyncio.start_server(handle_connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Forward the data, each chunk *seconds* after it was read; many chunks can be delayed at the same time."""
    loop = asyncio.get_running_loop()
    delayed: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def write_delayed() -> None:
        while True:
            due, chunk = await delayed.get()
            await asyncio.sleep(due - loop.time())
            if not chunk:
                break
            writer.write(chunk)
            await writer.drain()
        writer.close()

    writing = asyncio.ensure_future(write_delayed())
    chunk = b"-"
    while chunk:
        try:
            chunk = await reader.read(1 << 16)
        except ConnectionError:
            chunk = b""
        delayed.put_nowait((loop.time() + seconds, chunk))
    try:
        await writing
    except ConnectionError:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
