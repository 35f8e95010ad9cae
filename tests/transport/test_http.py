"""Requests over HTTP against a real server: connections, failures, retries, cancellation and secrets."""

from __future__ import annotations

import gzip
import logging
import pickle
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ftrack_orm.errors import InvalidValue, RequestCancelled, RequestTimeout, SettingsError, TransportError
from ftrack_orm.settings import Settings
from ftrack_orm.transport import connection_pool
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import HttpTransport, wait
from ftrack_orm.transport.retries import MAX_RETRY_AFTER_SECONDS
from tests.transport.scripted_server import ScriptedServer, cancel_after

from .scripted_server import (
    CUT_RESPONSES,
    hang_up,
    read_request,
    reset,
    respond,
    send_raw,
    wait_until_closed,
    write_request,
)

both_kinds = pytest.mark.parametrize("make_request", [read_request, write_request], ids=["read", "write"])


# -- one exchange ---------------------------------------------------------------------------------------------------


def test_a_request_is_sent_and_its_response_returned(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [respond(b'[{"data":[]}]', x_server="ftrack")]
    request = read_request(server.url)
    response = make_transport().send(request)
    assert (response.status, response.read(), response.headers["x-server"]) == (200, b'[{"data":[]}]', "ftrack")
    received = server.received[0]
    assert received.start == "POST /api HTTP/1.1"
    assert received.body == request.body
    assert received.headers["ftrack-api-key"] == "the-key"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_any_method_and_path_can_be_requested(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], method: str
) -> None:
    server.script = [respond(b"done", content_type="text/plain")]
    response = make_transport().send(Request(method, f"{server.url}/component/get?id=1", timeout=5.0))
    assert (response.status, response.read()) == (200, b"done")
    assert server.received[0].start == f"{method} /component/get?id=1 HTTP/1.1"


