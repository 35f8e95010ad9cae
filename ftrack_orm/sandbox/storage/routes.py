"""Edge: the HTTP requests of the storage: sending, receiving and removing files.

Facts (PROTOCOL 4, 8.3): `/component/get` and `/component/remove` take credentials in the query or in headers; a
download is redirected to a signed URL. Signed URLs need no credentials. A part is answered with an `ETag`.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ftrack_orm.errors import FtrackError
from ftrack_orm.sandbox import error_response
from ftrack_orm.sandbox.base_url import base_url_of

from . import file_names, ranges
from .signatures import SIGNATURE, SignatureRefused
from .storage import DOWNLOAD_PATH, UPLOAD_PATH, declared_by
from .stored_file import StoredFile
from .traffic import StorageRequest
from .transfers import InjectedStatus, TooManyBytes, Transfers

if TYPE_CHECKING:
    from .faults import Fault
    from .storage import Storage
    from .stored_file import Segment
    from .uploads import Declared

#: Returns the user with this name and key, or raises the server's error.
Authenticate = Callable[[str, str], Awaitable[Mapping[str, Any]]]


class StorageRoutes:
    """Answers the requests of the storage, in the event loop of the server."""

    def __init__(self, storage: Storage, authenticate: Authenticate) -> None:
        self._storage = storage
        self._authenticate = authenticate
        self.transfers = Transfers(storage.files, storage.traffic)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to *router*."""
        router.add_put(UPLOAD_PATH, self._upload)
        router.add_get(DOWNLOAD_PATH, self._download)
        router.add_get("/component/get", self._get)
        router.add_get("/component/remove", self._remove)

    async def check_access(self, request: web.Request) -> str:
        """Return the component that a request names, with valid credentials or a signed URL without time limit.

        Raises the response to refuse it with.
        """
        component_id = request.query.get("id", "")
        if not component_id:
            raise refusal(web.HTTPBadRequest, "The parameter id must name a component.")
        if SIGNATURE in request.query:
            self._check_signature(request.path, {name: request.query[name] for name in ("id", SIGNATURE)})
            return component_id
        api_user = request.headers.get("ftrack-user") or request.query.get("username", "")
        api_key = request.headers.get("ftrack-api-key") or request.query.get("apiKey", "")
        try:
            await self._authenticate(api_user, api_key)
        except FtrackError as error:
            raise refusal(web.HTTPUnauthorized, str(error), "InvalidCredentialsError") from None
        return component_id

    async def _get(self, request: web.Request) -> web.StreamResponse:
        component_id = await self.check_access(request)
        self.find(component_id)
        raise web.HTTPFound(
            self._storage.download_url(base_url_of(request.headers, self._storage.base_url), component_id)
        )

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        component_id = await self.check_access(request)
        if not await self.transfers.run(partial(self._storage.remove, component_id)):
            raise _no_file(component_id)
        return web.Response()

    def find(self, component_id: str) -> StoredFile:
        """Return the file of a component; raises the response to refuse a request for a missing one with."""
        file = self._storage.files.find(component_id)
        if file is None:
            raise _no_file(component_id)
        return file

    # -- sending to the server ------------------------------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        parameters = dict(request.query)
        self._check_signature(UPLOAD_PATH, parameters)
        declared, upload_id, part = declared_by(parameters)
        status, size = None, 0
        self._storage.traffic.begin()
        try:
            fault = self._storage.faults.take("PUT", declared.component_id, part)
            _refuse_expired(fault)
            segment = await self._receive(request, declared, upload_id, fault)
            size = segment.size
            await self._keep(segment, declared, upload_id, part)
            status = 200
        except web.HTTPException as response:
            status = response.status
            raise
        finally:
            self._storage.traffic.finish(StorageRequest("PUT", UPLOAD_PATH, declared.component_id, part, status, size))
        tag = "0" * 32 if fault is not None and fault.kind == "wrong_etag" else segment.md5
        return web.Response(headers={"ETag": f'"{tag}"'})

    async def _receive(
        self, request: web.Request, declared: Declared, upload_id: str | None, fault: Fault | None
    ) -> Segment:
        """Return the complete bytes of a request as a segment, or raise the response to refuse it with."""
        if declared.size is not None and (request.content_length or 0) > declared.size:
            raise refusal(
                web.HTTPBadRequest, f"The request has more than the {declared.size} bytes that were announced."
            )
        writer = await self._on_disk(self._storage.files.create)
        try:
            await self.transfers.receive(request, writer, declared.size, fault)
            segment: Segment = await self._on_disk(writer.finish)
        except TooManyBytes as error:
            raise refusal(web.HTTPBadRequest, str(error)) from None
        except InjectedStatus as injected:
            raise _injected(injected.status) from None
        except OSError as error:
            if isinstance(error, ConnectionError):
                raise
            raise _disk_error(error) from error
        finally:
            writer.discard()
        problem = _difference(segment, declared, request.headers.get("Content-MD5"), is_part=upload_id is not None)
        if problem is not None:
            await self._on_disk(partial(self._storage.files.delete_segments, [segment]))
            # The name of this error at Amazon S3, by which clients know that sending again helps.
            raise refusal(web.HTTPBadRequest, problem, "BadDigest" if "MD5" in problem else "IncompleteBody")
        return segment

    async def _keep(self, segment: Segment, declared: Declared, upload_id: str | None, part: int) -> None:
        """Make a segment the file of its component, or a part of an upload."""
        storage = self._storage
        if upload_id is None:
            file = StoredFile(declared.component_id, declared.file_name, declared.content_type, (segment,))
            await self._on_disk(partial(storage.files.put, file))
        elif not await self._on_disk(partial(storage.uploads.add_part, upload_id, part, segment)):
            await self._on_disk(partial(storage.files.delete_segments, [segment]))
            raise refusal(web.HTTPNotFound, f"There is no unfinished upload {upload_id!r}: request a new one.")

    # -- sending to the client ------------------------------------------------------------------------------------

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self._check_signature(DOWNLOAD_PATH, dict(request.query))
        component_id = request.query["component"]
        status, sent = None, 0
        self._storage.traffic.begin()
        try:
            fault = self._storage.faults.take("GET", component_id, 0)
            _refuse_expired(fault)
            if fault is not None and fault.kind == "status":
                raise _injected(fault.status)
            file = self.find(component_id)
            response, positions = _prepare_download(request, file)
            await response.prepare(request)
            if request.method != "HEAD":
                await self.transfers.send(request, response, file, fault, positions)
                sent = len(positions)
            await response.write_eof()
            status = response.status
            return response
        except web.HTTPException as response_:
            status = response_.status
            raise
        finally:
            self._storage.traffic.finish(StorageRequest(request.method, DOWNLOAD_PATH, component_id, 0, status, sent))

    def _check_signature(self, path: str, parameters: Mapping[str, str]) -> None:
        try:
            self._storage.check(path, parameters)
        except SignatureRefused as error:
            raise refusal(web.HTTPForbidden, str(error), "SignatureRefused") from None

    async def _on_disk(self, function: Callable[[], Any]) -> Any:
        try:
            return await self.transfers.run(function)
        except OSError as error:
            raise _disk_error(error) from error


