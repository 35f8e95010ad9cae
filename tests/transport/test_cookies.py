"""The cookies of a session: bounded in number and length, and their values nowhere to be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ftrack_orm.transport.cookies import MAX_COOKIE_LENGTH, MAX_SERVER_COOKIES, SessionCookies
from ftrack_orm.transport.http import HttpTransport
from tests.transport.scripted_server import ScriptedServer, read_request, respond


def test_the_repr_has_no_values() -> None:
    assert "s3cret" not in repr(SessionCookies({"sso": "s3cret"}))


def test_a_server_cannot_add_cookies_without_end(
    server: ScriptedServer, make_transport: Callable[..., HttpTransport], caplog: pytest.LogCaptureFixture
) -> None:
    server.script = [respond(b"[]", set_cookie=f"c{number}=v; Path=/") for number in range(MAX_SERVER_COOKIES + 5)]
    server.script += [respond(b"[]", set_cookie=f"long={'v' * MAX_COOKIE_LENGTH}; Path=/"), respond(b"[]")]
    transport = make_transport(cookies={"sso": "s3cret-value"})
    for _ in range(len(server.script) + 1):
        transport.send(read_request(server.url))
    sent = server.received[-1].headers["cookie"].split("; ")
    assert len(sent) == MAX_SERVER_COOKIES + 1
    assert "sso=s3cret-value" in sent
    assert "dropped" in caplog.text
    assert "s3cret-value" not in caplog.text
    assert "v" * MAX_COOKIE_LENGTH not in caplog.text