def test_a_head_request_has_no_body(server: ScriptedServer, make_transport: Callable[..., HttpTransport]) -> None:
    server.script = [send_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", keep=True)]
    response = make_transport().send(Request("HEAD", f"{server.url}/file", timeout=5.0))
    assert (response.headers["content-length"], response.read()) == ("500", b"")


def test_a_compressed_response_is_decompressed(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    body = b'[{"data":"' + b"x" * 100_000 + b'"}]'
    server.script = [respond(gzip.compress(body), content_encoding="gzip")]
    assert make_transport().send(read_request(server.url)).read() == body


def test_a_chunked_response_is_joined(server: ScriptedServer, make_transport: Callable[..., HttpTransport]) -> None:
    chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    server.script = [send_raw(chunks, keep=True)]
    assert make_transport().send(read_request(server.url)).read() == b"[]"


def test_an_error_status_is_returned_like_any_other(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [respond(b'{"exception":"ValidationError"}', "400 Bad Request")]
    assert make_transport().send(write_request(server.url)).status == 400
    assert len(server.received) == 1


def test_the_cookies_of_the_settings_and_of_the_server_are_sent(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [respond(b"[]", set_cookie="balancer=b2; Path=/")]
    transport = make_transport(cookies={"session": "s1"})
    transport.send(read_request(server.url))
    transport.send(read_request(server.url))
    assert server.received[0].headers["cookie"] == "session=s1"
    assert set(server.received[1].headers["cookie"].split("; ")) == {"session=s1", "balancer=b2"}


def test_another_server_gets_only_the_headers_of_the_request(
    server: ScriptedServer, other_server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    transport = make_transport(cookies={"session": "s1"}, headers={"x-studio": "north"})
    transport.send(Request("GET", f"{other_server.url}/file?signature=s", {"range": "bytes=0-9"}, timeout=5.0))
    received = other_server.received[0].headers
    assert received["range"] == "bytes=0-9"
    assert not {"cookie", "x-studio", "ftrack-api-key", "ftrack-user"} & set(received)
    assert server.received == []


def test_the_netrc_file_adds_no_credentials(
    server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    make_transport().send(read_request(server.url))
    assert "authorization" not in server.received[0].headers


def test_a_proxy_given_as_argument_carries_the_request(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    url = "http://ftrack.invalid"
    make_transport(server_url=url, proxies={"http": server.url}).send(read_request(url))
    assert server.received[0].start == "POST http://ftrack.invalid/api HTTP/1.1"


def test_a_proxy_of_the_environment_carries_the_request(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    url = "http://ftrack.invalid"
    make_transport(server_url=url).send(read_request(url))
    assert server.received[0].start == "POST http://ftrack.invalid/api HTTP/1.1"


@pytest.mark.parametrize("cancellation", [None, Cancellation()], ids=["plain", "cancellable"])
def test_on_sent_is_called_when_the_request_was_sent_and_before_the_response(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], cancellation: Any
) -> None:
    sent = threading.Event()
    answer = respond(b"[]")
    server.script = [lambda connection: sent.wait(5) and answer(connection), answer]
    transport = make_transport()
    assert transport.send(read_request(server.url, on_sent=sent.set), cancellation).read() == b"[]"
    assert sent.is_set()
    sent.clear()
    transport.send(read_request(server.url))  # the next request on that connection has no callback
    assert not sent.is_set()


# -- connections ----------------------------------------------------------------------------------------------------


def test_the_connection_is_kept_alive(server: ScriptedServer, make_transport: Callable[..., HttpTransport]) -> None:
    transport = make_transport()
    for _ in range(3):
        transport.send(read_request(server.url))
    transport.send(read_request(server.url), Cancellation())
    assert server.connections == 1


def test_the_connection_of_a_thread_that_ended_is_used_by_the_next(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    transport = make_transport()
    for _ in range(5):
        thread = threading.Thread(target=transport.send, args=(read_request(server.url),))
        thread.start()
        thread.join()
    assert server.connections == 1


def test_threads_that_send_at_the_same_time_have_connections_of_their_own(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    together = threading.Barrier(3)

    def respond_when_all_arrived(connection: socket.socket) -> bool:
        together.wait(5)
        return respond(b"[]")(connection)

    server.script = [respond_when_all_arrived]
    transport = make_transport()
    threads = [threading.Thread(target=transport.send, args=(read_request(server.url),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {received.connection for received in server.received} == {1, 2, 3}


def test_a_connection_that_was_idle_for_long_is_replaced(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    now = [1000.0]
    transport = make_transport(clock=lambda: now[0])
    transport.send(read_request(server.url))
    now[0] += connection_pool.IDLE_SECONDS - 1
    transport.send(read_request(server.url))
    assert server.connections == 1
    now[0] += connection_pool.IDLE_SECONDS + 1
    transport.send(read_request(server.url))
    assert server.connections == 2


def test_closing_ends_the_idle_connections(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    transport = make_transport()
    transport.send(read_request(server.url))
    transport.close()
    assert server.closed_by_client.wait(5)


def test_a_connection_that_the_server_closed_while_idle_is_replaced_even_for_a_write(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    closed = threading.Event()

    def respond_and_close(connection: socket.socket) -> bool:
        respond(b"[]")(connection)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()
        return False

    server.script = [respond_and_close, respond(b"[1]")]
    transport = make_transport()
    transport.send(read_request(server.url))
    assert closed.wait(5)
    assert transport.send(write_request(server.url)).read() == b"[1]"


# -- failures of the connection ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", CUT_RESPONSES.values(), ids=CUT_RESPONSES)
def test_a_read_is_retried_when_its_response_is_cut(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float], cut: Any
) -> None:
    server.script = [send_raw(cut), respond(b"[1]")]
    assert make_transport().send(read_request(server.url)).read() == b"[1]"
    assert len(server.received) == 2
    assert len(delays) == 1


@pytest.mark.parametrize("cut", CUT_RESPONSES.values(), ids=CUT_RESPONSES)
def test_a_write_is_sent_once_when_its_response_is_cut(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float], cut: Any
) -> None:
    server.script = [send_raw(cut), respond(b"[1]")]
    with pytest.raises(TransportError) as caught:
        make_transport().send(write_request(server.url))
    assert caught.value.safe_to_retry is False
    assert "may or may not" in str(caught.value)
    assert len(server.received) == 1
    assert delays == []


def test_a_reset_connection_was_lost(server: ScriptedServer, make_transport: Callable[..., HttpTransport]) -> None:
    server.script = [reset]
    with pytest.raises(TransportError, match="was lost") as caught:
        make_transport().send(write_request(server.url))
    assert caught.value.safe_to_retry is False


def test_a_read_fails_after_the_retries_with_growing_delays(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    server.script = [hang_up]
    with pytest.raises(TransportError) as caught:
        make_transport(retries=3).send(read_request(server.url))
    assert len(server.received) == 4
    assert len(delays) == 3
    assert 2 * delays[0] < delays[2]
    assert caught.value.safe_to_retry is True


def test_without_retries_a_read_is_sent_once(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    server.script = [hang_up]
    with pytest.raises(TransportError):
        make_transport(retries=0).send(read_request(server.url))
    assert len(server.received) == 1


def test_a_request_may_limit_its_retries_itself(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    server.script = [hang_up]
    with pytest.raises(TransportError):
        make_transport(retries=3).send(read_request(server.url, retries=0))
    assert len(server.received) == 1
    with pytest.raises(TransportError):
        make_transport(retries=0).send(read_request(server.url, retries=2))
    assert len(delays) == 2


def test_the_error_of_a_cut_body_has_its_status_and_beginning(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [send_raw(CUT_RESPONSES["half the body"])]
    with pytest.raises(TransportError, match="cut short after 10 of 30 bytes") as caught:
        make_transport().send(write_request(server.url))
    assert caught.value.status == 200
    assert caught.value.excerpt == '[{"action"'


@both_kinds
def test_every_request_is_retried_while_no_connection_can_be_made(
    make_transport: Callable[..., HttpTransport], unused_port: int, delays: list[float], make_request: Any
) -> None:
    url = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(TransportError, match="Nothing was sent") as caught:
        make_transport(server_url=url, retries=2).send(make_request(url))
    assert caught.value.safe_to_retry is True
    assert len(delays) == 2
    assert "refused" in str(caught.value)
    assert "FTRACK_SERVER" in str(caught.value)


def test_a_write_succeeds_once_the_server_is_up(make_settings: Callable[..., Settings], unused_port: int) -> None:
    up = []

    def start_server(seconds: float, cancellation: Cancellation | None) -> None:
        listener = socket.create_server(("127.0.0.1", unused_port))
        up.append(listener)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")

        threading.Thread(target=serve, daemon=True).start()

    url = f"http://127.0.0.1:{unused_port}"
    transport = HttpTransport(make_settings(server_url=url), wait=start_server)
    assert transport.send(write_request(url)).read() == b"[]"
    transport.close()
    up[0].close()


def test_an_unknown_host_is_named(
    make_transport: Callable[..., HttpTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_such_host)
    url = "http://no-such.invalid"
    with pytest.raises(TransportError, match=r"host of http://no-such\.invalid is not known.*FTRACK_SERVER") as caught:
        make_transport(server_url=url).send(write_request(url))
    assert caught.value.safe_to_retry is True


def test_the_advice_for_another_server_is_not_about_the_settings(
    make_transport: Callable[..., HttpTransport], unused_port: int
) -> None:
    with pytest.raises(TransportError, match=rf"connect to http://127\.0\.0\.1:{unused_port}: .*Check the URL"):
        make_transport(retries=0).send(Request("GET", f"http://127.0.0.1:{unused_port}/file?signature=s3cret"))


def _no_such_host(*args: object, **kwargs: object) -> NoReturn:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_proxy_that_cannot_be_reached_is_named(
    make_transport: Callable[..., HttpTransport], unused_port: int
) -> None:
    proxy, url = f"http://127.0.0.1:{unused_port}", "http://ftrack.invalid"
    with pytest.raises(TransportError, match=r"proxy.*HTTPS_PROXY") as caught:
        make_transport(server_url=url, proxies={"http": proxy}, retries=1).send(write_request(url))
    assert caught.value.safe_to_retry is True


def test_a_server_that_uses_plain_http_gives_advice_about_the_scheme(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    url = server.url.replace("http:", "https:")
    with pytest.raises(TransportError, match=r"trusted.*ca_bundle.*http://") as caught:
        make_transport(server_url=url).send(read_request(url))
    assert delays == []
    assert "WRONG_VERSION" in str(caught.value).upper().replace(" ", "_") or "SSL" in str(caught.value)


def test_a_missing_certificate_bundle_is_a_settings_error(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    url = server.url.replace("http:", "https:")
    with pytest.raises(SettingsError, match=r"/no/such/bundle\.pem \(ca_bundle\).*no such file"):
        make_transport(server_url=url, ca_bundle="/no/such/bundle.pem").send(read_request(url))
    assert delays == []


def test_a_server_with_an_untrusted_certificate_gets_nothing(
    tls_server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    with pytest.raises(TransportError, match=r"trusted.*self.signed.*ca_bundle") as caught:
        make_transport(server_url=tls_server.url).send(write_request(tls_server.url))
    assert caught.value.safe_to_retry is True
    assert (tls_server.received, delays) == ([], [])


def test_a_certificate_named_in_the_settings_is_trusted(
    tls_server: ScriptedServer, make_transport: Callable[..., HttpTransport], certificate: Path
) -> None:
    transport = make_transport(server_url=tls_server.url, ca_bundle=certificate)
    assert transport.send(write_request(tls_server.url)).read() == b"[]"


def test_a_certificate_bundle_of_the_environment_is_trusted(
    tls_server: ScriptedServer,
    make_transport: Callable[..., HttpTransport],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert make_transport(server_url=tls_server.url).send(write_request(tls_server.url)).read() == b"[]"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_every_server_is_trusted_with_ca_bundle_false(
    tls_server: ScriptedServer, make_transport: Callable[..., HttpTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    transport = make_transport(server_url=tls_server.url, ca_bundle=False)
    assert transport.send(write_request(tls_server.url)).read() == b"[]"


def test_cancelling_ends_a_tls_connection_too(
    tls_server: ScriptedServer, make_transport: Callable[..., HttpTransport], certificate: Path
) -> None:
    tls_server.script = [wait_until_closed(tls_server)]
    cancellation = Cancellation()
    cancel_after(lambda: tls_server.arrived.acquire(timeout=5), cancellation)
    transport = make_transport(server_url=tls_server.url, ca_bundle=certificate)
    with pytest.raises(RequestCancelled):
        transport.send(read_request(tls_server.url, timeout=None), cancellation)
    assert tls_server.closed_by_client.wait(5)


@both_kinds
def test_a_silent_server_is_a_timeout_and_is_not_asked_again(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float], make_request: Any
) -> None:
    server.script = [lambda connection: server.released.wait(10)]
    request = make_request(server.url, timeout=0.05)
    with pytest.raises(RequestTimeout, match=r"silent for 0\.05 seconds") as caught:
        make_transport().send(request)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.safe_to_retry is request.idempotent
    assert len(server.received) == 1
    assert delays == []


def test_a_server_that_is_silent_in_the_middle_of_its_response_is_a_timeout(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    def send_half(connection: socket.socket) -> bool:
        connection.sendall(CUT_RESPONSES["half the body"])
        return server.released.wait(10)

    server.script = [send_half]
    with pytest.raises(RequestTimeout):
        make_transport().send(read_request(server.url, timeout=0.05))


@pytest.mark.parametrize("url", ["ftp://studio.test/file?s3cret", "/component/get", "https://studio.test:x/"])
def test_a_url_that_is_not_of_an_http_server_is_refused(
    make_transport: Callable[..., HttpTransport], delays: list[float], url: str
) -> None:
    with pytest.raises(InvalidValue, match="not the URL of an HTTP server") as caught:
        make_transport().send(Request("GET", url))
    assert "s3cret" not in str(caught.value)
    assert delays == []


def test_an_impossible_address_is_a_settings_error(
    make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    url = "https://" + "a" * 70 + ".example.com"
    with pytest.raises(SettingsError, match="server_url"):
        make_transport(server_url=url).send(read_request(url))
    assert delays == []


# -- transient statuses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["429 Too Many", "502 Bad Gateway", "503 Unavailable", "504 Gateway Timeout"])
def test_a_read_is_retried_when_a_gateway_fails(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float], status: str
) -> None:
    server.script = [respond(b"<html>busy</html>", status), respond(b"[1]")]
    assert make_transport().send(read_request(server.url)).read() == b"[1]"
    assert len(delays) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_write_is_not_retried_when_a_gateway_fails(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], status: int
) -> None:
    server.script = [respond(b"<html>busy</html>", f"{status} Busy"), respond(b"[1]")]
    with pytest.raises(TransportError, match=str(status)) as caught:
        make_transport().send(write_request(server.url))
    assert (caught.value.status, caught.value.excerpt) == (status, "<html>busy</html>")
    assert caught.value.safe_to_retry is False
    assert len(server.received) == 1


def test_a_gateway_that_keeps_failing_is_an_error(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [respond(b"<html>busy</html>", "502 Bad Gateway")]
    with pytest.raises(TransportError, match="502") as caught:
        make_transport(retries=1).send(read_request(server.url))
    assert caught.value.safe_to_retry is True
    assert len(server.received) == 2


def test_an_error_object_is_returned_with_any_status(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    body = b'{"exception":"ServerError","content":"no"}'
    server.script = [respond(body, "503 Service Unavailable")]
    response = make_transport().send(write_request(server.url))
    assert (response.status, response.read()) == (503, body)


@pytest.mark.parametrize(("seconds", "delay"), [("3", 3.0), ("0", 0.0), ("86400", MAX_RETRY_AFTER_SECONDS)])
def test_the_delay_that_a_server_asks_for_is_made_up_to_a_maximum(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float], seconds: str, delay: Any
) -> None:
    server.script = [respond(b"", "503 Unavailable", retry_after=seconds), respond(b"[]")]
    make_transport().send(read_request(server.url))
    assert delays == [delay]


@pytest.mark.parametrize(
    ("asked", "seconds"), [({"retry_after": "7"}, 7.0), ({}, None), ({"retry_after": "soon"}, None)]
)
def test_the_error_for_a_write_states_the_delay_that_a_server_asks_for(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], asked: dict[str, str], seconds: float | None
) -> None:
    server.script = [respond(b"", "429 Too Many", **asked)]
    with pytest.raises(TransportError) as caught:
        make_transport().send(write_request(server.url))
    assert caught.value.retry_after == seconds
    assert ("asks to wait 7 seconds" in str(caught.value)) is (seconds is not None)


def test_a_date_to_come_back_at_is_compared_with_the_date_of_the_response(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], delays: list[float]
) -> None:
    moments = {"date": "Sun, 06 Nov 1994 08:49:30 GMT", "retry_after": "Sun, 06 Nov 1994 08:49:37 GMT"}
    server.script = [respond(b"", "503 Unavailable", **moments), respond(b"[]")]
    make_transport().send(read_request(server.url))
    assert delays == [7.0]


# -- cancellation -----------------------------------------------------------------------------------------------------


@both_kinds
def test_cancelling_ends_a_request_in_progress_at_once_and_its_connection(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], make_request: Any
) -> None:
    server.script = [wait_until_closed(server)]
    cancellation = Cancellation()
    cancel_after(lambda: server.arrived.acquire(timeout=5), cancellation)
    request = make_request(server.url, timeout=None)
    with pytest.raises(RequestCancelled) as caught:
        make_transport().send(request, cancellation)
    assert caught.value.safe_to_retry is request.idempotent
    assert server.closed_by_client.wait(5)


def test_after_cancelling_the_next_request_has_a_connection_of_its_own(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [lambda connection: server.released.wait(10), respond(b"[1]")]
    transport, cancellation = make_transport(), Cancellation()
    cancel_after(lambda: server.arrived.acquire(timeout=5), cancellation)
    with pytest.raises(RequestCancelled):
        transport.send(read_request(server.url), cancellation)
    assert transport.send(write_request(server.url), Cancellation()).read() == b"[1]"
    assert server.connections == 2


def test_a_request_that_was_cancelled_before_is_not_sent(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(RequestCancelled) as caught:
        make_transport().send(write_request(server.url), cancellation)
    assert caught.value.safe_to_retry is True
    assert server.received == []


def test_cancelling_during_a_delay_ends_it(server: ScriptedServer, make_settings: Callable[..., Settings]) -> None:
    server.script = [hang_up]
    cancellation = Cancellation()

    def cancel_while_waiting(seconds: float, given: Cancellation | None) -> None:
        assert given is cancellation
        cancellation.cancel()

    with pytest.raises(RequestCancelled, match="before it was sent again"):
        HttpTransport(make_settings(), wait=cancel_while_waiting).send(read_request(server.url), cancellation)
    assert len(server.received) == 1


def test_cancelling_later_leaves_a_finished_request_and_its_connection_alone(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    transport, cancellation = make_transport(), Cancellation()
    transport.send(read_request(server.url), cancellation)
    cancellation.cancel()
    transport.send(read_request(server.url))
    assert server.connections == 1


def test_failures_are_the_same_with_a_cancellation(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [hang_up]
    with pytest.raises(TransportError) as caught:
        make_transport().send(write_request(server.url), Cancellation())
    assert not isinstance(caught.value, RequestCancelled)


@pytest.fixture
def keyboard_interrupts() -> Iterator[None]:
    """Makes SIGINT raise `KeyboardInterrupt` in a process that ignores it, as background jobs of a shell do."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def test_an_interrupt_while_the_thread_of_a_request_starts_ends_the_request_and_its_connection(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script = [wait_until_closed(server)]
    start = threading.Thread.start

    def interrupted_start(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "ftrack-request":
            assert server.arrived.acquire(timeout=5)
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted_start)
    with pytest.raises(KeyboardInterrupt):
        make_transport().send(read_request(server.url, timeout=None), Cancellation())
    assert server.closed_by_client.wait(5)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="only where a thread can be sent a signal")
@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="needs the main thread")
@pytest.mark.usefixtures("keyboard_interrupts")
def test_an_interrupt_from_the_keyboard_ends_the_request_and_its_connection(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [wait_until_closed(server)]
    main = threading.get_ident()

    def interrupt() -> None:
        server.arrived.acquire(timeout=5)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        make_transport().send(read_request(server.url, timeout=None), Cancellation())
    assert server.closed_by_client.wait(5)


def test_waiting_lasts_until_it_is_over_or_cancelled() -> None:
    wait(0.0, None)
    cancellation = Cancellation()
    cancellation.cancel()
    wait(3600.0, cancellation)


# -- secrets --------------------------------------------------------------------------------------------------------


def _texts_of(error: BaseException) -> list[str]:
    """Return everything that could be printed or logged about an error and the errors behind it."""
    texts = [repr(error), "".join(traceback.format_exception(error))]
    cause = error.__cause__ or error.__context__
    while cause is not None:
        texts.append(repr(vars(cause)) + repr(cause))
        texts.append(repr(getattr(getattr(cause, "request", None), "headers", "")))
        cause = cause.__cause__ or cause.__context__
    return texts


def test_the_key_is_in_no_repr_error_cause_or_log(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], caplog: pytest.LogCaptureFixture
) -> None:
    server.script = [hang_up]
    request = read_request(server.url)
    with caplog.at_level(logging.DEBUG), pytest.raises(TransportError) as caught:
        make_transport(retries=1).send(request)
    assert "Retry 1 of 1" in caplog.text
    texts = [repr(request), caplog.text, *_texts_of(caught.value)]
    assert caught.value.__cause__ is not None
    assert not [text for text in texts if "the-key" in text]


@pytest.mark.parametrize("step", [hang_up, respond(b"", "503 Busy"), send_raw(CUT_RESPONSES["half the body"])])
def test_the_signature_of_a_url_is_in_no_repr_error_cause_or_log_of_this_library(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    server.script = [step]
    request = Request("GET", f"{server.url}/file?signature=s3cret", timeout=5.0, idempotent=True)
    with caplog.at_level(logging.DEBUG, "ftrack_orm"), pytest.raises(TransportError) as caught:
        make_transport(retries=1).send(request)
    own_logs = [record.getMessage() for record in caplog.records if record.name.startswith("ftrack_orm")]
    assert not [text for text in [repr(request), *own_logs, *_texts_of(caught.value)] if "s3cret" in text]


def test_a_transport_error_survives_pickling(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    server.script = [send_raw(CUT_RESPONSES["half the body"])]
    with pytest.raises(TransportError) as caught:
        make_transport().send(write_request(server.url))
    unpickled = pickle.loads(pickle.dumps(caught.value))
    assert (str(unpickled), unpickled.safe_to_retry, unpickled.status) == (str(caught.value), False, 200)
