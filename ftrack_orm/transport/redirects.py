"""Pure: which redirects are followed, where to, and with which headers.

A redirect that leads to another origin never carries credentials: of the headers, only those of content negotiation
remain, and a request that carries data is not redirected there.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from urllib3.util import parse_url

#: The number of redirects that are followed for one request.
MAX_REDIRECTS = 5

#: Redirects that keep the method and the body; most software makes a GET of a POST for the others.
_KEEPING_METHOD = frozenset({307, 308})
_REDIRECTS = _KEEPING_METHOD | {301, 302, 303}
#: Methods that carry no data, so that every kind of redirect means the same for them.
_WITHOUT_BODY = frozenset({"GET", "HEAD"})
#: The number of characters of a target that an error quotes.
_MAX_DISPLAYED = 200
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Headers without credentials. A list of what may pass is safe for headers that a studio adds.
_SAFE_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "if-range", "range", "user-agent"})


def is_redirect(status: int) -> bool:
    """Return whether a status asks to send the request to another URL."""
    return status in _REDIRECTS


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port, which together identify a server. Raises `ValueError` for a malformed URL.

    The parser is the one that decides which host a request is sent to: others disagree about URLs with backslashes.
    """
    parts = parse_url(url)
    scheme = parts.scheme or ""
    return scheme, parts.host, parts.port or _DEFAULT_PORTS.get(scheme)


def is_http_url(url: str) -> bool:
    """Return whether *url* is an absolute URL with a scheme, host and port that HTTP can reach."""
    try:
        scheme, host, _ = origin(url)
    except ValueError:
        return False
    return scheme in _DEFAULT_PORTS and bool(host)


def keeps_credentials(url: str, target: str) -> bool:
    """Return whether *target* is the same server as *url*, or the same host over https instead of http.

    Over https, the port must be the default one or the same: another one may belong to another user of the host.
    """
    here, there = origin(url), origin(target)
    if here == there:
        return True
    is_upgrade = here[1] == there[1] and (here[0], there[0]) == ("http", "https")
    return is_upgrade and there[2] in (_DEFAULT_PORTS["https"], here[2])


def redirect_target(method: str, url: str, status: int, location: str) -> str | None:
    """Return the URL to send the request to instead of *url*, or None if the redirect must not be followed."""
    target = _joined(url, location)
    if target == url or not is_http_url(target):
        return None
    if method in _WITHOUT_BODY:
        return target
    return target if status in _KEEPING_METHOD and keeps_credentials(url, target) else None


def redirected_headers(headers: Mapping[str, str], url: str, target: str) -> Mapping[str, str]:
    """Return the headers for *target*, without credentials where it is another server than *url*."""
    if keeps_credentials(url, target):
        return headers
    return {name: value for name, value in headers.items() if name.lower() in _SAFE_HEADERS}


def displayed(url: str, location: str) -> str:
    """Return the target of a redirect for an error: without user, query and API path, which may hold secrets."""
    target = _joined(url, location)
    try:
        there = urlsplit(target)
    except ValueError:
        target = ""
    if not target:
        return "a malformed URL"
    text = f"{there.scheme}://{there.netloc.rpartition('@')[2]}{there.path}".removesuffix("/api")
    return text if len(text) <= _MAX_DISPLAYED else f"{text[:_MAX_DISPLAYED]}..."


def _joined(url: str, location: str) -> str:
    """Return the absolute URL of a location, or an empty text for a malformed one."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""
