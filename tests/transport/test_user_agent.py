"""The `User-Agent` header, as a server receives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import ftrack_orm
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.transport.user_agent import user_agent
from ftrack_orm.wire.operations import QueryServerInformationOperation
from tests.transport.scripted_server import ScriptedServer

from .scripted_server import respond


def test_the_header_names_the_versions_of_library_python_and_requests() -> None:
    assert re.fullmatch(r"ftrack-orm/[\d.]+ \(Python 3\.\d+; requests/[\d.]+\)", user_agent())
    assert f"ftrack-orm/{ftrack_orm.__version__} " in user_agent()


@pytest.mark.parametrize(("headers", "expected"), [({}, None), ({"User-Agent": "pipeline/7"}, "pipeline/7")])
def test_api_requests_carry_it_unless_the_settings_name_another(
    server: ScriptedServer, make_channel: Any, headers: Any, expected: str | None
) -> None:
    server.script = [respond(b"[{}]")]
    make_channel(headers=headers).call([QueryServerInformationOperation()])
    assert server.received[0].headers["user-agent"] == (expected or user_agent())


def test_requests_to_other_servers_carry_it(
    server: ScriptedServer, other_server: ScriptedServer, make_transport: Callable[..., HttpTransport]
) -> None:
    make_transport().send(Request("GET", f"{other_server.url}/file", timeout=5.0))
    assert other_server.received[0].headers["user-agent"] == user_agent()
