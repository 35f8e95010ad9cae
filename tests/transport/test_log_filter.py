"""Keys and signatures in URLs do not reach the log of the HTTP library."""

from __future__ import annotations

import logging

import pytest

from ftrack_orm.transport.log_filter import CredentialFilter, protect_log


@pytest.mark.parametrize(
    ("url", "logged"),
    [
        ("/component/get?id=1&username=jane&apiKey=s3cr3t", "/component/get?id=1&username=jane&apiKey=[redacted]"),
        ("/a?X-Amz-Signature=s3cr3t&partNumber=2", "/a?X-Amz-Signature=[redacted]&partNumber=2"),
        (
            "/a?X-Amz-Security-Token=s&x-goog-credential=t",
            "/a?X-Amz-Security-Token=[redacted]&x-goog-credential=[redacted]",
        ),
        ("/a?sv=1&sig=s3cr3t%3D", "/a?sv=1&sig=[redacted]"),
        ("/api?design=1&assignature=2", "/api?design=1&assignature=[redacted]"),
        ("/api", "/api"),
    ],
)
def test_values_of_secret_parameters_are_replaced(url: str, logged: str) -> None:
    record = logging.LogRecord("urllib3", logging.DEBUG, "", 1, '"%s %s" %d', ("GET", url, 200), None)
    assert CredentialFilter().filter(record)
    assert record.getMessage() == f'"GET {logged}" 200'


def test_other_records_pass_as_they_are() -> None:
    record = logging.LogRecord("urllib3", logging.DEBUG, "", 1, "%(a)s", ({"a": 1},), None)
    assert CredentialFilter().filter(record)
    assert record.getMessage() == "1"


def test_the_filter_is_added_once() -> None:
    log = logging.getLogger("urllib3.connectionpool")
    protect_log()
    protect_log()
    assert len([each for each in log.filters if isinstance(each, CredentialFilter)]) == 1
