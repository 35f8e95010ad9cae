"""Edge: the embedded server's sockets on 127.0.0.1: the API, which runs in one worker thread, and the event server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ftrack_orm.errors import InvalidValue

from . import widgets
from .application import not_found, refusal
from .compression import compressed
from .cors import allow_all_origins
from .events.controller import EventServerController
from .events.server import EventServer
from .storage.controller import StorageController
from .storage.routes import StorageRoutes

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from .application import Application, HttpResponse
    from .writing.store import BackgroundWork, Store

logger = logging.getLogger(__name__)

#: The largest request body that is read, of a client with valid credentials; it may change a whole production.
MAX_BODY_BYTES = 256 * 1024 * 1024

#: Bytes of a request body that are buffered for each connection; files arrive in pieces of this size.
READ_BUFFER_BYTES = 1 << 20

HOST = "127.0.0.1"

_INDEX_TEXT = """ftrack_orm's embedded ftrack server

It speaks ftrack's API at POST /api and has an event server at /socket.io/1/, for developing and testing pipeline code
without a server of your own.
"""

#: How long `stop()` waits, in seconds, for clients to read the responses to their requests.
RESPONSE_TIMEOUT_SECONDS = 2.0

#: The status of a response that no client receives, as in nginx.
_CLIENT_CLOSED_REQUEST = 499


class Server:
    """Serves an application in the event loop it is started in; *controller* and *storage* give access to its parts."""

    def __init__(
        self,
        application: Application,
        controller: EventServerController | None = None,
        storage: StorageController | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._application = application
        self._max_body_bytes = max_body_bytes
        self._controller = EventServerController() if controller is None else controller
        self._events = EventServer(self._authenticate, self._controller.notify)
        self._storage = StorageController(application.storage) if storage is None else storage
        self._storage_routes = StorageRoutes(application.storage, self._authenticate)
        # One thread at a time may use SQLite's connection, and the event loop must not wait for it.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ftrack-sandbox-data")
        #: Encodes media, one file at a time.
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ftrack-sandbox-background")
        self._runner: web.AppRunner | None = None
        #: The connections of requests whose bodies have not arrived completely.
        self._receiving: set[asyncio.Transport] = set()
        self._is_stopping = False

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1 and return the port, a free one for 0; raises `OSError` when the port is in use."""
        self._application.storage.is_stopping = False
        site = web.Application(client_max_size=self._max_body_bytes, middlewares=[_log_disconnects])
        site.router.add_post("/api", self._handle_api, expect_handler=_defer_continue)
        site.router.add_get("/", self._handle_index)
        site.router.add_get("/widget/{name}", self._handle_widget)
        self._events.start(site.router)
        self._storage_routes.add_to(site.router)
        allow_all_origins(site)
        site.router.add_route("*", "/{path:.*}", self._handle_other, expect_handler=_defer_continue)
        self._runner = web.AppRunner(
            site, access_log=None, shutdown_timeout=RESPONSE_TIMEOUT_SECONDS, read_bufsize=READ_BUFFER_BYTES
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        loop = asyncio.get_running_loop()

        def publish(event: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(self._events.publish, event)

        self._application.on_update_event(publish)
        self._application.run_in_background(self._run_in_background)
        self._controller.attach(self._events, loop)
        self._storage.attach(self._storage_routes.transfers, loop)
        address: tuple[str, int] = self._runner.addresses[0]
        self._application.storage.base_url = f"http://{HOST}:{address[1]}"
        return address[1]

    async def stop(self) -> None:
        """Stop listening, wait for the requests that are executing, and close the application.

        Connections whose requests have not arrived completely are aborted: the rest may never be sent.
        """
        loop = asyncio.get_running_loop()
        self._controller.attach(None, None)
        self._storage.attach(None, None)
        self._is_stopping = self._application.storage.is_stopping = True
        if self._runner is not None:
            for site in list(self._runner.sites):
                await site.stop()
            await self._events.stop()
            self._storage_routes.transfers.stop()
            for transport in list(self._receiving):
                transport.abort()
            # The worker runs its work in order, so the requests submitted before are finished after this.
            await loop.run_in_executor(self._worker, lambda: None)
            await self._runner.cleanup()
        # Encoding ends early, and its job fails.
        await self._storage_routes.transfers.run(self._background.shutdown)
        self._storage_routes.transfers.close()
        await loop.run_in_executor(self._worker, self._application.close)
        self._worker.shutdown()

    def _run_in_background(self, work: BackgroundWork, finish: Callable[[Callable[[Store], None]], None]) -> None:
        def run() -> None:
            result = work()
            self._worker.submit(finish, result)

        self._background.submit(run)

    async def _receive(self, request: web.Request) -> bytes:
        """Return the body of a request.

        Raises `ConnectionError` when the server stops before it has arrived, and `InvalidValue` for a body that is too
        large or malformed.
        """
        transport = request.transport
        if transport is None or self._is_stopping:
            raise ConnectionAbortedError("The connection was closed or the server is stopping.")
        if (request.content_length or 0) > self._max_body_bytes:
            raise self._too_large()
        self._receiving.add(transport)
        try:
            if request.headers.get("Expect", "").lower() == "100-continue":
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0  # else aiohttp believes that the response has begun
            return await request.read()
        except ConnectionError:
            raise
        except web.HTTPRequestEntityTooLarge:
            raise self._too_large() from None
        except Exception as error:  # an invalid chunk or compression, in aiohttp's words
            raise InvalidValue(f"The body of the request cannot be read: {error}") from error
        finally:
            self._receiving.discard(transport)

    def _too_large(self) -> InvalidValue:
        return InvalidValue(
            f"The body of a request must have at most {self._max_body_bytes:,} bytes: "
            "send fewer operations in one request."
        )

    async def _handle_api(self, request: web.Request) -> web.Response:
        headers = dict(request.headers)
        loop = asyncio.get_running_loop()
        # A client without valid credentials must not be able to fill the memory: its body is not read.
        refused = await loop.run_in_executor(self._worker, self._application.check_credentials, headers)
        if refused is not None:
            return _web_response(refused, headers)
        try:
            body = await self._receive(request)
        except InvalidValue as error:
            return _web_response(refusal(error, headers), headers)
        handle = self._application.handle
        response = await loop.run_in_executor(self._worker, handle, request.method, request.path, headers, body)
        return _web_response(response, request.headers)

    async def _authenticate(self, api_user: str, api_key: str) -> Mapping[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._application.authenticate, api_user, api_key)

    async def _handle_index(self, request: web.Request) -> web.Response:
        return web.Response(text=_INDEX_TEXT)

    async def _handle_widget(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        page = widgets.page(name, dict(request.query), self._application.now())
        if page is None:
            raise web.HTTPForbidden(text="The address of this widget has expired, or was not made by this server.")
        return web.Response(text=page, content_type="text/html")

    async def _handle_other(self, request: web.Request) -> web.Response:
        return _web_response(not_found(request.method, request.path), request.headers)


async def _defer_continue(request: web.Request) -> None:
    """Let the handler respond to the header `Expect`: aiohttp would ask for the body before credentials are checked."""


def _web_response(response: HttpResponse, request_headers: Mapping[str, str]) -> web.Response:
    body = compressed(response.body, request_headers.get("Accept-Encoding", ""))
    return web.Response(
        status=response.status,
        body=response.body if body is None else body,
        headers={} if body is None else {"Content-Encoding": "gzip"},
        content_type=response.content_type,
        charset="utf-8",
    )


@web.middleware
async def _log_disconnects(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log a client that disconnects during its request at debug level; aiohttp would print a traceback."""
    try:
        return await handler(request)
    except ConnectionError as error:
        logger.debug("A client disconnected during %s %s: %s", request.method, request.path, error)
        return web.Response(status=_CLIENT_CLOSED_REQUEST)
