"""The rules for redirects: which are followed, and which headers they carry."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.transport.redirects import (
    displayed,
    is_http_url,
    keeps_credentials,
    redirect_target,
    redirected_headers,
)

HERE = "https://studio.example.com/api"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://studio.example.com/other", True),
        ("https://studio.example.com:443/api", True),
        ("https://STUDIO.example.com/api", True),
        ("https://studio.example.com:8443/api", False),
        ("http://studio.example.com/api", False),
        ("https://studio.example.com.evil.test/api", False),
        ("https://evil.test/api", False),
        ("https://studio.example.com@evil.test/api", False),
        ("https://evil.test\\@studio.example.com/api", False),
    ],
)
def test_credentials_are_kept_for_the_same_server_only(target: str, expected: bool) -> None:
    assert keeps_credentials(HERE, target) is expected


def test_credentials_are_kept_from_http_to_https_on_the_same_host() -> None:
    assert keeps_credentials("http://studio.example.com/api", HERE)


@pytest.mark.parametrize(
    ("method", "status", "location", "target"),
    [
        ("POST", 307, "/v2/api", "https://studio.example.com/v2/api"),
        ("POST", 308, "v2", "https://studio.example.com/v2"),
        ("POST", 302, "/v2/api", None),
        ("POST", 307, "https://other.test/api", None),
        ("PUT", 307, "https://other.test/file", None),
        ("GET", 302, "https://other.test/file", "https://other.test/file"),
        ("GET", 303, "//other.test/file", "https://other.test/file"),
        ("HEAD", 301, "/v2/api", "https://studio.example.com/v2/api"),
        ("GET", 302, "file:///etc/passwd", None),
        ("GET", 302, "", None),
        ("GET", 302, "https://other.test:99999/", None),
        ("GET", 302, "https://[malformed/", None),
        ("GET", 307, HERE, None),
    ],
)
def test_a_redirect_is_followed_by_its_method_status_and_target(
    method: str, status: int, location: Any, target: str | None
) -> None:
    assert redirect_target(method, HERE, status, location) == target


def test_only_safe_headers_go_to_another_server() -> None:
    headers = {"ftrack-api-key": "k", "Accept": "*/*", "Range": "bytes=0-1", "x-token": "t", "Content-Type": "a/b"}
    assert redirected_headers(headers, HERE, "https://studio.example.com/v2") == headers
    assert redirected_headers(headers, HERE, "https://other.test/") == {"Accept": "*/*", "Range": "bytes=0-1"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://studio.test/api", True),
        ("http://127.0.0.1:8080", True),
        ("ftp://studio.test/", False),
        ("studio.test/api", False),
        ("https://", False),
        ("https://studio.test:x/", False),
        ("https://[malformed/", False),
    ],
)
def test_http_urls_have_a_scheme_a_host_and_a_valid_port(url: str, expected: bool) -> None:
    assert is_http_url(url) is expected


def test_a_malformed_target_is_displayed_without_an_error() -> None:
    assert displayed(HERE, "https://[malformed/?token=t") == "a malformed URL"


def test_the_displayed_target_has_no_credentials() -> None:
    assert displayed(HERE, "https://jane:pw@other.test/x/api?token=t") == "https://other.test/x"


@pytest.mark.parametrize(
    ("here", "target", "expected"),
    [
        ("http://studio.test/api", "https://studio.test/api", True),
        ("http://studio.test:8080/api", "https://studio.test:8080/api", True),
        ("http://studio.test:8080/api", "https://studio.test/api", True),
        ("http://studio.test/api", "https://studio.test:8443/api", False),
        ("http://studio.test:8080/api", "https://studio.test:8443/api", False),
        ("http://studio.test:8080/api", "https://other.test:8080/api", False),
        ("https://studio.test:8080/api", "http://studio.test:8080/api", False),
    ],
)
def test_credentials_are_kept_over_https_on_the_default_or_the_same_port_only(
    here: str, target: str, expected: bool
) -> None:
    assert keeps_credentials(here, target) is expected


def test_a_long_target_is_cut() -> None:
    assert len(displayed(HERE, "https://other.test/" + "x" * 60_000)) < 300
