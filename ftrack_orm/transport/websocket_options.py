"""Pure: the TLS and proxy options of websocket-client that correspond to those of requests."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests.utils


def tls_options(verify: bool | str | None) -> dict[str, Any]:
    """Return websocket-client's `sslopt` for the value of *verify* in requests."""
    if verify is False:
        return {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    bundle = verify if isinstance(verify, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH
    return {"ca_cert_path" if Path(bundle).is_dir() else "ca_certs": bundle, "cert_reqs": ssl.CERT_REQUIRED}


def proxy_options(url: str, proxies: Any) -> dict[str, Any]:
    """Return websocket-client's arguments for the proxy that requests would use for *url*."""
    proxy = requests.utils.select_proxy(url, proxies)
    if not proxy:
        # Otherwise websocket-client would read the environment itself, by its own rules.
        return {"http_no_proxy": [urlsplit(url).hostname]}
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    options: dict[str, Any] = {"http_proxy_host": parts.hostname, "http_proxy_port": parts.port or 80}
    # Exemptions in the environment were already applied by requests.
    options["http_no_proxy"] = ["."]
    if parts.scheme.startswith("socks"):
        options["proxy_type"] = parts.scheme
    if parts.username is not None:
        options["http_proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return options
