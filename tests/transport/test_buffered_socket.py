"""The buffered socket: the same bytes as the plain socket, and complete texts without parsing by websocket-client."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.transport.buffered_socket import BufferedSocket

#: Payload sizes around the limits of the length field: one byte up to 125, two more bytes up to 65,535.
SIZES = [0, 1, 125, 126, 127, 300, 65_535]


class Pieces:
    """A plain socket that returns the given pieces, one for each call."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def recv(self, size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def fileno(self) -> int:
        return 7


def text_frame(size: int, first_byte: int = 0x81) -> bytes:
    if size < 126:
        return bytes([first_byte, size]) + b"x" * size
    return bytes([first_byte, 126]) + size.to_bytes(2, "big") + b"x" * size


@given(st.lists(st.binary(min_size=1, max_size=8), max_size=5), st.lists(st.integers(1, 10), max_size=20))
def test_reading_returns_the_bytes_of_the_plain_socket_in_order(pieces: list[bytes], sizes: list[int]) -> None:
    buffered, received = BufferedSocket(Pieces(*pieces)), b""
    for size in sizes:
        part = buffered.recv(size)
        assert len(part) <= size
        received += part
    assert b"".join(pieces).startswith(received)


def test_complete_texts_in_the_buffer_are_taken_without_reading() -> None:
    frames = b"".join(text_frame(size) for size in SIZES)
    buffered = BufferedSocket(Pieces(b"?" + frames))
    assert buffered.take_text() is None, "nothing is buffered yet"
    assert buffered.recv(1) == b"?"
    assert buffered.has_buffered
    texts = [buffered.take_text() for _ in SIZES]
    assert [None if text is None else len(text) for text in texts[2:]] == SIZES[2:]
    assert not buffered.has_buffered


def test_other_frames_and_incomplete_ones_are_left_to_websocket_client() -> None:
    for rest in (
        text_frame(300)[:-1],
        text_frame(10)[:5],
        text_frame(10, first_byte=0x01),
        text_frame(10, first_byte=0x89),
        bytes([0x81, 127]) + (70_000).to_bytes(8, "big"),
    ):
        buffered = BufferedSocket(Pieces(b"?" + rest))
        buffered.recv(1)
        assert buffered.take_text() is None
        assert buffered.recv(1 << 20) == rest


def test_everything_else_is_the_plain_socket_s() -> None:
    assert BufferedSocket(Pieces()).fileno() == 7
