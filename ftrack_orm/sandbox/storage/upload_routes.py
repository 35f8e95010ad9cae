"""Edge: the requests that send a file, or a part of one, to a signed URL. Each is answered with an `ETag`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from ftrack_orm.errors import FtrackError

from . import file_names
from .refusals import disk_error, injected, refusal
from .storage import UPLOAD_PATH, declared_by
from .stored_file import StoredFile
from .traffic import StorageRequest
from .transfers import InjectedStatus, TooManyBytes

if TYPE_CHECKING:
    from .access import Access
    from .faults import Fault
    from .storage import Storage
    from .stored_file import Segment
    from .transfers import FileStreaming
    from .uploads import Declared


class UploadRoutes:
    """Answers uploads. A file replaces an earlier one when all of its bytes are there, and they are those announced."""

    def __init__(self, storage: Storage, access: Access, transfers: FileStreaming) -> None:
        self._storage = storage
        self._access = access
        self._transfers = transfers

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to *router*."""
        router.add_put(UPLOAD_PATH, self._upload)

    async def _upload(self, request: web.Request) -> web.Response:
        parameters = dict(request.query)
        self._access.check_signature(UPLOAD_PATH, parameters)
        declared, upload_id, part = declared_by(parameters)
        status, size = None, 0
        self._storage.traffic.begin()
        try:
            fault = self._access.take_fault("PUT", declared.component_id, part)
            segment = await self._receive(request, declared, upload_id, fault)
            size = segment.size
            await self._keep(segment, declared, upload_id, part)
            status = 200
        except web.HTTPException as response:
            status = response.status
            raise
        except ConnectionError:
            raise
        except OSError as error:
            status = web.HTTPInternalServerError.status_code
            raise disk_error(error) from error
        finally:
            self._storage.traffic.finish(StorageRequest("PUT", UPLOAD_PATH, declared.component_id, part, status, size))
        tag = "0" * 32 if fault is not None and fault.kind == "wrong_etag" else segment.md5
        return web.Response(headers={"ETag": f'"{tag}"'})

    async def _receive(
        self, request: web.Request, declared: Declared, upload_id: str | None, fault: Fault | None
    ) -> Segment:
        """Return the complete bytes of a request as a segment, or raise the response to refuse it with."""
        if declared.size is not None and (request.content_length or 0) > declared.size:
            raise refusal(web.HTTPBadRequest, f"The request has more than the {declared.size} bytes announced.")
        writer = await self._transfers.run(self._storage.files.create)
        try:
            await self._transfers.receive(request, writer, declared.size, fault)
            segment = await self._transfers.run(writer.finish)
        except TooManyBytes as error:
            raise refusal(web.HTTPBadRequest, str(error)) from None
        except InjectedStatus as error:
            raise injected(error.status) from None
        finally:
            writer.discard()
        problem = _difference(segment, declared, request.headers.get("Content-MD5"), is_part=upload_id is not None)
        if problem is not None:
            await self._delete(segment)
            # The names of these errors at Amazon S3, by which clients know that sending again helps.
            raise refusal(web.HTTPBadRequest, problem, "BadDigest" if "MD5" in problem else "IncompleteBody")
        return segment

    async def _keep(self, segment: Segment, declared: Declared, upload_id: str | None, part: int) -> None:
        """Make a segment the file of its component, or a part of an upload."""
        storage = self._storage
        if upload_id is None:
            file = StoredFile(declared.component_id, declared.file_name, declared.content_type, (segment,))
            try:
                await self._transfers.run(partial(storage.files.put, file))
            except OSError:
                await self._delete(segment)
                raise
        elif not await self._transfers.run(partial(storage.uploads.add_part, upload_id, part, segment)):
            await self._delete(segment)
            raise refusal(web.HTTPNotFound, f"There is no unfinished upload {upload_id!r}: request a new one.")

    async def _delete(self, segment: Segment) -> None:
        await self._transfers.run(partial(self._storage.files.delete_segments, [segment]))


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
