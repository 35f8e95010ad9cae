from __future__ import annotations

import ssl

import pytest
import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from ftrack_orm.errors import RequestTimeout, TransportError
from ftrack_orm.transport.failures import as_library_error, nothing_sent, worth_retrying

POOL = urllib3.HTTPConnectionPool("ftrack.example.com")


def given_up(reason):
    return MaxRetryError(POOL, "/api", reason)


#: What requests raises, whether nothing was sent by then, and whether a change may be sent again.
FAILURES = {
    "connect timeout": (requests.ConnectTimeout(given_up(ConnectTimeoutError("late"))), True, True),
    "refused": (requests.ConnectionError(given_up(NewConnectionError(POOL, "refused"))), True, True),
    "proxy": (requests.exceptions.ProxyError(given_up(urllib3.exceptions.ProxyError("no", OSError()))), True, True),
    "not trusted": (requests.exceptions.SSLError(given_up(ssl.SSLCertVerificationError("no"))), True, False),
    "read timeout": (requests.ReadTimeout(ReadTimeoutError(POOL, "/api", "late")), False, False),
    "aborted": (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset"))), False, False),
    "timeout while sending": (requests.ConnectionError(ProtocolError("aborted", TimeoutError("late"))), False, False),
    "tls breaks": (requests.exceptions.SSLError(ssl.SSLError("broken")), False, False),
    "unknown": (OSError("something"), False, False),
}
TIMEOUTS = {"connect timeout", "read timeout", "timeout while sending"}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_tells_whether_anything_was_sent(name):
    error, unsent, _ = FAILURES[name]
    assert nothing_sent(error) is unsent


@pytest.mark.parametrize("name", FAILURES)
def test_a_change_is_sent_again_only_when_nothing_was_sent_and_it_may_help(name):
    error, _, again = FAILURES[name]
    assert worth_retrying(error, repeatable=False) is again


@pytest.mark.parametrize("name", FAILURES)
def test_the_librarys_error_keeps_what_is_safe_and_tells_timeouts_apart(name):
    error, unsent, _ = FAILURES[name]
    found = as_library_error(error, server_url="https://ftrack.example.com", repeatable=False, timeout=5.0)
    assert type(found) is (RequestTimeout if name in TIMEOUTS else TransportError)
    assert found.safe_to_retry is unsent
    assert "https://ftrack.example.com" in str(found)
    always = as_library_error(error, server_url="https://ftrack.example.com", repeatable=True, timeout=None)
    assert always.safe_to_retry is True


@pytest.mark.parametrize(("name", "again"), [("aborted", True), ("read timeout", False), ("tls breaks", False)])
def test_a_read_is_sent_again_after_a_lost_connection_but_not_after_its_time_is_over(name, again):
    assert worth_retrying(FAILURES[name][0], repeatable=True) is again
