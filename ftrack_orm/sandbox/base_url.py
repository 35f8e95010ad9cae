"""Pure: the address under which a client has reached the server, for the absolute URLs in its responses."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: A host name or address with an optional port.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def base_url_of(headers: Mapping[str, str], default: str) -> str:
    """Return the URL of the server as the header `Host` states it, or *default* without a usable header.

    A client that reaches the server through a proxy or under another name can use the URLs that it gets, too.
    """
    host = headers.get("host") or headers.get("Host") or ""
    return f"http://{host}" if _HOST.fullmatch(host) else default
