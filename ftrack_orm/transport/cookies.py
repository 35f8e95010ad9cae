"""State: the cookies of a session: those of its settings, and a bounded number of those that its server sets."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from requests.cookies import RequestsCookieJar

if TYPE_CHECKING:
    from http.cookiejar import Cookie

logger = logging.getLogger("ftrack_orm.transport")

#: Browsers keep at least these (RFC 6265, 6.1). Without a limit, a server could make each request larger than the last.
MAX_SERVER_COOKIES = 50
MAX_COOKIE_LENGTH = 4096


class SessionCookies(RequestsCookieJar):
    """The cookies of one server. The values are secrets: neither repr nor logs have them."""

    def __init__(self, cookies: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._has_limits = False
        self.update(dict(cookies or {}))
        self._has_limits = True
        self._given_count = len(self)

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        """Keep a cookie. One of the server that is too long, or one too many, is dropped and logged."""
        if self._has_limits:
            is_long = len(cookie.name) + len(cookie.value or "") > MAX_COOKIE_LENGTH
            if is_long or len(self) >= self._given_count + MAX_SERVER_COOKIES:
                logger.warning("A cookie of the server was dropped, because it is too long or one too many")
                return
        super().set_cookie(cookie, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<SessionCookies: {len(self)}>"
