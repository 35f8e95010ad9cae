"""Redirects as a real server sends them: followed without credentials to other servers, or refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.errors import ProtocolError, TransportError
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.http import HttpTransport
from tests.transport.scripted_server import ScriptedServer

from .scripted_server import KEY, read_request, redirect, respond, send_raw, write_request


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_that_keeps_the_method_is_followed_on_the_same_server(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], status: str
) -> None:
    server.script = [redirect("/v2/api", status), respond(b"[1]")]
    request = write_request(server.url)
    assert make_transport().send(request).read() == b"[1]"
    assert [received.start for received in server.received] == ["POST /api HTTP/1.1", "POST /v2/api HTTP/1.1"]
    assert server.received[1].body == request.body
    assert server.received[1].headers["ftrack-api-key"] == "the-key"


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_turns_a_post_into_a_get_is_an_error_that_names_the_target(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], status: int
) -> None:
    server.script = [redirect("https://ftrack.example.com/api?token=s3cret", f"{status} Moved")]
    with pytest.raises(ProtocolError, match=r"redirects to https://ftrack\.example\.com \(") as caught:
        make_transport().send(read_request(server.url))
    assert "s3cret" not in str(caught.value)
    assert "FTRACK_SERVER" in str(caught.value)
    assert (caught.value.status, caught.value.excerpt) == (status, "moved")
    assert len(server.received) == 1


@pytest.mark.parametrize("target", ["http://localhost:{port}", "http://127.0.0.1:1", "ftp://127.0.0.1:{port}"])
def test_a_post_with_the_key_is_not_redirected_to_another_server(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], target: str
) -> None:
    target = target.format(port=server.port)
    server.script = [redirect(f"{target}/api")]
    with pytest.raises(ProtocolError, match=f"redirects to {target}"):
        make_transport().send(read_request(server.url))
    assert len(server.received) == 1


@pytest.fixture
def both_server(certificate: Path) -> Iterator[ScriptedServer]:
    """A server that speaks TLS and plain HTTP on the same port."""
    running = ScriptedServer(certificate, also_plain=True)
    yield running
    running.stop()


def test_a_redirect_from_http_to_https_on_the_same_host_and_port_is_followed(
    both_server: ScriptedServer, make_transport: Callable[..., HttpTransport], certificate: Path
) -> None:
    url = both_server.url.replace("https", "http")
    both_server.script = [redirect(f"{both_server.url}/api", "308 Permanent Redirect"), respond(b"[1]")]
    request = write_request(url)
    assert make_transport(server_url=url, ca_bundle=certificate).send(request).read() == b"[1]"
    assert both_server.received[1].body == request.body
    assert both_server.received[1].headers["ftrack-api-key"] == "the-key"


def test_a_redirect_from_http_to_https_on_another_port_than_the_default_is_not_followed(
    server: ScriptedServer, tls_server: ScriptedServer, make_transport: Callable[..., HttpTransport], certificate: Path
) -> None:
    server.script = [redirect(f"{tls_server.url}/api", "308 Permanent Redirect")]
    with pytest.raises(ProtocolError, match=f"redirects to {tls_server.url}"):
        make_transport(ca_bundle=certificate).send(write_request(server.url))
    assert tls_server.received == []


@pytest.mark.parametrize("location", ["http://other.test:99999/", "http://[malformed/", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_a_malformed_url_is_an_error_of_this_library(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], method: str, location: str
) -> None:
    server.script = [redirect(location)]
    with pytest.raises((ProtocolError, TransportError)):
        make_transport(retries=0).send(Request(method, f"{server.url}/api", timeout=5.0))


def test_redirects_in_a_circle_end(server: ScriptedServer, make_transport: Callable[..., HttpTransport]) -> None:
    server.script = [redirect("/v2/api"), redirect("/api")] * 10
    with pytest.raises(ProtocolError, match="keeps redirecting"):
        make_transport().send(read_request(server.url))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("stream", [False, True])
def test_a_get_is_redirected_to_another_server_without_credentials(
    server: ScriptedServer,
    other_server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    status: int,
    stream: bool,
) -> None:
    server.script = [
        redirect(
            f"{other_server.url}/signed?signature=s",
            f"{status} Found",
        )
    ]
    other_server.script = [respond(b"the file", content_type="video/mp4")]
    headers = {**KEY, "ftrack-user": "jane", "Authorization": "Basic x", "cookie": "a=b", "x-studio": "secret"}
    request = Request(
        "GET", f"{server.url}/component/get?id=1", {**headers, "Range": "bytes=0-7"}, timeout=5.0, stream=stream
    )
    with make_transport(cookies={"session": "s1"}).send(request) as response:
        assert (response.status, response.read()) == (200, b"the file")
    assert server.received[0].headers["ftrack-api-key"] == "the-key"
    received = other_server.received[0]
    assert received.start == "GET /signed?signature=s HTTP/1.1"
    assert received.headers["range"] == "bytes=0-7"
    assert set(received.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection", "range"}


def test_credentials_do_not_return_with_a_redirect_back(
    server: ScriptedServer, other_server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [redirect(f"{other_server.url}/file"), respond(b"the file")]
    other_server.script = [redirect(f"{server.url}/elsewhere")]
    request = Request("GET", f"{server.url}/component/get", KEY, timeout=5.0)
    assert make_transport().send(request).read() == b"the file"
    assert "ftrack-api-key" not in server.received[1].headers


def test_a_redirected_upload_is_sent_again_from_its_start(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [redirect("/elsewhere"), respond(b"")]
    request = Request("PUT", f"{server.url}/file", body=io.BytesIO(b"frames"), timeout=5.0)
    assert make_transport().send(request).status == 200
    assert [received.body for received in server.received] == [b"frames", b"frames"]


def test_a_redirected_upload_of_a_stream_that_cannot_be_rewound_is_an_error(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    server.script = [redirect("/elsewhere"), respond(b"")]
    request = Request("PUT", f"{server.url}/file", body=Pipe(b"frames"), timeout=5.0)
    with pytest.raises(TransportError, match=r"redirects to .*/elsewhere.*cannot be sent twice") as caught:
        make_transport().send(request)
    assert caught.value.safe_to_retry is True
    assert len(server.received) == 1


SENT_AND_MALFORMED = {
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n[]",
    "a redirect to a malformed host": b"HTTP/1.1 307 X\r\nlocation: http://a..b/api\r\ncontent-length: 0\r\n\r\n",
    "a redirect to a malformed port": b"HTTP/1.1 307 X\r\nlocation: http://a:99999/api\r\ncontent-length: 0\r\n\r\n",
    "a redirect to half an address": b"HTTP/1.1 302 X\r\nlocation: http://[\r\ncontent-length: 0\r\n\r\n",
    "a redirect with a line break": b"HTTP/1.1 307 X\r\nlocation: /a\x0bb\r\ncontent-length: 0\r\n\r\n",
    "a redirect to no address": b"HTTP/1.1 308 X\r\nlocation: \xff\xfe://\xff\r\ncontent-length: 0\r\n\r\n",
    "an interim response only": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "no status": b"HTTP/1.1 \r\n\r\n",
}


@pytest.mark.parametrize("name", SENT_AND_MALFORMED)
@pytest.mark.parametrize("make_request", [read_request, write_request], ids=["read", "write"])
def test_a_request_that_was_sent_is_never_reported_as_one_that_cannot_be_sent(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], name: str, make_request: Any
) -> None:
    server.script = [send_raw(SENT_AND_MALFORMED[name])]
    request = make_request(server.url)
    with pytest.raises((TransportError, ProtocolError)) as caught:
        make_transport(retries=1).send(request)
    assert "cannot be sent" not in str(caught.value)
    assert caught.value.safe_to_retry is request.idempotent  # type: ignore[attr-defined]
    assert server.received


def test_a_get_that_is_redirected_to_an_address_that_cannot_be_used_was_sent(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    for location in ("http://a..b/", "http://" + "a" * 300 + ".test/", "http://\xe9\xff/"):
        server.script = [redirect(location)]
        with pytest.raises((TransportError, ProtocolError)):
            make_transport(retries=0).send(Request("GET", f"{server.url}/file", timeout=5.0))


def test_an_interim_response_does_not_leave_the_final_one_to_the_next_request(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[1]"
    server.script = [send_raw(hints, keep=True), respond(b"[2]")]
    transport = make_transport(retries=0)
    with pytest.raises(TransportError, match="interim"):
        transport.send(read_request(server.url))
    assert transport.send(read_request(server.url)).read() == b"[2]"
