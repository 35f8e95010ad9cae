"""The exceptions of the HTTP libraries as errors of this library."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from ftrack_orm.errors import RequestTimeout, SettingsError, TransportError
from ftrack_orm.transport.failures import Destination, as_library_error, destination_of, is_retryable, nothing_sent

SERVER = Destination("https://ftrack.example.com")
POOL = urllib3.HTTPConnectionPool("ftrack.example.com")
CONNECTION = urllib3.connection.HTTPConnection("ftrack.example.com")


def wrapped(reason: Exception) -> MaxRetryError:
    return MaxRetryError(POOL, "/api", reason)


#: The exceptions of requests, whether nothing was sent before them, and whether a write may be retried.
FAILURES: dict[str, tuple[Exception, bool, bool]] = {
    "connect timeout": (requests.ConnectTimeout(wrapped(ConnectTimeoutError("late"))), True, True),
    "refused": (requests.ConnectionError(wrapped(NewConnectionError(CONNECTION, "refused"))), True, True),
    "proxy": (requests.exceptions.ProxyError(wrapped(urllib3.exceptions.ProxyError("no", OSError()))), True, True),
    "not trusted": (requests.exceptions.SSLError(wrapped(ssl.SSLCertVerificationError("no"))), True, False),
    "read timeout": (requests.ReadTimeout(ReadTimeoutError(POOL, "/api", "late")), False, False),
    "aborted": (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset"))), False, False),
    "timeout while sending": (requests.ConnectionError(ProtocolError("aborted", TimeoutError("late"))), False, False),
    "tls breaks": (requests.exceptions.SSLError(ssl.SSLError("broken")), False, False),
    "unknown": (OSError("something"), False, False),
}
TIMEOUTS = {"connect timeout", "read timeout", "timeout while sending"}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_shows_whether_anything_was_sent(name: Any) -> None:
    error, unsent, _ = FAILURES[name]
    assert nothing_sent(error) is unsent


@pytest.mark.parametrize("name", FAILURES)
def test_a_write_is_retried_only_if_nothing_was_sent_and_it_may_help(name: Any) -> None:
    error, _, retryable = FAILURES[name]
    assert is_retryable(error, idempotent=False) is retryable


@pytest.mark.parametrize("name", FAILURES)
def test_the_librarys_error_states_whether_retrying_is_safe_and_names_timeouts(name: Any) -> None:
    error, unsent, _ = FAILURES[name]
    translated = as_library_error(error, SERVER, idempotent=False, timeout=5.0)
    assert type(translated) is (RequestTimeout if name in TIMEOUTS else TransportError)
    assert isinstance(translated, TransportError)
    assert translated.safe_to_retry is unsent
    assert "https://ftrack.example.com" in str(translated)
    idempotent = as_library_error(error, SERVER, idempotent=True, timeout=None)
    assert isinstance(idempotent, TransportError)
    assert idempotent.safe_to_retry is True


@pytest.mark.parametrize(("name", "retryable"), [("aborted", True), ("read timeout", False), ("tls breaks", False)])
def test_a_read_is_retried_after_a_lost_connection_but_not_after_a_timeout(name: str, retryable: bool) -> None:
    assert is_retryable(FAILURES[name][0], idempotent=True) is retryable


def test_a_missing_certificate_bundle_is_a_settings_error_that_is_not_retried() -> None:
    error = OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /no/bundle.pem")
    translated = as_library_error(error, SERVER, idempotent=True, timeout=5.0)
    assert isinstance(translated, SettingsError)
    assert "ca_bundle" in str(translated)
    assert "/no/bundle.pem" in str(translated)
    assert not is_retryable(error, idempotent=True)


@pytest.mark.parametrize(
    ("url", "name", "has_secret_url"),
    [
        ("https://studio.test/ftrack/api", "https://studio.test/ftrack", False),
        ("https://studio.test/component/get?apiKey=x", "https://studio.test/ftrack", True),
        ("https://storage.test/bucket/file?signature=s", "https://storage.test:443", True),
    ],
)
def test_a_destination_is_named_without_path_and_query(url: str, name: str, has_secret_url: bool) -> None:
    destination = destination_of(url, "https://studio.test/ftrack")
    assert (destination.name, destination.has_secret_url) == (name, has_secret_url)
    assert ("FTRACK_SERVER" in destination.check_address) is (name == "https://studio.test/ftrack")
