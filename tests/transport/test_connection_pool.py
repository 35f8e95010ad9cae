from __future__ import annotations

import os
import subprocess
import sys

import pytest
import requests

from ftrack_orm.transport.connection_pool import ConnectionPool


def test_a_loan_cut_before_it_connects_sends_nothing(server, make_settings):
    connections = ConnectionPool(server.url, make_settings())
    with pytest.raises(requests.ConnectionError, match="before anything was sent"), connections.borrowed() as loan:
        loan.cut()
        loan.http.post(server.url, data=b"[]", timeout=5)
    assert server.received == []
    connections.close()


def test_a_loan_that_ended_cannot_cut_whoever_borrows_next(server, make_settings):
    connections = ConnectionPool(server.url, make_settings())
    with connections.borrowed() as first:
        first.http.post(server.url, data=b"[]", timeout=5)
    with connections.borrowed() as second:
        first.cut()
        assert second.connection is first.connection
        assert second.http.post(server.url, data=b"[]", timeout=5).status_code == 200
    assert server.connections == 1
    connections.close()


def test_a_connection_that_failed_or_was_cut_is_not_lent_again(server, make_settings):
    connections = ConnectionPool(server.url, make_settings())
    with pytest.raises(ZeroDivisionError), connections.borrowed() as failed:
        raise ZeroDivisionError
    with connections.borrowed() as cut:
        cut.cut()
    with connections.borrowed() as third:
        assert third.connection not in (failed.connection, cut.connection)
    connections.close()


def test_the_environment_is_read_when_a_connection_is_made_and_not_for_each_request(server, make_settings, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/studio/certificates.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.studio")
    monkeypatch.setenv("https_proxy", "http://proxy.studio")
    connections = ConnectionPool("https://ftrack.studio/api", make_settings())
    with connections.borrowed() as loan:
        assert (loan.http.verify, loan.http.proxies["https"]) == ("/studio/certificates.pem", "http://proxy.studio")
    for name in ("REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name)
    with connections.borrowed() as loan:
        assert loan.http.verify == "/studio/certificates.pem"
    connections.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_child_has_a_connection_of_its_own(server):
    code = (
        "import os, sys\n"
        "from ftrack_orm.settings import Settings\n"
        "from ftrack_orm.transport.http import HttpTransport\n"
        "from ftrack_orm.transport.base import Request\n"
        "transport = HttpTransport(Settings.resolve(sys.argv[1], 'k', 'u', environ={}))\n"
        "transport.send(Request(b'[]', timeout=5))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(transport.send(Request(b'[]', timeout=5)).body != b'[]')\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "transport.send(Request(b'[]', timeout=5))\n"
    )
    subprocess.run([sys.executable, "-c", code, server.url], check=True, timeout=20)
    assert [received.connection for received in server.received] == [1, 2, 1]
