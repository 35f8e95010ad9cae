"""Edge: sends one part of a file to the server's storage, again after failures that pass."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled, StorageError, TransportError
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.retries import retry_after

from .answers import Remedy, refused, remedy_for
from .checksums import e_tag_of, md5_of_sent
from .operations import FileInParts, WholeFile

if TYPE_CHECKING:
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.cancellation import Cancellation

    from .active_upload import ActiveUpload
    from .chunks import Part
    from .progress_meter import ProgressMeter
    from .retrying import RetryPolicy
    from .sources import Source

logger = logging.getLogger("ftrack_orm.storage")


class PartBody:
    """A part of a source as the body of a request: counts and digests the bytes that are read from it."""

    def __init__(self, source: Source, part: Part, on_read: Callable[[int], object]) -> None:
        self.count = 0
        self.error: StorageError | None = None
        self._source, self._part = source, part
        self._on_read = on_read
        self._digest = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to *size* bytes; nothing at the end."""
        left = self._part.size - self.count
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        offset = self._part.offset + self.count
        try:
            block = self._source.read_at(offset, wanted)
            if not block:
                raise self._source.ended_early(offset)
        except StorageError as error:
            self.error = error  # the transport replaces it by one about its request
            raise
        self._digest.update(block)
        self.count += len(block)
        self._on_read(len(block))
        return block

    @property
    def md5(self) -> str:
        """The MD5 digest of the bytes so far, in hexadecimal."""
        return self._digest.hexdigest()


class PartSender:
    """Sends parts with *transport*. The server may stay silent for *timeout* seconds."""

    def __init__(self, transport: Transport, policy: RetryPolicy, timeout: float) -> None:
        self._transport = transport
        self._policy = policy
        self._timeout = timeout

    def send(self, upload: ActiveUpload, part: Part, meter: ProgressMeter, stop: Cancellation) -> None:
        """Send *part* until it has arrived, or mark *upload* as expired. Raises `StorageError` or `TransportError`."""
        attempt = 0
        while not upload.is_expired:
            attempt += 1
            body = PartBody(upload.source, part, lambda count: meter.add(upload.name, count))
            delay: float | None = None
            error: StorageError | TransportError
            try:
                response = self._put(upload, part, body, stop)
            except TransportError as failure:
                if isinstance(failure, RequestCancelled):
                    raise
                error, remedy = failure, Remedy.RETRY
            else:
                if response.status < 400 and self._has_arrived(upload, part, body, response):
                    upload.source.check_unchanged()
                    if upload.add_part(part, e_tag_of(response.headers) or ""):
                        upload.source.release()
                        meter.finish_file(upload.name)
                    return
                error, remedy = self._problem(upload, part, response)
                delay = retry_after(response.headers, time.time())
            meter.add(upload.name, -body.count)
            upload.source.check_unchanged()
            if remedy is Remedy.RENEW and not upload.was_renewed:
                logger.debug("The URL for %s was refused: %s", upload.name, error)
                upload.is_expired = True
                return
            error = _with_context(error, _label(upload, part))
            if remedy is not Remedy.RETRY:
                raise error
            self._policy.wait_before_retry(attempt, error, stop, delay, has_begun=upload.has_parts)

    def _put(self, upload: ActiveUpload, part: Part, body: PartBody, stop: Cancellation) -> Response:
        upload.has_begun = True
        try:
            return self._transport.send(_request(upload, part, body, self._timeout), stop)
        except StorageError:
            if body.error is not None:
                raise body.error from body.error.__cause__
            raise

    def _has_arrived(self, upload: ActiveUpload, part: Part, body: PartBody, response: Response) -> bool:
        needs_e_tag = isinstance(upload.destination, FileInParts)
        if body.count != part.size or (needs_e_tag and not e_tag_of(response.headers)):
            return False
        return md5_of_sent(response.headers) in (None, body.md5)

    def _problem(self, upload: ActiveUpload, part: Part, response: Response) -> tuple[StorageError, Remedy]:
        label = _label(upload, part)
        if response.status >= 400:
            content = response.read()
            return refused(f"{label} was not accepted", response.status, content), remedy_for(response.status, content)
        if not e_tag_of(response.headers) and isinstance(upload.destination, FileInParts):
            message = f"{label} was not accepted: the server answered without an ETag."
        else:
            message = f"{label} arrived damaged: the server's MD5 digest is not that of the bytes that were sent."
        return StorageError(message, status=response.status), Remedy.RETRY


def _request(upload: ActiveUpload, part: Part, body: PartBody, timeout: float) -> Request:
    # URL and headers are no variables of a frame that can fail: tracebacks with variables would show them.
    destination = upload.destination
    headers: dict[str, str] = {}
    if isinstance(destination, WholeFile):
        url, headers = destination.url, _sendable(destination.headers)
    else:
        assert isinstance(destination, FileInParts), "a part is sent when the destination is known"
        url = destination.urls[part.number]
    headers["content-length"] = str(part.size)
    return Request("PUT", url, headers, body, timeout=timeout, idempotent=True, retries=0)


def _label(upload: ActiveUpload, part: Part) -> str:
    return upload.name if len(upload.parts) == 1 else f"Part {part.number} of {len(upload.parts)} of {upload.name}"


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers in lower case, with names of files in UTF-8 as the bytes that HTTP sends for Latin-1."""
    return {name.lower(): text.encode("utf-8", "replace").decode("latin-1") for name, text in headers.items()}


def _with_context(error: StorageError | TransportError, label: str) -> StorageError | TransportError:
    """Return *error* with the file it is about in its message."""
    if error.message.startswith(label):
        return error
    changed = type(error)(f"{label} could not be sent. {error.message}", **error.details)
    changed.__cause__ = error.__cause__
    return changed