def _prepare_download(request: web.Request, file: StoredFile) -> tuple[web.StreamResponse, range]:
    """Return the response that a file or the requested range of it is sent with, and the positions of its bytes."""
    tag = f'"{file.etag}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": file_names.content_disposition(file.file_name),
        "Content-Type": file.content_type,
        "ETag": tag,
    }
    # A client that continues a download of another content gets the new content from its start (RFC 9110).
    requested = request.headers.get("Range") if request.headers.get("If-Range", tag) == tag else None
    try:
        part = ranges.parse(requested, file.size)
    except ranges.RangeNotSatisfiable as error:
        raise refusal(
            web.HTTPRequestRangeNotSatisfiable, str(error), headers={"Content-Range": f"bytes */{file.size}"}
        ) from None
    start, stop = (0, file.size) if part is None else part
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    elif len(file.segments) == 1:
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(file.segments[0].md5)).decode()
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    response.content_length = stop - start
    return response, range(start, stop)


def _difference(segment: Segment, declared: Declared, checksum: str | None, *, is_part: bool) -> str | None:
    """Return how the bytes received differ from those announced, or None; a part has no size and MD5 of its own."""
    if not is_part and declared.size is not None and segment.size != declared.size:
        return f"The request has {segment.size} bytes, and {declared.size} were announced."
    try:
        expected = {file_names.md5_of_checksum(checksum)} if checksum else set()
    except FtrackError as error:
        return str(error)
    if declared.md5 is not None and not is_part:
        expected.add(declared.md5)
    if expected - {segment.md5}:
        return "The bytes received have another MD5 than was announced: send them again."
    return None


def _refuse_expired(fault: Fault | None) -> None:
    if fault is not None and fault.kind == "expired":
        raise refusal(web.HTTPForbidden, "This signed URL has expired: request a new one.", "SignatureRefused")


def _no_file(component_id: str) -> web.HTTPException:
    return refusal(web.HTTPNotFound, f"The server has no file of the component {component_id!r}.", "NotFound")


def _disk_error(error: OSError) -> web.HTTPException:
    return refusal(web.HTTPInternalServerError, f"The storage cannot be written: {error.strerror or error}.")


def _injected(status: int) -> web.HTTPException:
    response = refusal(web.HTTPInternalServerError, "The storage failed on purpose.")
    response.set_status(status)
    return response


def refusal(
    kind: type[web.HTTPException],
    content: str,
    exception: str = "StorageError",
    headers: Mapping[str, str] | None = None,
) -> web.HTTPException:
    """Return a response with the error object that the API responds with, too."""
    body = error_response.body({"exception": exception, "content": content, "error_code": None})
    return kind(text=body.decode(), content_type="application/json", headers=headers)
