"""A line of a given length: forwards TCP to a server of this machine, and lets everything arrive later.

    python -m benchmarks.delay_proxy PORT MILLISECONDS

Prints the port it listens on. MILLISECONDS is the time a question and its answer take on the line together; half of it
is spent each way. Bandwidth is not limited, and opening a connection costs one such time as well, as it does in TCP.
"""

from __future__ import annotations

import asyncio
import sys


async def serve(port: int, seconds: float) -> None:
    """Listen until the process is ended."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            _forward(reader, upstream_writer, seconds / 2), _forward(upstream_reader, writer, seconds / 2)
        )

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Hand on what is read, each piece *seconds* after it came; a slow line delays, but holds many pieces at once."""
    loop = asyncio.get_running_loop()
    on_the_line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, piece = await on_the_line.get()
            await asyncio.sleep(due - loop.time())
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        writer.close()

    arriving = asyncio.ensure_future(arrive())
    piece = b"-"
    while piece:
        try:
            piece = await reader.read(1 << 16)
        except ConnectionError:
            piece = b""
        on_the_line.put_nowait((loop.time() + seconds, piece))
    try:
        await arriving
    except ConnectionError:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
