"""An event server that sends prepared events as fast as they are taken: the other end of `benchmarks/events.py`.

    python -m benchmarks.event_feed

Prints the port it listens on. It lets everybody in, acknowledges every event, and when one of the topic `bench.start`
arrives, sends `data.count` events to that connection, of the kind `data.kind`: `update` for what a status change on a
task gives (1.4 kB), `small` for the least an event can be (0.2 kB). The frames are made before the first is sent, and
written by the hundred, so that it is several times faster than any client in Python.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import uuid

from aiohttp import WSMsgType, web

#: Different events made beforehand; each is sent with an id of its own, as no client may take it for a repetition.
VARIETY = 50
BATCH = 100
#: How much may wait for the client in this process, in bytes.
BACKLOG = 4 * 2**20
HEARTBEAT_SECONDS = 5.0

_ID = b"0" * 32
_NUMBERS = itertools.count()


def update_event(number: int) -> dict[str, object]:
    """Return an `ftrack.update` as a status change on a task gives it, with a placeholder for its id."""
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
    """Return an event with next to nothing in it."""
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


def frames(kind: str) -> list[tuple[bytes, bytes]]:
    """Return websocket frames of events, each as what stands before and behind its id."""
    made = []
    for number in range(VARIETY):
        payload = update_event(number) if kind == "update" else small_event()
        event = json.dumps({"name": "ftrack.event", "args": [payload]}, separators=(",", ":"))
        text = f"5:::{event}".encode()
        assert 126 <= len(text) < 2**16
        before, after = text.split(_ID, 1)
        made.append((struct.pack("!BBH", 0x81, 126, len(text)) + before, after))
    return made


async def feed(transport: asyncio.Transport, count: int, prepared: list[tuple[bytes, bytes]]) -> None:
    """Write *count* events; straight to the transport, since sending by the library would be the slower part."""
    frame = itertools.cycle(prepared)
    for start in range(0, count, BATCH):
        batch = []
        for _ in range(start, min(start + BATCH, count)):
            before, after = next(frame)
            batch += [before, b"%032x" % next(_NUMBERS), after]
        transport.write(b"".join(batch))
        await asyncio.sleep(0)
        while transport.get_write_buffer_size() > BACKLOG and not transport.is_closing():
            await asyncio.sleep(0.001)


async def handshake(request: web.Request) -> web.Response:
    """Let everybody in."""
    return web.Response(text=f"{uuid.uuid4().hex}:60:60:websocket")


async def talk(request: web.Request) -> web.WebSocketResponse:
    """Serve one connection until it ends."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    await socket.send_str("1::")
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await socket.send_str("2::")

    beating = asyncio.create_task(beat())
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT or not message.data.startswith("5:"):
                continue
            _, number, _, body = message.data.split(":", 3)
            event = json.loads(body)["args"][0]
            if number:
                await socket.send_str(f'6:::{number}[{{"success":true}}]')
            if event["topic"] == "bench.start":
                await feed(transport, event["data"]["count"], frames(event["data"]["kind"]))
    finally:
        beating.cancel()
    return socket


async def serve() -> None:
    """Listen until the process is ended."""
    application = web.Application()
    application.router.add_get("/socket.io/1/", handshake)
    application.router.add_get("/socket.io/1/websocket/{session}", talk)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
