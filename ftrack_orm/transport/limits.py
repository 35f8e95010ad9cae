"""Edge: the limits of one request: the time it may take in all, and the number of bytes that are received for it."""

from __future__ import annotations

import http.client
import io
import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("ftrack_orm.transport")

#: Bytes of status lines and headers, interim responses included. Python's http.client accepts 6 MB of headers, and any
#: number of interim responses.
MAX_HEAD_BYTES = 1 << 20
#: Bytes that may be received beyond the limit of the body: the framing of chunks, and bytes that were read ahead.
_FRAMING_BYTES = 1 << 20


class LimitExceeded(Exception):
    """Inside the transport only: a request took too long, or its response is too large.

    It derives from none of the exceptions that the HTTP libraries handle, so that it passes through them unchanged.
    """


class TimeExceeded(LimitExceeded):
    """The request as a whole took longer than *seconds*."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request took longer than {seconds:g} seconds.")
        self.seconds = seconds


class SizeExceeded(LimitExceeded):
    """The response has more than *limit* bytes. *part* is the part of it that has."""

    def __init__(self, limit: int, part: str = "body") -> None:
        super().__init__(f"The {part} of the response has more than {limit} bytes.")
        self.limit = limit
        self.part = part


class Limits:
    """The limits of one request through all its attempts and redirects.

    *total* is the number of seconds for all of it, from now on, by *clock*. *max_bytes* limits each response. None sets
    no limit.
    """

    def __init__(self, clock: Callable[[], float], *, total: float | None = None, max_bytes: int | None = None) -> None:
        self.max_bytes = max_bytes
        self._clock = clock
        self._total = total
        self._deadline = None if total is None else clock() + total

    def seconds_left(self) -> float | None:
        """Return the seconds that are left, or None without a limit. Raises `TimeExceeded` when none are."""
        if self._deadline is None or self._total is None:
            return None
        left = self._deadline - self._clock()
        if left <= 0:
            raise TimeExceeded(self._total)
        return left

    def extend(self, seconds: float) -> None:
        """Allow *seconds* more."""
        if self._deadline is not None:
            self._deadline += seconds

    def allow(self, delay: float) -> bool:
        """Return whether *delay* ends before the deadline."""
        return self._deadline is None or self._clock() + delay < self._deadline

    def check_size(self, size: int) -> None:
        """Raise `SizeExceeded` for a body of *size* bytes that is too large."""
        if self.max_bytes is not None and size > self.max_bytes:
            raise SizeExceeded(self.max_bytes)


class LimitedResponse(http.client.HTTPResponse):
    """A response of http.client that keeps within *limits* while its head and its body are received.

    The timeout of a socket starts again with each byte that arrives, so it cannot bound the time of a response.
    """

    def __init__(self, limits: Limits, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = LimitedReader(self.fp.detach(), sock, limits)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Receive the status line and the headers."""
        super().begin()
        self._reader.begin_body()
        if self.msg.defects:
            # urllib3 would log the malformed headers as a whole, and a gateway may quote the API key in them.
            logger.warning("Some headers of a response are malformed. They and those after them are ignored")
            self.msg.defects.clear()
            self.msg.set_payload("")


class LimitedReader(io.RawIOBase):
    """Reads from *raw*, the stream of the socket *sock*, within *limits*."""

    def __init__(self, raw: io.RawIOBase, sock: Any, limits: Limits) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._limits = limits
        self._bytes_left: int | None = MAX_HEAD_BYTES
        self._part = "head"

    def begin_body(self) -> None:
        """Apply the limit of the body from now on."""
        limit = self._limits.max_bytes
        self._bytes_left = None if limit is None else limit + limit // 8 + _FRAMING_BYTES
        self._part = "body"

    def readable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._raw.fileno()

    def readinto(self, buffer: Any, /) -> int | None:
        """Receive up to the length of *buffer*. Raises `LimitExceeded`."""
        left = self._limits.seconds_left()
        if left is not None:
            timeout = self._sock.gettimeout()
            if timeout is None or timeout > left:
                self._sock.settimeout(left)
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            self._limits.seconds_left()
            raise
        if count and self._bytes_left is not None:
            self._bytes_left -= count
            if self._bytes_left < 0:
                limit = MAX_HEAD_BYTES if self._part == "head" else self._limits.max_bytes or 0
                raise SizeExceeded(limit, self._part)
        return count if count is None else int(count)

    def close(self) -> None:
        """Release the socket."""
        if not self.closed:
            self._raw.close()
        super().close()
