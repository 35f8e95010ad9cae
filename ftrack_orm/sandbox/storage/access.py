"""Edge: decides which requests may use the storage: by credentials, or by a signature.

Facts (PROTOCOL 4, 8.3): `/component/...` takes credentials in the query or in headers. Signed URLs need none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ftrack_orm.errors import FtrackError

from .refusals import refusal, signature_refused
from .signatures import SIGNATURE, SignatureRefused

if TYPE_CHECKING:
    from .faults import Fault
    from .storage import Storage

#: Returns the user with this name and key, or raises the server's error.
Authenticate = Callable[[str, str], Awaitable[Mapping[str, Any]]]


class Access:
    """Checks requests, and raises the responses to refuse them with."""

    def __init__(self, storage: Storage, authenticate: Authenticate) -> None:
        self._storage = storage
        self._authenticate = authenticate

    async def component_of(self, request: web.Request) -> str:
        """Return the component that a request names, with valid credentials or a signed URL without time limit."""
        component_id = request.query.get("id", "")
        if not component_id:
            raise refusal(web.HTTPBadRequest, "The parameter id must name a component.")
        if SIGNATURE in request.query:
            # Other parameters, such as the size of a thumbnail, are the client's choice.
            self.check_signature(request.path, {name: request.query[name] for name in ("id", SIGNATURE)})
            return component_id
        api_user = request.headers.get("ftrack-user") or request.query.get("username", "")
        api_key = request.headers.get("ftrack-api-key") or request.query.get("apiKey", "")
        try:
            await self._authenticate(api_user, api_key)
        except FtrackError as error:
            raise refusal(web.HTTPUnauthorized, str(error), "InvalidCredentialsError") from None
        return component_id

    def check_signature(self, path: str, parameters: Mapping[str, str]) -> None:
        """Refuse the parameters of a request to *path* unless they are signed and not expired."""
        try:
            self._storage.check(path, parameters)
        except SignatureRefused as error:
            raise signature_refused(str(error)) from None

    def take_fault(self, method: str, component_id: str, part: int) -> Fault | None:
        """Return the fault that a test has asked for, if it applies to this request; refuse an expired signature."""
        fault = self._storage.faults.take(method, component_id, part)
        if fault is not None and fault.kind == "expired":
            raise signature_refused("This signed URL has expired: request a new one.")
        return fault
