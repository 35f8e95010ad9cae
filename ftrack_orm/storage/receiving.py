"""Edge: downloads one file in a stream, and continues it after failures that pass."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.errors import RequestCancelled, StorageError, TransportError
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.headers import session_headers
from ftrack_orm.transport.redirects import is_http_url, keeps_credentials
from ftrack_orm.transport.retries import retry_after

from .answers import Remedy, refused, remedy_for
from .checksums import e_tag_of, md5_of_received
from .targets import Target, TargetLike, open_target

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.cancellation import Cancellation

    from .progress_meter import ProgressMeter
    from .retrying import RetryPolicy

logger = logging.getLogger("ftrack_orm.storage")

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/(\d{1,18})")
#: The number of bytes of an error's body that are read.
_ERROR_BYTES = 1 << 14
_ASCII_DIGITS = re.compile(r"[0-9]{1,18}")


@attrs.frozen
class Download:
    """One file to download: *url* returns its URL, and is called again once when the URL has expired.

    *target* is a path or a binary stream. *size* and *md5* (hexadecimal) are compared with the bytes that arrive, if
    they are known. A target that exists is an error, unless *overwrite*.
    """

    url: Callable[[], str] = attrs.field(repr=False)
    target: TargetLike
    size: int | None = None
    md5: str | None = None
    overwrite: bool = False


class Receiver:
    """Downloads files with *transport*. The session's own server gets the credentials of *settings* as headers."""

    def __init__(self, settings: Settings, transport: Transport, policy: RetryPolicy) -> None:
        self._settings = settings
        self._transport = transport
        self._policy = policy

    def receive(self, item: Download, meter: ProgressMeter, stop: Cancellation) -> int:
        """Download *item* and return its number of bytes. Raises `StorageError` or `TransportError`."""
        target = open_target(item.target, overwrite=item.overwrite)
        try:
            reception = _Reception(item, target, meter)
            self._receive_all(reception, item.url, stop)
            target.finish()
        except BaseException:
            target.abandon()
            raise
        meter.finish_file(target.name)
        return reception.received

    def _receive_all(self, reception: _Reception, make_url: Callable[[], str], stop: Cancellation) -> None:
        reception.url, may_renew, attempt = make_url(), True, 0
        while True:
            attempt += 1
            before = reception.received
            delay: float | None = None
            try:
                with self._transport.send(self._request(reception), stop) as response:
                    if response.status < 400:
                        reception.take(response)
                        return
                    if reception.is_complete(response):
                        return
                    content, delay = _beginning(response), retry_after(response.headers)
                    error: StorageError | TransportError = refused(
                        f"{reception.name} could not be downloaded", response.status, content
                    )
                    remedy = remedy_for(response.status, content)
                    if response.status == 416 and reception.restart():
                        remedy = Remedy.RETRY
            except RequestCancelled:
                raise
            except TransportError as failure:
                error, remedy = failure, Remedy.RETRY
            except _Damaged as damage:
                # Once: a second time it would be the server's file that differs.
                error, remedy = damage.error, Remedy.RETRY if reception.restart_damaged() else Remedy.GIVE_UP
            if remedy is Remedy.RENEW and may_renew:
                logger.debug("The URL for %s was refused: %s", reception.name, error)
                reception.url, may_renew, attempt = make_url(), False, 0
                continue
            if remedy is not Remedy.RETRY:
                raise error
            if reception.received > before:
                attempt = 1  # it goes on, so that a long download may be cut any number of times
            self._policy.pause(attempt, _with_context(error, reception.name), stop, delay)

    def _request(self, reception: _Reception) -> Request:
        # URL and headers are no variables of a frame that can fail: tracebacks with variables would show them.
        url = reception.url
        headers = {"accept": "*/*", "accept-encoding": "identity", **reception.range_headers()}
        if isinstance(url, str) and is_http_url(url) and keeps_credentials(self._settings.server_url, url):
            headers = {**session_headers(self._settings), **headers}
        timeout = self._settings.timeout
        return Request("GET", url, headers, timeout=timeout, idempotent=True, stream=True, retries=0)


class _Damaged(Exception):
    """Inside this module only: the bytes are not those that were announced, with the *error* that says so."""

    def __init__(self, error: StorageError) -> None:
        super().__init__(error.message)
        self.error = error


