"""Connections are kept, replaced, aborted and pooled by server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.errors import TransportError
from ftrack_orm.settings import Settings
from ftrack_orm.transport.connection_pool import MAX_OTHER_SERVERS, ConnectionPool, ConnectionPools
from ftrack_orm.transport.http import HttpTransport
from tests.transport.scripted_server import ScriptedServer, read_request


@pytest.fixture
def pool(server: ScriptedServer, make_settings: Callable[..., Settings]) -> Iterator[ConnectionPool]:
    pool = ConnectionPool(server.url, make_settings())
    yield pool
    pool.close()


def test_a_checkout_that_is_over_cannot_abort_the_next_exchange_of_its_connection(
    server: ScriptedServer, pool: ConnectionPool
) -> None:
    with pool.checkout() as first:
        first.http.post(server.url, data=b"[]", timeout=5)
    with pool.checkout() as second:
        first.abort()
        assert second.connection is first.connection
        assert second.http.post(server.url, data=b"[]", timeout=5).status_code == 200
    assert server.connections == 1


def test_a_connection_that_failed_or_was_aborted_is_not_used_again(pool: ConnectionPool) -> None:
    with pytest.raises(ZeroDivisionError), pool.checkout() as failed:
        raise ZeroDivisionError
    with pool.checkout() as aborted:
        aborted.abort()
    with pool.checkout() as third:
        assert third.connection not in (failed.connection, aborted.connection)


def test_a_checkout_ends_once(pool: ConnectionPool) -> None:
    checkout = pool.checkout()
    checkout.discard()
    checkout.give_back()
    with pool.checkout() as next_checkout:
        assert next_checkout.connection is not checkout.connection


def test_a_connection_given_back_after_closing_is_closed(pool: ConnectionPool) -> None:
    with pool.checkout() as first:
        pool.close()
    with pool.checkout() as second:
        assert second.connection is not first.connection


def test_the_environment_is_read_when_a_connection_is_made_and_not_for_each_request(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.studio")
    monkeypatch.setenv("https_proxy", "http://proxy.studio")
    pool = ConnectionPool("https://ftrack.studio/api", make_settings())
    with pool.checkout() as checkout:
        assert checkout.http.verify == str(certificate)
        assert checkout.http.proxies["https"] == "http://proxy.studio"
    for name in ("REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name)
    with pool.checkout() as checkout:
        assert checkout.http.verify == str(certificate)
    pool.close()


# -- pools by server ------------------------------------------------------------------------------------------------


@pytest.fixture
def pools(make_settings: Callable[..., Settings]) -> Iterator[ConnectionPools]:
    pools = ConnectionPools(make_settings(server_url="http://studio.test/ftrack", cookies={"session": "s1"}))
    yield pools
    pools.close()


def cookies_of(pool: ConnectionPool) -> Any:
    with pool.checkout() as checkout:
        return dict(checkout.http.cookies)


def test_the_sessions_server_has_one_pool_with_the_cookies_of_the_settings(pools: ConnectionPools) -> None:
    pool = pools.pool_for("http://studio.test/ftrack/api")
    assert pools.pool_for("https://studio.test/api") is pool
    assert cookies_of(pool) == {"session": "s1"}


def test_another_server_has_a_pool_of_its_own_without_those_cookies(pools: ConnectionPools) -> None:
    pool = pools.pool_for("https://storage.test/bucket/file?signature=s")
    assert pools.pool_for("https://storage.test:443/other") is pool
    assert pools.pool_for("https://storage.test:8443/other") is not pool
    assert pool is not pools.pool_for("http://studio.test/ftrack/api")
    assert cookies_of(pool) == {}


def test_the_pools_of_the_servers_used_last_are_kept(pools: ConnectionPools) -> None:
    own = pools.pool_for("http://studio.test/ftrack/api")
    first = pools.pool_for("https://first.test/")
    for number in range(MAX_OTHER_SERVERS - 1):
        pools.pool_for(f"https://storage-{number}.test/")
    assert pools.pool_for("https://first.test/") is first
    for number in range(MAX_OTHER_SERVERS):
        pools.pool_for(f"https://later-{number}.test/")
    assert pools.pool_for("https://first.test/") is not first
    assert pools.pool_for("http://studio.test/ftrack/api") is own


def test_after_closing_no_connection_is_kept(pools: ConnectionPools) -> None:
    pools.close()
    for url in ("http://studio.test/ftrack/api", "https://storage.test/file"):
        with pools.pool_for(url).checkout() as first:
            pass
        with pools.pool_for(url).checkout() as second:
            assert second.connection is not first.connection


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_child_has_a_connection_of_its_own(server: ScriptedServer) -> None:
    code = (
        "import os, sys\n"
        "from ftrack_orm.settings import Settings\n"
        "from ftrack_orm.transport.http import HttpTransport\n"
        "from ftrack_orm.transport.base import Request\n"
        "transport = HttpTransport(Settings.resolve(sys.argv[1], 'k', 'u', environ={}))\n"
        "request = Request('POST', sys.argv[1] + '/api', body=b'[]', timeout=5)\n"
        "transport.send(request)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(transport.send(request).read() != b'[]')\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "transport.send(request)\n"
    )
    subprocess.run([sys.executable, "-c", code, server.url], check=True, timeout=20)
    assert [received.connection for received in server.received] == [1, 2, 1]


@pytest.mark.parametrize("bundle", ["", "  ", None, True])
@pytest.mark.parametrize("variable", [None, "", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_are_verified_unless_ca_bundle_is_false(
    tls_server: ScriptedServer,
    make_settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    bundle: Any,
    variable: Any,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        if variable == "" or variable == name:
            monkeypatch.setenv(name, "")
    settings = make_settings(server_url=tls_server.url, ca_bundle=bundle, retries=0)
    transport = HttpTransport(settings)
    with pytest.raises(TransportError, match="not trusted") as caught:
        transport.send(read_request(tls_server.url))
    assert caught.value.safe_to_retry is True
    assert tls_server.received == []
    transport.close()
