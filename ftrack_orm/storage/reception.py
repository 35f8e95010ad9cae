"""Edge: one download: its target, the bytes that have arrived, and how a response continues them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from ftrack_orm.errors import StorageError

from .checksums import e_tag_of, md5_of_received
from .targets import Target, TargetLike

if TYPE_CHECKING:
    from ftrack_orm.transport.base import Response

    from .progress_meter import ProgressMeter

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/(\d{1,18})")
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


class Damaged(Exception):
    """Inside this package only: the bytes are not those that were announced, with the *error* that says so."""

    def __init__(self, error: StorageError) -> None:
        super().__init__(error.message)
        self.error = error


class Reception:
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
        if not self._target.can_restart:
            return False
        self._target.restart()
        self._meter.add(self.name, -self.received)
        self.received, self._digest = 0, hashlib.md5(usedforsecurity=False)
        self._size, self._md5 = self._item.size, self._item.md5
        return True

    def restart_damaged(self) -> bool:
        """Restart a file that arrived damaged, which is possible once."""
        may_restart, self._may_restart_damaged = self._may_restart_damaged, False
        return may_restart and self.restart()

    def take(self, response: Response) -> None:
        """Write the bytes of *response*, and check the file at its end. Raises `Damaged`, and `TransportError`."""
        skipped = self._align(response)
        # A digest costs about as much time as receiving from a fast network, so it is made only where it is used.
        is_digested = self._md5 is not None or not self._target.can_restart
        prefix = hashlib.md5(usedforsecurity=False)
        for block in response:
            if skipped:
                # The server sends the file from its beginning, and a stream cannot be written again.
                prefix.update(block[:skipped])
                block, skipped = block[skipped:], max(0, skipped - len(block))
                if not skipped and prefix.digest() != self._digest.digest():
                    raise self._changed()
            if self._size is not None and self.received + len(block) > self._size:
                raise Damaged(self._wrong_size(self.received + len(block)))
            if block:
                self._target.write(block)
                if is_digested:
                    self._digest.update(block)
                self.received += len(block)
                self._meter.add(self.name, len(block))
        if skipped:
            raise Damaged(self._changed())
        self._check()

    def is_complete(self, response: Response) -> bool:
        """Return whether the server says that nothing is left: the connection was cut after the last byte.

        Raises `Damaged` like `take`.
        """
        match = _UNSATISFIED_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if response.status != 416 or match is None or int(match.group(1)) != self.received:
            return False
        self._check()
        return True

    def _check(self) -> None:
        if self._size is not None and self.received != self._size:
            raise Damaged(self._wrong_size(self.received))
        if not self._is_expected:
            self._expect(self.received)
        md5 = self._md5
        if md5 is not None and md5.lower() != self._digest.hexdigest():
            raise Damaged(StorageError(f"{self.name} arrived damaged: its MD5 digest is not {md5}.", path=self.name))

    def _align(self, response: Response) -> int:
        """Prepare for the bytes of *response*, and return how many at its beginning have arrived before."""
        size, start = _size_and_start(response)
        if start not in (0, self.received) or (start and response.status != 206):
            raise Damaged(StorageError(f"{self.name} could not be continued: the server sent another part of it."))
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


def _strong_validator(headers: Mapping[str, str]) -> str | None:
    """Return the value for `If-Range`, or None. A weak ETag must not be used for it (RFC 9110, 13.1.5)."""
    e_tag = headers.get("etag", "").strip()
    return e_tag if e_tag.startswith('"') and e_tag_of(headers) else None