class _Reception:
    """The bytes of one download that have arrived so far, through all its requests."""

    def __init__(self, item: Download, target: Target, meter: ProgressMeter) -> None:
        self.url = ""
        self.received = 0
        self.name = target.name
        self._target = target
        self._meter = meter
        self._item = item
        self._size, self._md5 = item.size, item.md5
        self._digest = hashlib.md5(usedforsecurity=False)
        self._validator: str | None = None
        self._can_continue = True
        self._may_restart_damaged = True
        self._is_expected = False
        if item.size is not None:
            self._expect(item.size)

    def range_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest, if that is the same file still."""
        if not self.received or not self._can_continue:
            return {}
        headers = {"range": f"bytes={self.received}-"}
        return headers if self._validator is None else {**headers, "if-range": self._validator}

    def restart(self) -> bool:
        """Discard what has arrived, and return whether that is possible."""
        if not self._target.restart():
            return False
        self._meter.add(self.name, -self.received)
        self.received, self._digest = 0, hashlib.md5(usedforsecurity=False)
        self._size, self._md5 = self._item.size, self._item.md5
        return True

    def restart_damaged(self) -> bool:
        """Restart a file that arrived damaged, which is possible once."""
        may_restart, self._may_restart_damaged = self._may_restart_damaged, False
        return may_restart and self.restart()

    def take(self, response: Response) -> None:
        """Write the bytes of *response*, and check the file at its end. Raises `_Damaged`, and `TransportError`."""
        skipped = self._align(response)
        prefix = hashlib.md5(usedforsecurity=False)
        for block in response:
            if skipped:
                # The server sends the file from its beginning, and a stream cannot be written again.
                prefix.update(block[:skipped])
                block, skipped = block[skipped:], max(0, skipped - len(block))
                if not skipped and prefix.digest() != self._digest.digest():
                    raise self._changed()
            if block:
                self._target.write(block)
                self._digest.update(block)
                self.received += len(block)
                self._meter.add(self.name, len(block))
        if skipped:
            raise _Damaged(self._changed())
        self._check()

    def is_complete(self, response: Response) -> bool:
        """Return whether the server says that nothing is left: the connection was cut after the last byte.

        Raises `_Damaged` like `take`.
        """
        match = _UNSATISFIED_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if response.status != 416 or match is None or int(match.group(1)) != self.received:
            return False
        self._check()
        return True

    def _check(self) -> None:
        if self._size is not None and self.received != self._size:
            raise _Damaged(self._wrong_size(self.received))
        if not self._is_expected:
            self._expect(self.received)
        md5 = self._md5
        if md5 is not None and md5.lower() != self._digest.hexdigest():
            raise _Damaged(StorageError(f"{self.name} arrived damaged: its MD5 digest is not {md5}.", path=self.name))

    def _align(self, response: Response) -> int:
        """Prepare for the bytes of *response*, and return how many at its beginning have arrived before."""
        size, start = _size_and_start(response)
        if start not in (0, self.received) or (start and response.status != 206):
            raise _Damaged(StorageError(f"{self.name} could not be continued: the server sent another part of it."))
        skipped = 0
        if start == 0 and self.received and not self.restart():
            skipped = self.received
        if size is not None:
            if self._size not in (None, size):
                raise self._wrong_size(size)
            if self._size is None:
                self._expect(size)
            self._size = size
        if response.status != 206:
            self._validator = _strong_validator(response.headers)
            self._can_continue = not _is_compressed(response)
            if self._md5 is None:
                self._md5 = md5_of_received(response.headers)
        return skipped

    def _expect(self, size: int) -> None:
        if not self._is_expected:
            self._is_expected = True
            self._meter.expect(size)

    def _wrong_size(self, size: int) -> StorageError:
        return StorageError(f"{self.name} has {size:,} bytes instead of {self._size:,} bytes.", path=self.name)

    def _changed(self) -> StorageError:
        return StorageError(f"{self.name} was changed on the server while it was downloaded.", path=self.name)


def _size_and_start(response: Response) -> tuple[int | None, int]:
    """Return the size of the whole file, or None if it is not known, and where the bytes of *response* begin."""
    if response.status == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if match is None:
            return None, -1
        return (None if match.group(2) == "*" else int(match.group(2))), int(match.group(1))
    length = response.headers.get("content-length", "").strip()
    return (int(length) if _ASCII_DIGITS.fullmatch(length) and not _is_compressed(response) else None), 0


def _is_compressed(response: Response) -> bool:
    """Return whether positions in the file are not those in the response."""
    return response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")


def _beginning(response: Response) -> bytes:
    """Return the first bytes of the body of an error."""
    content = b""
    for block in response:
        content += block
        if len(content) >= _ERROR_BYTES:
            break
    return content


def _strong_validator(headers: Mapping[str, str]) -> str | None:
    """Return the value for `If-Range`, or None. A weak ETag must not be used for it (RFC 9110, 13.1.5)."""
    e_tag = headers.get("etag", "").strip()
    return e_tag if e_tag.startswith('"') and e_tag_of(headers) else None


def _with_context(error: StorageError | TransportError, name: str) -> StorageError | TransportError:
    if error.message.startswith(name):
        return error
    changed = type(error)(f"{name} could not be downloaded. {error.message}", **error.details)
    changed.__cause__ = error.__cause__
    return changed
