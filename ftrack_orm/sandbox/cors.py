"""Edge: lets pages of any origin use the server from a browser (CORS).

Facts (PROTOCOL 8.4): `@ftrack/api` sends credentials, for which a browser accepts neither `*` as the origin nor as the
list of headers, so both are echoed. Errors need the headers too. A multi-part upload needs to read `ETag`.
"""

from __future__ import annotations

from aiohttp import web

#: Headers of responses that pages may read.
_EXPOSED_HEADERS = "ETag, Content-Disposition, Content-Length, Content-Range, Accept-Ranges"

_METHODS = "GET, HEAD, POST, PUT, OPTIONS"

#: Seconds for which browsers may remember the response to a preflight request.
_MAX_AGE_SECONDS = 600


def allow_all_origins(site: web.Application) -> None:
    """Add the headers of CORS to all responses of *site* to requests of pages, and answer preflight requests."""
    site.on_response_prepare.append(_add_headers)
    site.router.add_route("OPTIONS", "/{path:.*}", _handle_preflight)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Vary"] = "Origin"
    origin = _sendable(request, "Origin")
    if origin is not None:  # "null" for pages from files and of Electron, which is echoed, too
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS


async def _handle_preflight(request: web.Request) -> web.Response:
    headers = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Max-Age": str(_MAX_AGE_SECONDS)}
    requested = _sendable(request, "Access-Control-Request-Headers")
    if requested is not None:
        headers["Access-Control-Allow-Headers"] = requested
    return web.Response(status=204, headers=headers)


def _sendable(request: web.Request, name: str) -> str | None:
    """Return a header of the request, or None for a missing one and for bytes that no response could hold."""
    value = request.headers.get(name)
    return value if value is not None and value.isascii() and value.isprintable() else None
