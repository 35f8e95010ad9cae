"""Edge: the requests that receive or remove the file of a component.

Facts (PROTOCOL 4): `/component/get` may redirect to a signed URL, as it does here, and `/component/remove` answers 200.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from ftrack_orm.sandbox.base_url import base_url_of

from . import file_names, ranges
from .refusals import disk_error, injected, no_file, refusal
from .storage import DOWNLOAD_PATH
from .traffic import StorageRequest

if TYPE_CHECKING:
    from .access import Access
    from .storage import Storage
    from .stored_file import StoredFile
    from .transfers import FileStreaming


class DownloadRoutes:
    """Answers downloads and removals."""

    def __init__(self, storage: Storage, access: Access, transfers: FileStreaming) -> None:
        self._storage = storage
        self._access = access
        self._transfers = transfers

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to *router*."""
        router.add_get(DOWNLOAD_PATH, self._download)
        router.add_get("/component/get", self._get)
        router.add_get("/component/remove", self._remove)

    async def _get(self, request: web.Request) -> web.Response:
        file = self._find(await self._access.component_of(request))
        base_url = base_url_of(request.headers, self._storage.base_url)
        raise web.HTTPFound(self._storage.download_url(base_url, file.component_id))

    async def _remove(self, request: web.Request) -> web.Response:
        component_id = await self._access.component_of(request)
        try:
            was_there = await self._transfers.run(partial(self._storage.remove, component_id))
        except OSError as error:
            raise disk_error(error) from error
        if not was_there:
            raise no_file(component_id)
        return web.Response()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self._access.check_signature(DOWNLOAD_PATH, dict(request.query))
        component_id = request.query["component"]
        status, sent = None, 0
        self._storage.traffic.begin()
        try:
            fault = self._access.take_fault("GET", component_id, 0)
            if fault is not None and fault.kind == "status":
                raise injected(fault.status)
            file = self._find(component_id)
            response, positions = _prepare(request, file)
            await response.prepare(request)
            if request.method != "HEAD":
                await self._transfers.send(request, response, file, fault, positions)
                sent = len(positions)
            await response.write_eof()
            status = response.status
            return response
        except web.HTTPException as refused:
            status = refused.status
            raise
        finally:
            request_ = StorageRequest(request.method, DOWNLOAD_PATH, component_id, 0, status, sent)
            self._storage.traffic.finish(request_)

    def _find(self, component_id: str) -> StoredFile:
        file = self._storage.files.find(component_id)
        if file is None:
            raise no_file(component_id)
        return file


def _prepare(request: web.Request, file: StoredFile) -> tuple[web.StreamResponse, range]:
    """Return the response that a file or the requested range of it is sent with, and the positions of its bytes."""
    tag = f'"{file.etag}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": file_names.content_disposition(file.file_name),
        "Content-Type": file.content_type,
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",  # pages that users upload must not run as pages of this server
    }
    # A client that continues a download of another content gets the new content from its start (RFC 9110).
    requested = request.headers.get("Range") if request.headers.get("If-Range", tag) == tag else None
    try:
        part = ranges.parse(requested, file.size)
    except ranges.RangeNotSatisfiable as error:
        content_range = {"Content-Range": f"bytes */{file.size}"}
        raise refusal(web.HTTPRequestRangeNotSatisfiable, str(error), headers=content_range) from None
    start, stop = (0, file.size) if part is None else part
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    elif len(file.segments) == 1:
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(file.segments[0].md5)).decode()
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    response.content_length = stop - start
    return response, range(start, stop)
