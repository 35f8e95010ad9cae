"""Bodies that are streams: their length, their retries, and their own errors, against a real server."""

from __future__ import annotations

import io
import threading

import pytest

from ftrack_orm.errors import RequestCancelled, StorageError, TransportError
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport

from .scripted_server import hang_up, redirect, respond

FRAMES = bytes(range(256)) * 2_000


class Pipe:
    """A stream that can only be read, as a pipe or a socket can."""

    def __init__(self, data):
        self._stream = io.BytesIO(data)

    def read(self, size=-1, /):
        return self._stream.read(size)


@pytest.fixture
def upload(server):
    """Return a request that uploads a body to the server."""

    def make(body, headers=None, **changes):
        return Request("PUT", f"{server.url}/file", headers or {}, body, timeout=5.0, **changes)

    return make


def test_a_file_is_sent_with_its_length(server, make_transport, upload, tmp_path):
    path = tmp_path / "plate.exr"
    path.write_bytes(FRAMES)
    with path.open("rb") as file:
        assert make_transport().send(upload(file, {"content-type": "image/x-exr"})).status == 200
    received = server.received[0]
    assert received.start == "PUT /file HTTP/1.1"
    assert received.headers["content-length"] == str(len(FRAMES))
    assert received.headers["content-type"] == "image/x-exr"
    assert received.body == FRAMES


def test_a_part_of_a_file_is_sent_from_its_position_with_the_length_of_the_header(server, make_transport, upload):
    file = io.BytesIO(b"0123456789")
    file.seek(2)
    make_transport().send(upload(file, {"Content-Length": "5"}))
    assert (server.received[0].headers["content-length"], server.received[0].body) == ("5", b"23456")


def test_a_stream_of_unknown_length_is_sent_in_chunks(server, make_transport, upload):
    make_transport().send(upload(Pipe(FRAMES)))
    received = server.received[0]
    assert received.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in received.headers
    assert received.body == FRAMES


def test_a_stream_whose_header_names_the_length_is_not_sent_in_chunks(server, make_transport, upload):
    make_transport().send(upload(Pipe(FRAMES), {"content-length": str(len(FRAMES))}))
    received = server.received[0]
    assert "transfer-encoding" not in received.headers
    assert received.body == FRAMES


def test_an_empty_file_is_sent_with_length_zero(server, make_transport, upload):
    make_transport().send(upload(io.BytesIO(b"")))
    assert server.received[0].headers["content-length"] == "0"
    assert "transfer-encoding" not in server.received[0].headers


def test_a_seekable_stream_is_retried_from_its_start(server, make_transport, upload, delays):
    server.script = [hang_up, respond(b"busy", "503 Busy"), respond(b"")]
    file = io.BytesIO(b"skipped" + FRAMES)
    file.seek(len(b"skipped"))
    assert make_transport().send(upload(file, idempotent=True)).status == 200
    assert [received.body for received in server.received] == [FRAMES] * 3
    assert len(delays) == 2


def test_a_seekable_stream_is_sent_once_if_the_request_is_not_idempotent(server, make_transport, upload, delays):
    server.script = [hang_up]
    with pytest.raises(TransportError) as caught:
        make_transport().send(upload(io.BytesIO(FRAMES)))
    assert caught.value.safe_to_retry is False
    assert (len(server.received), delays) == (1, [])


@pytest.mark.parametrize("step", [hang_up, respond(b"busy", "503 Busy")], ids=["lost", "busy"])
def test_a_stream_that_was_read_and_cannot_be_rewound_is_sent_once(server, make_transport, upload, delays, step):
    server.script = [step]
    with pytest.raises(TransportError):
        make_transport().send(upload(Pipe(FRAMES), idempotent=True))
    assert (len(server.received), delays) == (1, [])


def test_a_stream_that_was_never_read_is_retried(make_settings, unused_port):
    delays = []
    url = f"http://127.0.0.1:{unused_port}"
    transport = HttpTransport(make_settings(retries=2), wait=lambda seconds, cancellation: delays.append(seconds))
    with pytest.raises(TransportError, match="Nothing was sent"):
        transport.send(Request("PUT", f"{url}/file", body=Pipe(FRAMES), timeout=5.0))
    assert len(delays) == 2
    transport.close()


class Broken(io.BytesIO):
    """A file on a disk that fails."""

    def read(self, size=-1, /):
        raise RuntimeError("The disk is gone.")


def test_a_body_that_cannot_be_read_is_a_storage_error(server, make_transport, upload, delays):
    with pytest.raises(StorageError, match=r"cannot be read: The disk is gone") as caught:
        make_transport().send(upload(Broken(FRAMES), idempotent=True))
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert delays == []


def test_a_body_that_ends_before_its_length_is_a_storage_error(server, make_transport, upload):
    with pytest.raises(StorageError, match="ended 90 bytes before"):
        make_transport().send(upload(Pipe(b"0123456789"), {"content-length": "100"}))


def test_cancelling_ends_an_upload_in_progress(server, make_transport, upload):
    class Endless:
        def __init__(self):
            self.blocks = 0
            self.began = threading.Event()

        def read(self, size=-1, /):
            self.blocks += 1
            if self.blocks > 3:
                self.began.set()
            return b"x" * size

    body, cancellation = Endless(), Cancellation()
    threading.Thread(target=lambda: body.began.wait(5) and cancellation.cancel()).start()
    with pytest.raises(RequestCancelled):
        make_transport().send(upload(body), cancellation)
    assert server.received == []


def test_an_upload_to_another_server_carries_only_its_own_headers(server, other_server, make_transport):
    transport = make_transport(cookies={"session": "s1"}, headers={"x-studio": "secret"})
    request = Request("PUT", f"{other_server.url}/signed?s=1", {"content-disposition": "a"}, io.BytesIO(FRAMES), 5.0)
    assert transport.send(request).status == 200
    received = other_server.received[0]
    technical = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length"}
    assert set(received.headers) - technical == {"content-disposition"}
    assert received.body == FRAMES


def test_an_upload_is_not_redirected_to_another_server(server, other_server, make_transport, upload):
    server.script = [redirect(f"{other_server.url}/file")]
    with pytest.raises(Exception, match="redirects to"):
        make_transport().send(upload(io.BytesIO(FRAMES)))
    assert other_server.received == []
