"""Edge: a socket for websocket-client that reads ahead."""

from __future__ import annotations

import time
from typing import Any

_READ_AHEAD_BYTES = 1 << 16
#: RFC 6455, 5.2: the first byte of a text in a single frame, and the length byte that stands for two more bytes.
_SINGLE_TEXT_FRAME = 0x81
_TWO_BYTE_LENGTH = 126


class BufferedSocket:
    """A socket with a read buffer.

    websocket-client reads each frame in four small pieces. Without a buffer, each piece costs a system call and, in a
    program with busy threads, a wait for the interpreter lock.
    """

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        self._buffer = b""
        self._position = 0
        self._remaining_bytes: int | None = None
        self._deadline: float | None = None

    def limit(self, max_bytes: int | None, deadline: float | None) -> None:
        """Make `recv` raise `ValueError` after *max_bytes* more bytes, and at *deadline*; None sets no limit."""
        self._remaining_bytes, self._deadline = max_bytes, deadline

    @property
    def has_buffered(self) -> bool:
        """Whether bytes can be read without a system call."""
        return self._position < len(self._buffer)

    def recv(self, size: int) -> bytes:
        """Return up to *size* bytes, as a socket does. Raises `ValueError` beyond a limit."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise ValueError("a text took too long to arrive")
        if self._position >= len(self._buffer):
            self._buffer, self._position = self.plain.recv(_READ_AHEAD_BYTES), 0
        start = self._position
        self._position = end = start + size
        part = self._buffer[start:end]
        if self._remaining_bytes is not None:
            self._remaining_bytes -= len(part)
            if self._remaining_bytes < 0:
                raise ValueError("a text has more bytes than the limit")
        return part

    def take_text(self) -> bytes | None:
        """Return the payload of the next frame if it is a complete text of less than 64 kB in the buffer, else None.

        Almost all frames of a busy server are, and parsing them here avoids websocket-client, which takes most of the
        time that an event costs.
        """
        buffer, start = self._buffer, self._position
        if len(buffer) - start < 4 or buffer[start] != _SINGLE_TEXT_FRAME:
            return None
        length, begin = buffer[start + 1], start + 2
        if length == _TWO_BYTE_LENGTH:
            length, begin = int.from_bytes(buffer[begin : begin + 2], "big"), begin + 2
        elif length > _TWO_BYTE_LENGTH:
            return None
        end = begin + length
        if end > len(buffer):
            return None
        self._position = end
        return buffer[begin:end]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)
