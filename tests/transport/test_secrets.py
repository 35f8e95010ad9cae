"""The API key and the cookies are in nothing that is printed, logged or reported about a failing request."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import FtrackError, RequestCancelled, SettingsError
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.channel import Channel
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.transport.redaction import REDACTED
from ftrack_orm.transport.websocket import EventConnector
from ftrack_orm.wire.operations import QueryOperation
from tests.property_settings import IN_FULL
from tests.transport.scripted_server import (
    CUT_RESPONSES,
    ScriptedServer,
    cancel_after,
    hang_up,
    redirect,
    reset,
    respond,
    send_raw,
    wait_until_closed,
)
from tests.transport.secrets import leaks

# Not constants of the tests' frames: those are printed with the traceback as well.
SECRETS = {"key": "k3y-of-the-studio-0123456789", "cookie": "c00kie-of-the-gateway-987", "header": "h3ader-value-111"}
OPERATIONS = [QueryOperation("select name from Task")]


def failure_of(call: Callable[[], object]) -> BaseException:
    """Return the exception of *call*. Its traceback does not have the frame of the test, which knows the secrets."""
    try:
        call()
    except BaseException as error:
        return error
    raise AssertionError("The call did not fail.")


def failing_call(channel: Channel, **options: Any) -> BaseException:
    return failure_of(lambda: channel.call(OPERATIONS, **options))


@pytest.fixture
def make_secret_channel(server: ScriptedServer) -> Callable[..., Channel]:
    def make(**changes: Any) -> Channel:
        settings = Settings.resolve(
            changes.pop("server_url", server.url),
            SECRETS["key"],
            "jane",
            cookies={"sso": SECRETS["cookie"]},
            headers={"x-gateway": SECRETS["header"]},
            timeout=5.0,
            environ={},
            **{"retries": 1, **changes},
        )
        return Channel(settings, HttpTransport(settings, wait=lambda seconds, cancellation: None))

    return make


def echo(server: ScriptedServer, status: str, before: bytes) -> Any:
    """Answer with the headers of the request, as gateways and debugging proxies do."""

    def step(connection: socket.socket) -> bool:
        headers = "\n".join(f"{name}: {value}" for name, value in server.received[-1].headers.items())
        return respond(before + headers.encode(), status)(connection)

    return step


STEPS: dict[str, Callable[[ScriptedServer], Any]] = {
    **{name: (lambda server, data=data: send_raw(data)) for name, data in CUT_RESPONSES.items()},  # type: ignore[misc]
    "hangs up": lambda server: hang_up,
    "resets": lambda server: reset,
    "busy": lambda server: respond(b"", "503 Busy"),
    "redirects": lambda server: redirect("https://other.test/api"),
    "redirects elsewhere": lambda server: redirect("http://localhost:1/api", "302 Found"),
    "redirects to a malformed address": lambda server: redirect("http://a..b/"),
    "two lengths": lambda server: send_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n[]"),
    "not JSON": lambda server: respond(b"<html>"),
    "refuses": lambda server: respond(b'{"exception":"PermissionError","content":"no"}', "403 Forbidden"),
    "too large": lambda server: respond(b" " * 20_000),
    "echoes": lambda server: echo(server, "200 OK", b"<pre>" + b" " * 400),
    "echoes later": lambda server: echo(server, "200 OK", b"<pre>" + b" " * 2000),
    "echoes when busy": lambda server: echo(server, "502 Bad Gateway", b""),
}
#: The steps whose errors rich prints in every run.
PRINTED_BY_RICH = {"hangs up", "echoes", "refuses"}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("cancellable", [False, True])
def test_a_failing_request_shows_neither_key_nor_cookie_nor_header(
    server: ScriptedServer,
    make_secret_channel: Callable[..., Channel],
    caplog: pytest.LogCaptureFixture,
    name: str,
    cancellable: bool,
) -> None:
    server.script = [STEPS[name](server)]
    channel = make_secret_channel(max_response_bytes=10_000)
    with caplog.at_level(logging.DEBUG):
        error = failing_call(channel, cancellation=Cancellation() if cancellable else None)
    assert isinstance(error, FtrackError)
    secrets = [SECRETS["key"], SECRETS["cookie"], *([] if "echo" in name else [SECRETS["header"]])]
    # The printing by rich takes most of the time, and depends on the kind of the error only.
    assert leaks(error, *secrets, with_rich=IN_FULL or name in PRINTED_BY_RICH) == []
    assert not [secret for secret in secrets if secret in caplog.text]
    assert server.received[0].headers["ftrack-api-key"] == SECRETS["key"]
    assert SECRETS["cookie"] in server.received[0].headers["cookie"]


def test_a_key_that_the_server_quotes_is_replaced(
    server: ScriptedServer, make_secret_channel: Callable[..., Channel]
) -> None:
    server.script = [echo(server, "200 OK", b"<pre>")]
    error = failing_call(make_secret_channel())
    assert f"ftrack-api-key: {REDACTED}" in str(error)
    assert f"ftrack-api-key: {REDACTED}" in error.excerpt  # type: ignore[attr-defined]


def test_malformed_headers_that_quote_secrets_are_not_logged(
    server: ScriptedServer, make_secret_channel: Callable[..., Channel], caplog: pytest.LogCaptureFixture
) -> None:
    quoted = f"ftrack-api-key {SECRETS['key']}\r\ncookie: sso={SECRETS['cookie']}"
    server.script = [send_raw(f"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{quoted}\r\n\r\n[]".encode())]
    with caplog.at_level(logging.DEBUG):
        error = failing_call(make_secret_channel())
    assert isinstance(error, FtrackError)
    assert "Some headers of a response are malformed" in caplog.text
    assert not [secret for secret in SECRETS.values() if secret in caplog.text]


def test_a_connection_that_cannot_be_made_shows_no_secret(
    make_secret_channel: Callable[..., Channel], unused_port: int
) -> None:
    for url in (f"http://127.0.0.1:{unused_port}", "http://no-such-host.invalid", f"https://127.0.0.1:{unused_port}"):
        assert leaks(failing_call(make_secret_channel(server_url=url)), *SECRETS.values()) == []


def test_a_cancelled_request_shows_no_secret(
    server: ScriptedServer, make_secret_channel: Callable[..., Channel]
) -> None:
    server.script = [wait_until_closed(server)]
    cancellation = Cancellation()
    cancel_after(lambda: server.arrived.acquire(timeout=5), cancellation)
    error = failing_call(make_secret_channel(), cancellation=cancellation)
    assert isinstance(error, RequestCancelled)
    assert leaks(error, *SECRETS.values()) == []


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, SystemExit])
def test_an_interrupt_in_the_middle_of_a_request_shows_no_secret(
    server: ScriptedServer, make_secret_channel: Callable[..., Channel], kind: type[BaseException]
) -> None:
    channel = make_secret_channel()
    # `on_sent` is called between sending and receiving, on the stack of the HTTP libraries.
    transport = channel.transport
    assert isinstance(transport, HttpTransport)

    def interrupt() -> None:
        raise kind("interrupted")

    request = _request_of(channel, server.url, interrupt)
    error = failure_of(lambda: transport.send(request))
    assert isinstance(error, kind)
    assert leaks(error, *SECRETS.values()) == []


def _request_of(channel: Channel, url: str, on_sent: Callable[[], object]) -> Any:
    return Request("POST", f"{url}/api", channel._session_headers, b"[]", timeout=5.0, on_sent=on_sent)


def test_a_call_that_is_refused_before_it_is_sent_shows_no_secret(make_secret_channel: Callable[..., Channel]) -> None:
    channel = make_secret_channel()
    for options in ({"push_token": "a\nb"}, {"headers": {"x": 5}}, {"headers": {5: "x"}}, {"timeout": "soon"}):
        error = failing_call(channel, **options)
        assert isinstance(error, FtrackError)
        assert leaks(error, *SECRETS.values()) == []


def test_a_cookie_that_cannot_be_sent_is_refused_without_its_value() -> None:
    for value in ("bad-c00kie\r\nx: y", "bad-c00kie;x", 5, None, b"bad-c00kie", "bad-c00kie\ud800", " bad-c00kie"):
        with pytest.raises(SettingsError) as caught:
            Settings.resolve("https://a.test", "k", "u", cookies={"sso": value}, environ={})
        assert "sso" in str(caught.value)
        assert "bad-c00kie" not in f"{caught.value}{caught.value.__cause__}{caught.value.details}"


def test_a_background_call_shows_no_secret(server: ScriptedServer, make_secret_channel: Callable[..., Channel]) -> None:
    server.script = [hang_up]
    call = make_secret_channel().submit(OPERATIONS)
    error = failure_of(lambda: call.result(10))
    assert isinstance(error, FtrackError)
    assert leaks(error, *SECRETS.values()) == []


@pytest.mark.parametrize(
    "step",
    [
        hang_up,
        respond(b"", "503 Busy"),
        respond(b"<html>"),
        respond(b"id:60:60:websocket"),
        send_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nid"),
        send_raw(b"HTTP/1.1 307 X\r\nlocation: http://a..b/\r\ncontent-length: 0\r\n\r\n"),
    ],
    ids=["hangs up", "busy", "not a handshake", "no websocket", "two lengths", "redirects"],
)
def test_a_failing_handshake_with_the_event_server_shows_no_secret(server: ScriptedServer, step: Any) -> None:
    server.script = [step, hang_up]
    settings = Settings.resolve(
        server.url, SECRETS["key"], "jane", cookies={"sso": SECRETS["cookie"]}, timeout=5.0, environ={}
    )
    connector = EventConnector(settings)
    error = failure_of(connector.open)
    assert isinstance(error, FtrackError)
    assert not isinstance(error, SettingsError)
    assert server.received[0].headers["ftrack-api-key"] == SECRETS["key"]
    assert leaks(error, SECRETS["key"], SECRETS["cookie"]) == []


def test_a_key_that_the_event_server_quotes_is_replaced(server: ScriptedServer) -> None:
    server.script = [echo(server, "404 Not Found", b"")]
    settings = Settings.resolve(server.url, SECRETS["key"], "jane", timeout=5.0, environ={})
    error = failure_of(EventConnector(settings).open)
    assert isinstance(error, FtrackError)
    assert SECRETS["key"] not in f"{error}{error.details}"
