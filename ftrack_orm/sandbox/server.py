"""Edge: the embedded server's sockets on 127.0.0.1: the API, done in one worker thread, and the event server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from .application import Application
from .events.controller import EventServerController
from .events.server import EventServer

#: A batch may carry a whole production's changes, in bytes.
LARGEST_BODY = 256 * 1024 * 1024

HOST = "127.0.0.1"

_ABOUT = """ftrack_orm's embedded ftrack server

It speaks ftrack's API at POST /api and has an event server at /socket.io/1/, for developing and testing pipeline code
without a server of your own.
"""

#: Where real servers serve what this one does not, and refuses by name.
_NOT_SERVED = ("component", "img", "socket.io", "widget")


class Server:
    """A server around an application, for the event loop it is started in; *events* is to show its event server."""

    def __init__(self, application: Application, events: EventServerController | None = None) -> None:
        self._application = application
        self._shown = EventServerController() if events is None else events
        self._events = EventServer(self._authenticate, self._shown.notify)
        # SQLite's connection is one thread's at a time; the event loop is never held up by it.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ftrack-sandbox-data")
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> int:
        """Begin to listen on 127.0.0.1 and return the port, a free one for 0; raises `OSError` when it is taken."""
        site = web.Application(client_max_size=LARGEST_BODY)
        site.router.add_post("/api", self._api)
        site.router.add_get("/", self._about)
        self._events.start(site.router)
        site.router.add_route("*", "/{path:.*}", self._other)
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        loop = asyncio.get_running_loop()

        def announced(event: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(self._events.publish, event)

        self._application.on_update_event(announced)
        self._shown.attach(self._events, loop)
        address: tuple[str, int] = self._runner.addresses[0]
        return address[1]

    async def stop(self) -> None:
        """Stop listening, let requests that are being worked on end, and close the application."""
        self._shown.attach(None, None)
        if self._runner is not None:
            for site in list(self._runner.sites):
                await site.stop()
            await self._events.stop()
            await self._runner.cleanup()
        await asyncio.get_running_loop().run_in_executor(self._worker, self._application.close)
        self._worker.shutdown()

    async def _api(self, request: web.Request) -> web.Response:
        body = await request.read()
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._worker, self._application.handle, dict(request.headers), body)
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type, charset="utf-8")

    async def _authenticate(self, api_user: str, api_key: str) -> Mapping[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._application.authenticate, api_user, api_key)

    async def _about(self, request: web.Request) -> web.Response:
        return web.Response(text=_ABOUT)

    async def _other(self, request: web.Request) -> web.Response:
        part = request.match_info["path"].split("/")[0]
        content = f"There is no {request.method} {request.path} here."
        if part in _NOT_SERVED:
            content = f"The embedded server does not support {request.method} {request.path}."
        return web.json_response({"exception": "NotFound", "content": content, "error_code": None}, status=404)
