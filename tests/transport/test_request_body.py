"""Bodies that are streams: their length, their retries, and their own errors, against a real server."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.errors import RequestCancelled, StorageError, TransportError
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport
from tests.transport.scripted_server import ScriptedServer, cancel_after

from .scripted_server import hang_up, redirect, respond

FRAMES = bytes(range(256)) * 2_000


class Pipe:
    """A stream that can only be read, as a pipe or a socket can."""

    def __init__(self, data: Any) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)


@pytest.fixture
def upload(server: ScriptedServer) -> Callable[..., Request]:
    """Return a request that uploads a body to the server."""

    def make(body: Any, headers: Mapping[str, str] | None = None, **changes: Any) -> Request:
        return Request("PUT", f"{server.url}/file", headers or {}, body, timeout=5.0, **changes)

    return make


def test_a_file_is_sent_with_its_length(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request], tmp_path: Path
) -> None:
    path = tmp_path / "plate.exr"
    path.write_bytes(FRAMES)
    with path.open("rb") as file:
        assert make_transport().send(upload(file, {"content-type": "image/x-exr"})).status == 200
    received = server.received[0]
    assert received.start == "PUT /file HTTP/1.1"
    assert received.headers["content-length"] == str(len(FRAMES))
    assert received.headers["content-type"] == "image/x-exr"
    assert received.body == FRAMES


def test_a_part_of_a_file_is_sent_from_its_position_with_the_length_of_the_header(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(2)
    make_transport().send(upload(file, {"Content-Length": "5"}))
    assert (server.received[0].headers["content-length"], server.received[0].body) == ("5", b"23456")


def test_a_stream_of_unknown_length_is_sent_in_chunks(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    make_transport().send(upload(Pipe(FRAMES)))
    received = server.received[0]
    assert received.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in received.headers
    assert received.body == FRAMES


def test_a_stream_whose_header_names_the_length_is_not_sent_in_chunks(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    make_transport().send(upload(Pipe(FRAMES), {"content-length": str(len(FRAMES))}))
    received = server.received[0]
    assert "transfer-encoding" not in received.headers
    assert received.body == FRAMES


def test_an_empty_file_is_sent_with_length_zero(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    make_transport().send(upload(io.BytesIO(b"")))
    assert server.received[0].headers["content-length"] == "0"
    assert "transfer-encoding" not in server.received[0].headers


def test_a_seekable_stream_is_retried_from_its_start(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    upload: Callable[..., Request],
    delays: list[float],
) -> None:
    server.script = [hang_up, respond(b"busy", "503 Busy"), respond(b"")]
    file = io.BytesIO(b"skipped" + FRAMES)
    file.seek(len(b"skipped"))
    assert make_transport().send(upload(file, idempotent=True)).status == 200
    assert [received.body for received in server.received] == [FRAMES] * 3
    assert len(delays) == 2


def test_a_seekable_stream_is_sent_once_if_the_request_is_not_idempotent(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    upload: Callable[..., Request],
    delays: list[float],
) -> None:
    server.script = [hang_up]
    with pytest.raises(TransportError) as caught:
        make_transport().send(upload(io.BytesIO(FRAMES)))
    assert caught.value.safe_to_retry is False
    assert (len(server.received), delays) == (1, [])


@pytest.mark.parametrize("step", [hang_up, respond(b"busy", "503 Busy")], ids=["lost", "busy"])
def test_a_stream_that_was_read_and_cannot_be_rewound_is_sent_once(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    upload: Callable[..., Request],
    delays: list[float],
    step: Any,
) -> None:
    server.script = [step]
    with pytest.raises(TransportError):
        make_transport().send(upload(Pipe(FRAMES), idempotent=True))
    assert (len(server.received), delays) == (1, [])


def test_a_stream_that_was_never_read_is_retried(make_settings: Callable[..., Settings], unused_port: int) -> None:
    delays = []
    url = f"http://127.0.0.1:{unused_port}"
    transport = HttpTransport(make_settings(retries=2), wait=lambda seconds, cancellation: delays.append(seconds))
    with pytest.raises(TransportError, match="Nothing was sent"):
        transport.send(Request("PUT", f"{url}/file", body=Pipe(FRAMES), timeout=5.0))
    assert len(delays) == 2
    transport.close()


class Broken(io.BytesIO):
    """A file on a disk that fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise RuntimeError("The disk is gone.")


def test_a_body_that_cannot_be_read_is_a_storage_error(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    upload: Callable[..., Request],
    delays: list[float],
) -> None:
    with pytest.raises(StorageError, match=r"cannot be read: The disk is gone") as caught:
        make_transport().send(upload(Broken(FRAMES), idempotent=True))
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert delays == []


def test_a_file_in_text_mode_is_a_storage_error_with_advice(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request], tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("text")
    with path.open() as file, pytest.raises(StorageError, match="binary mode"):
        make_transport().send(upload(file))


def test_a_closed_file_is_a_storage_error(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    file = io.BytesIO(FRAMES)
    file.close()
    with pytest.raises(StorageError, match="closed file"):
        make_transport().send(upload(file))


def test_a_body_that_ends_before_its_length_is_a_storage_error(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    with pytest.raises(StorageError, match="ended 90 bytes before"):
        make_transport().send(upload(Pipe(b"0123456789"), {"content-length": "100"}))


def test_cancelling_ends_an_upload_in_progress(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], upload: Callable[..., Request]
) -> None:
    class Endless:
        def __init__(self) -> None:
            self.blocks = 0
            self.began = threading.Event()

        def read(self, size: int = -1, /) -> bytes:
            self.blocks += 1
            if self.blocks > 3:
                self.began.set()
            return b"x" * size

    body, cancellation = Endless(), Cancellation()
    cancel_after(lambda: body.began.wait(5), cancellation)
    with pytest.raises(RequestCancelled):
        make_transport().send(upload(body), cancellation)
    assert server.received == []


def test_an_upload_to_another_server_carries_only_its_own_headers(
    server: ScriptedServer, other_server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    transport = make_transport(cookies={"session": "s1"}, headers={"x-studio": "secret"})
    request = Request("PUT", f"{other_server.url}/signed?s=1", {"content-disposition": "a"}, io.BytesIO(FRAMES), 5.0)
    assert transport.send(request).status == 200
    received = other_server.received[0]
    technical = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length"}
    assert set(received.headers) - technical == {"content-disposition"}
    assert received.body == FRAMES


def test_an_upload_is_not_redirected_to_another_server(
    server: ScriptedServer,
    other_server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    upload: Callable[..., Request],
) -> None:
    server.script = [redirect(f"{other_server.url}/file")]
    with pytest.raises(Exception, match="redirects to"):
        make_transport().send(upload(io.BytesIO(FRAMES)))
    assert other_server.received == []
