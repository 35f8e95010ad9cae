"""Edge: the embedded server without its sockets: a request's headers and body in, status and body out.

A request is an array of operations and one transaction: reads see the writes before them, and an error undoes them all
and is the whole answer, as one object (protocol facts).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ftrack_orm.errors import FtrackError, InvalidValue
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire import json_text
from ftrack_orm.wire.operations import Operation, operation_from_json

from . import credentials, error_response
from .actions import Batch
from .events.internal_names import InternalNames
from .events.update_event import ClientTokens, create_update_event
from .reading.serialization import Serializer
from .tables import Tables
from .writing.references import References
from .writing.store import RequestContext, Store

_LOG = logging.getLogger(__name__)


class HttpResponse(NamedTuple):
    """What goes back on the line."""

    status: int
    content_type: str
    body: bytes


class Application:
    """One production's data and the operations on it. Not for several threads at a time: it has one connection."""

    def __init__(
        self,
        engine: sa.Engine,
        tables: Tables,
        answer: Sequence[Mapping[str, Any]],
        clock: Callable[[], datetime.datetime],
    ) -> None:
        self._connection = engine.connect()
        self._tables = tables
        self._schema_answer = answer
        self._references = References(tables)
        self._clock = clock
        self._internal_names = InternalNames(tables)
        self._on_update_event: Callable[[dict[str, Any]], None] | None = None

    @property
    def schema(self) -> Schema:
        """The data model the server answers by."""
        return self._tables.schema

    def on_update_event(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Have *announced* called with the `ftrack.update` of every committed request, in the thread handling it."""
        self._on_update_event = callback

    def authenticate(self, api_user: str, api_key: str) -> dict[str, Any]:
        """Return the `id` and `username` of the user these credentials are of; raises the refusal of wrong ones."""
        with self._connection.begin():
            user_id = credentials.authenticate(self._connection, self._tables, api_user, api_key)
            table = self._tables.table("User")
            statement = sa.select(table.c.username).where(table.c.id == user_id)
            return {"id": user_id, "username": self._connection.execute(statement).scalar_one()}

    def close(self) -> None:
        """Give the connection back; the application cannot be used afterwards."""
        self._connection.close()

    def handle(self, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """HttpResponse one request to the API; whatever happens, the answer is JSON.

        *headers* are read without regard to case: `ftrack-user` and `ftrack-api-key` say who asks,
        `ftrack-strict-api: true` asks for HTTP statuses, `ftrack-api-options` for denormalised answers.
        """
        given = {name.lower(): value for name, value in headers.items()}
        strict = given.get("ftrack-strict-api", "").lower() == "true"
        try:
            with self._connection.begin():
                answers, event = self._answer(given, body)
                text = json_text.dumps(answers)
            if event is not None and self._on_update_event is not None:
                self._on_update_event(event)  # only now has it happened
            return HttpResponse(200, "application/json", text)
        except Exception as error:
            if not isinstance(error, FtrackError):
                _LOG.exception("The embedded server failed on a request.")
            status = error_response.http_status(error, strict=strict)
            return HttpResponse(status, "application/json", json_text.dumps(error_response.error_object(error)))

    def _answer(self, headers: Mapping[str, str], body: bytes) -> tuple[list[Any], dict[str, Any] | None]:
        user_id = credentials.authenticate(
            self._connection, self._tables, headers.get("ftrack-user", ""), headers.get("ftrack-api-key", "")
        )
        store = Store(self._connection, self._tables, self._references, RequestContext(self._clock(), user_id))
        denormalised = _wants_denormalised(headers.get("ftrack-api-options", ""))
        batch = Batch(store, self._schema_answer, Serializer(denormalised=denormalised))
        answers = batch.execute(_operations(body))
        store.flush()
        tokens = ClientTokens(headers.get("ftrack-clienttoken"), headers.get("ftrack-pushtoken"))
        return answers, create_update_event(store, self._internal_names, tokens)


def _operations(body: bytes) -> list[Operation]:
    try:
        batch = json_text.loads(body)
    except ValueError as error:
        raise InvalidValue(f"The body of a request is a JSON array of operations; this is not JSON: {error}.") from None
    if not isinstance(batch, list):
        raise InvalidValue(f"The body of a request is a JSON array of operations, not {type(batch).__name__}.")
    return [operation_from_json(operation) for operation in batch]


def _wants_denormalised(options: str) -> bool:
    """Whether `ftrack-api-options` ask for repeated entities in full; that works only together with strict.

    Both `strict:1;denormalize:1` and `denormalize=True;strict=True` are in use (protocol fact).
    """
    chosen: dict[str, bool] = {}
    for option in options.split(";"):
        name, _, value = option.replace("=", ":").partition(":")
        chosen[name.strip().lower()] = value.strip().lower() in ("1", "true")
    return chosen.get("denormalize", False) and chosen.get("strict", False)
