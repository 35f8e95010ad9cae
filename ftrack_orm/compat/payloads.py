"""Pure: raw operations, and the credentials of requests that a script makes itself, as the official client has them."""

from __future__ import annotations

from collections import UserDict
from typing import Any


class OperationPayload(UserDict[str, Any]):
    """An operation for `session.call`: a dictionary whose values may be entities."""

    def __str__(self) -> str:
        return f"<{type(self).__name__} {self.data}>"


class SessionAuthentication:
    """Adds the credentials to a request: `requests.get(url, auth=SessionAuthentication(api_key, api_user))`."""

    def __init__(self, api_key: str, api_user: str) -> None:
        self.api_key = api_key
        self.api_user = api_user

    def __call__(self, request: Any) -> Any:
        """Add the headers to *request*, a request of the library requests, and return it."""
        request.headers.update({"ftrack-api-key": self.api_key, "ftrack-user": self.api_user})
        return request
