"""Edge: an event server that sends prepared events as fast as clients receive them, for `benchmarks/events.py`.

    python -m benchmarks.event_feed

Prints the port it listens on. It accepts all credentials and acknowledges every event. When an event with the topic
`bench.start` arrives, it sends `data.count` events of the kind `data.kind` to that connection: `update` for events of a
status change on a task (1.4 kB), `small` for minimal events (0.2 kB). The frames are prepared before the first one is
sent and written in batches, so the server is several times faster than any client in Python.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import uuid

from aiohttp import WSMsgType, web

#: The number of different events. Each is sent with a new id, so that clients do not take it for a duplicate.
DIFFERENT_EVENTS = 50
EVENTS_PER_WRITE = 100
#: Bytes in the write buffer above which the server waits for the client.
MAX_BUFFERED_BYTES = 4 * 2**20
HEARTBEAT_SECONDS = 5.0

_ID = b"0" * 32
_NUMBERS = itertools.count()


def update_event(number: int) -> dict[str, object]:
    """Return the `ftrack.update` event of a status change on a task, with a placeholder for its id."""
    task, shot, sequence, project = (str(uuid.UUID(int=number * 4 + offset)) for offset in range(4))
    chain = [
        (task, "task", "Task", shot),
        (shot, "task", "Shot", sequence),
        (sequence, "task", "Sequence", project),
        (project, "show", "Project", None),
    ]
    parents = [
        {"entityId": own, "entityType": kind, "entity_type": name, "parentId": above}
        for own, kind, name, above in chain
    ]
    entity = {
        "entity_type": "Task",
        "entityType": "task",
        "objectTypeId": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c",
        "entityId": task,
        "parentId": shot,
        "action": "update",
        "keys": ["statusid"],
        "changes": {"statusid": {"old": str(uuid.uuid4()), "new": str(uuid.uuid4())}},
        "parents": parents,
    }
    user = {"userid": str(uuid.uuid4()), "name": "Jane Doe"}
    return {
        "id": _ID.decode(),
        "topic": "ftrack.update",
        "sent": None,
        "target": "",
        "inReplyToEvent": None,
        "source": {"id": uuid.uuid4().hex, "applicationId": "ftrack.client.web", "user": {"username": "jane"}},
        "data": {"entities": [entity], "parents": [own for own, *_ in chain], "user": user, "pushToken": "p"},
    }


def small_event() -> dict[str, object]:
    """Return an event with no data."""
    source = {"id": uuid.uuid4().hex, "user": {"username": "jane"}}
    return {
        "id": _ID.decode(),
        "topic": "ftrack.update",
        "sent": None,
        "target": "",
        "inReplyToEvent": None,
        "source": source,
        "data": {},
    }


def websocket_frames(kind: str) -> list[tuple[bytes, bytes]]:
    """Return the websocket frames of events, each as the bytes before and after its id."""
    frames = []
    for number in range(DIFFERENT_EVENTS):
        payload = update_event(number) if kind == "update" else small_event()
        event = json.dumps({"name": "ftrack.event", "args": [payload]}, separators=(",", ":"))
        text = f"5:::{event}".encode()
        assert 126 <= len(text) < 2**16
        before, after = text.split(_ID, 1)
        frames.append((struct.pack("!BBH", 0x81, 126, len(text)) + before, after))
    return frames


async def send_events(transport: asyncio.Transport, count: int, prepared: list[tuple[bytes, bytes]]) -> None:
    """Write *count* events, directly to the transport because aiohttp's websocket would be slower than the clients."""
    frames = itertools.cycle(prepared)
    for start in range(0, count, EVENTS_PER_WRITE):
        batch = []
        for _ in range(start, min(start + EVENTS_PER_WRITE, count)):
            before, after = next(frames)
            batch += [before, b"%032x" % next(_NUMBERS), after]
        transport.write(b"".join(batch))
        await asyncio.sleep(0)
        while transport.get_write_buffer_size() > MAX_BUFFERED_BYTES and not transport.is_closing():
            await asyncio.sleep(0.001)


async def handshake(request: web.Request) -> web.Response:
    """Accept all credentials."""
    return web.Response(text=f"{uuid.uuid4().hex}:60:60:websocket")


async def serve_websocket(request: web.Request) -> web.WebSocketResponse:
    """Serve one connection until it is closed."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    await socket.send_str("1::")
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)

    async def send_heartbeats() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await socket.send_str("2::")

    heartbeats = asyncio.create_task(send_heartbeats())
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT or not message.data.startswith("5:"):
                continue
            _, number, _, body = message.data.split(":", 3)
            event = json.loads(body)["args"][0]
            if number:
                await socket.send_str(f'6:::{number}[{{"success":true}}]')
            if event["topic"] == "bench.start":
                frames = websocket_frames(event["data"]["kind"])
                await send_events(transport, event["data"]["count"], frames)
    finally:
        heartbeats.cancel()
    return socket


async def serve() -> None:
    """Listen until the process is terminated."""
    application = web.Application()
    application.router.add_get("/socket.io/1/", handshake)
    application.router.add_get("/socket.io/1/websocket/{session}", serve_websocket)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
