"""Edge: the embedded server without sockets: turns a request's headers and body into a response's status and body.

A request is an array of operations and one transaction: reads see the writes before them. An error rolls back all of
them and is the whole response, as one object (protocol facts).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ftrack_orm.errors import FtrackError
from ftrack_orm.values import unencodable_text
from ftrack_orm.wire import json_text

from . import credentials, error_response, request_body
from .actions import OperationBatch
from .base_url import base_url_of
from .events.internal_names import InternalNames
from .events.update_event import ClientTokens, create_update_event
from .reading.component_urls import ComponentUrls
from .reading.serialization import Serializer
from .storage.storage import Storage
from .writing.references import references_of
from .writing.store import BackgroundWork, RequestContext, Store

if TYPE_CHECKING:
    from .invitations import Invitation
    from .tables import Tables

logger = logging.getLogger(__name__)


#: First path segments that real servers serve and this one does not.
_UNSUPPORTED_PATHS = ("component", "socket.io")


#: The content type of all responses.
JSON = "application/json"

#: Runs work in another thread, and calls the function with its result.
RunInBackground = Callable[[BackgroundWork, Callable[[Callable[[Store], None]], None]], None]


class HttpResponse(NamedTuple):
    """The response to one HTTP request."""

    status: int
    content_type: str
    body: bytes


class Application:
    """The data of one server and the operations on it; one thread may use it at a time, by one database connection."""

    def __init__(
        self,
        engine: sa.Engine,
        tables: Tables,
        schemas: Sequence[Mapping[str, Any]],
        clock: Callable[[], datetime.datetime],
        storage: Storage | None = None,
    ) -> None:
        self.storage = Storage(clock) if storage is None else storage
        self._connection = engine.connect()
        self._tables = tables
        self._schemas = schemas
        self._references = references_of(tables)
        self._clock = clock
        self._internal_names = InternalNames(tables)
        self._on_update_event: Callable[[dict[str, Any]], None] | None = None
        self._run_in_background: RunInBackground = lambda work, finish: finish(work())
        self._on_invitation: Callable[[Invitation], None] | None = None

    def on_update_event(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Call *callback* with the `ftrack.update` event of every request after its commit, in the request's thread."""
        self._on_update_event = callback

    def run_in_background(self, run: RunInBackground) -> None:
        """Call *run* with the work that requests leave for later, and with the function to call with its result.

        That function must be called in the thread that uses this application. By default both are called at once.
        """
        self._run_in_background = run

    def on_invitation(self, callback: Callable[[Invitation], None]) -> None:
        """Call *callback* with every invitation of a request after its commit, in the request's thread."""
        self._on_invitation = callback

    def now(self) -> datetime.datetime:
        """Return the time of the server."""
        return self._clock()

    def authenticate(self, api_user: str, api_key: str) -> dict[str, Any]:
        """Return `id` and `username` of the user with these credentials; raises the server's error for invalid ones."""
        with self._connection.begin():
            user_id = credentials.authenticate(self._connection, self._tables, api_user, api_key)
            table = self._tables.table("User")
            statement = sa.select(table.c.username).where(table.c.id == user_id)
            return {"id": user_id, "username": self._connection.execute(statement).scalar_one()}

    def close(self) -> None:
        """Close the connection; the application cannot be used afterwards."""
        self._connection.close()

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """Handle one request and return the response, which is JSON in every case. Only `POST /api` is served.

        Names of *headers* may be in any case. `ftrack-user` and `ftrack-api-key` hold the credentials,
        `ftrack-strict-api: true` asks for HTTP statuses of errors, `ftrack-api-options` for denormalised responses.
        """
        if (method, path) != ("POST", "/api"):
            return not_found(method, path)
        try:
            with self._connection.begin():
                replies, store, event = self._execute(_lowercase(headers), body)
                text = json_text.dumps(replies)
        except Exception as error:
            return self._refusal(error, headers)
        self._after_commit(store, event)
        return HttpResponse(200, JSON, text)

    def check_credentials(self, headers: Mapping[str, str]) -> HttpResponse | None:
        """Return the response to a request with invalid credentials, or None for valid ones.

        A server calls it before it reads the body of a request. `handle` checks them again, in its transaction.
        """
        try:
            with self._connection.begin():
                self._authenticate(_lowercase(headers))
        except Exception as error:
            return self._refusal(error, headers)
        return None

    def _authenticate(self, headers: Mapping[str, str]) -> str:
        user, key = headers.get("ftrack-user", ""), headers.get("ftrack-api-key", "")
        return credentials.authenticate(self._connection, self._tables, user, key)

    def _refusal(self, error: Exception, headers: Mapping[str, str]) -> HttpResponse:
        """Return the response to a request that was rolled back."""
        if isinstance(error, RecursionError):
            error = request_body.nested_too_deeply()
        if not isinstance(error, FtrackError):
            logger.error("The embedded server failed on a request.", exc_info=error)
        return refusal(error, headers)

    def _after_commit(self, store: Store, event: dict[str, Any] | None) -> None:
        """Do what depends on a commit: delete files, send invitations and the event, start the work left for later."""
        try:
            for (component_id,) in store.change_log.deleted("Component"):
                self.storage.remove(component_id)
        except OSError:
            logger.exception("The embedded server could not delete the files of deleted components.")
        if self._on_invitation is not None:
            for invitation in store.invitations:
                self._on_invitation(invitation)
        if event is not None:
            self._announce(event)
        for work in store.background_work:
            self.storage.traffic.count_work(1)
            self._run_in_background(work, partial(self._finish_work, store.request.user_id))

    def _finish_work(self, user_id: str | None, finish: Callable[[Store], None]) -> None:
        """Record the result of background work in a transaction of its own, as the user who has started it."""
        try:
            with self._connection.begin():
                store = self._store(RequestContext(self._clock(), user_id, self.storage, self.storage.base_url))
                finish(store)
                store.flush()
                event = create_update_event(store, self._internal_names, ClientTokens())
            self._after_commit(store, event)
        except Exception:
            logger.exception("The embedded server could not record the result of background work.")
        finally:
            self.storage.traffic.count_work(-1)

    def _store(self, context: RequestContext) -> Store:
        return Store(self._connection, self._tables, self._references, context)

    def _announce(self, event: dict[str, Any]) -> None:
        """Publish the event of a request that is committed, whose response must not depend on it."""
        if self._on_update_event is None:
            return
        try:
            self._on_update_event(event)
        except Exception:
            logger.exception("The embedded server could not publish the event of a request, which was carried out.")

    def _execute(self, headers: Mapping[str, str], body: bytes) -> tuple[list[Any], Store, dict[str, Any] | None]:
        user_id = self._authenticate(headers)
        base_url = base_url_of(headers, self.storage.base_url)
        store = self._store(RequestContext(self._clock(), user_id, self.storage, base_url))
        denormalised = _is_denormalised(headers.get("ftrack-api-options", ""))
        serializer = Serializer(denormalised=denormalised, urls=ComponentUrls(base_url, self.storage))
        batch = OperationBatch(store, self._schemas, serializer)
        replies = batch.execute(request_body.parse_operations(body))
        store.flush()
        tokens = ClientTokens(_token(headers, "ftrack-clienttoken"), _token(headers, "ftrack-pushtoken"))
        return replies, store, create_update_event(store, self._internal_names, tokens)


