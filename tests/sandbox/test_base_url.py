"""The address under which a client has reached the server."""

from __future__ import annotations

import pytest

from ftrack_orm.sandbox.base_url import base_url_of


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "ftrack.test", "[::1]:80", "my_box-1:65535"])
def test_the_header_host_states_it(host: str) -> None:
    assert base_url_of({"host": host}, "http://default") == f"http://{host}"


@pytest.mark.parametrize("host", ["", "a/b", "a b", "user@host", "host:port", "ü", "a\r\nb", "host:123456"])
def test_an_unusable_header_is_ignored(host: str) -> None:
    assert base_url_of({"Host": host}, "http://default") == "http://default"
