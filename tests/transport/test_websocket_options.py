"""TLS and proxy options: the ones of requests, for websocket-client."""

from __future__ import annotations

import pathlib
import ssl

import pytest

from ftrack_orm.transport.websocket_options import proxy_options, tls_options


def test_the_proxy_is_the_one_that_requests_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    url = "https://studio.example/socket.io/1/"
    assert proxy_options(url, {}) == {"http_no_proxy": ["studio.example"]}
    options = proxy_options(url, {"https": "http://jane:p%40ss@proxy.example:3128"})
    assert (options["http_proxy_host"], options["http_proxy_port"]) == ("proxy.example", 3128)
    assert options["http_proxy_auth"] == ("jane", "p@ss")
    assert proxy_options(url, {"all": "socks5h://proxy.example:1080"})["proxy_type"] == "socks5h"


def test_the_trusted_certificates_are_those_of_requests(tmp_path: pathlib.Path) -> None:
    assert tls_options(False)["cert_reqs"] == ssl.CERT_NONE
    assert tls_options("studio.pem") == {"ca_certs": "studio.pem", "cert_reqs": ssl.CERT_REQUIRED}
    assert tls_options(str(tmp_path))["ca_cert_path"] == str(tmp_path)
    assert tls_options(True)["ca_certs"].endswith(".pem")