def not_found(method: str, path: str) -> HttpResponse:
    """Return the response to a request that is not served; paths of real servers are refused by name."""
    content = f"There is no {method} {path} here."
    if path.strip("/").split("/")[0] in _UNSUPPORTED_PATHS:
        content = f"The embedded server does not support {method} {path}."
    error_object = {"exception": "NotFound", "content": content, "error_code": None}
    return HttpResponse(404, JSON, error_response.body(error_object))


def refusal(error: Exception, headers: Mapping[str, str]) -> HttpResponse:
    """Return the response to a request with *headers* that failed with *error*.

    Its status is 200 unless the client asks for the status of the error.
    """
    strict = _lowercase(headers).get("ftrack-strict-api", "").lower() == "true"
    status = error_response.http_status(error, strict=strict)
    return HttpResponse(status, JSON, error_response.body(error_response.error_object(error)))


def _lowercase(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _token(headers: Mapping[str, str], name: str) -> str | None:
    """Return a token for the source of an event, or None for one with bytes that are not UTF-8."""
    token = headers.get(name)
    return None if token is None or unencodable_text(token) is not None else token


def _is_denormalised(options: str) -> bool:
    """Whether `ftrack-api-options` ask for repeated entities in full, which requires the option `strict` too.

    Clients use both `strict:1;denormalize:1` and `denormalize=True;strict=True` (protocol fact).
    """
    values: dict[str, bool] = {}
    for option in options.split(";"):
        name, _, value = option.replace("=", ":").partition(":")
        values[name.strip().lower()] = value.strip().lower() in ("1", "true")
    return values.get("denormalize", False) and values.get("strict", False)
