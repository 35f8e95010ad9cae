"""Edge: the embedded server without its sockets: a request's headers and body in, status and body out.

A request is an array of operations and one transaction: reads see the writes before them, and an error undoes them all
and is the whole answer, as one object (protocol facts).
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from ftrack_orm.errors import FtrackError, InvalidValue, QueryError, SandboxUnsupported
from ftrack_orm.query.language.parser import parse
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire import json_text
from ftrack_orm.wire.operations import (
    CreateOperation,
    DeleteOperation,
    Operation,
    QueryOperation,
    QuerySchemasOperation,
    QueryServerInformationOperation,
    SearchOperation,
    UpdateOperation,
    from_json,
)

from . import credentials, error_response, server_errors, server_information
from .events.internal_names import InternalNames
from .events.update_event import ClientTokens, create_update_event
from .reading import search
from .reading.execution import run_query
from .reading.serialization import Serializer
from .tables import Tables
from .writing import mutation
from .writing.references import References
from .writing.store import RequestContext, Store

_LOG = logging.getLogger(__name__)

#: Actions real servers have and this one does not (protocol facts); others do not exist at all.
UNSUPPORTED_ACTIONS = frozenset(
    {
        "_authorize_operation", "_track_usage", "add_user_security_role", "assume_user", "complete_multipart_upload",
        "compute_rollups", "configure_otp", "configure_totp", "convert_entity", "delayed_job", "disable_2fa",
        "encode_media", "generate_signed_url", "generate_totp", "get_upload_metadata", "get_widget_url",
        "grant_api_key_project", "grant_api_key_security_role", "grant_user_security_role_project", "parse_query",
        "permissions", "remove_user_security_role", "reset_remote", "revoke_api_key_project",
        "revoke_api_key_security_role", "revoke_user_security_role_project", "send_review_session_invite",
        "send_user_invite", "storage_usage", "un_assume_user", "update_user_security_role",
    }
)  # fmt: skip


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
        self._announced: Callable[[dict[str, Any]], None] | None = None

    @property
    def schema(self) -> Schema:
        """The data model the server answers by."""
        return self._tables.schema

    def listen(self, announced: Callable[[dict[str, Any]], None]) -> None:
        """Have *announced* called with the `ftrack.update` of every committed request, in the thread handling it."""
        self._announced = announced

    def authenticate(self, api_user: str, api_key: str) -> dict[str, Any]:
        """Return the `id` and `username` of the user these credentials are of; raises the refusal of wrong ones."""
        with self._connection.begin():
            user_id = credentials.check(self._connection, self._tables, api_user, api_key)
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
            if event is not None and self._announced is not None:
                self._announced(event)  # only now has it happened
            return HttpResponse(200, "application/json", text)
        except Exception as error:
            if not isinstance(error, FtrackError):
                _LOG.exception("The embedded server failed on a request.")
            status = error_response.status(error, strict=strict)
            return HttpResponse(status, "application/json", json_text.dumps(error_response.envelope(error)))

    def _answer(self, headers: Mapping[str, str], body: bytes) -> tuple[list[Any], dict[str, Any] | None]:
        user_id = credentials.check(
            self._connection, self._tables, headers.get("ftrack-user", ""), headers.get("ftrack-api-key", "")
        )
        store = Store(self._connection, self._tables, self._references, RequestContext(self._clock(), user_id))
        denormalised = _wants_denormalised(headers.get("ftrack-api-options", ""))
        batch = _Batch(store, self._schema_answer, Serializer(denormalised=denormalised))
        operations = _operations(body)
        _prefetch(store, operations)
        answers = [answer for group in _grouped(operations) for answer in batch.carry_out(group)]
        store.flush()
        tokens = ClientTokens(headers.get("ftrack-clienttoken"), headers.get("ftrack-pushtoken"))
        return answers, create_update_event(store, self._internal_names, tokens)


class _Batch:
    """One request while it is carried out."""

    def __init__(self, store: Store, schema_answer: Sequence[Mapping[str, Any]], serializer: Serializer) -> None:
        self._store = store
        self._schema_answer = schema_answer
        self._serializer = serializer

    def carry_out(self, group: Sequence[Operation]) -> list[Any]:
        """HttpResponse one operation, or several deletions that follow each other, which are done as one."""
        operation = group[0]
        if isinstance(operation, (QueryOperation, SearchOperation)):
            return [self._read(operation)]
        if isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation)):
            # What was told of an entity before may be different now, so later reads tell it anew.
            self._serializer.forget()
        if isinstance(operation, CreateOperation):
            data = mutation.create(self._store, operation.entity_type, operation.data)
            return [{"action": "create", "data": data}]
        if isinstance(operation, UpdateOperation):
            data = mutation.update(self._store, operation.entity_type, operation.key, operation.data)
            return [{"action": "update", "data": data}]
        if isinstance(operation, DeleteOperation):
            targets = [(each.entity_type, each.key) for each in group if isinstance(each, DeleteOperation)]
            mutation.delete(self._store, targets)
            return [{"action": "delete", "data": True} for _ in group]
        if isinstance(operation, QuerySchemasOperation):
            return [self._schema_answer]
        if isinstance(operation, QueryServerInformationOperation):
            return [self._information(operation)]
        raise _unknown(str(operation.body["action"]))

    def _read(self, operation: QueryOperation | SearchOperation) -> dict[str, Any]:
        try:
            select = parse(operation.expression)
        except QueryError as error:
            raise server_errors.parse(operation.expression, str(error)) from error
        store = self._store
        store.flush()
        action = "query"
        if isinstance(operation, SearchOperation):
            action, select = "search", search.narrowed(select, operation, store.schema)
        rows = run_query(store.connection, store.tables, select, self._serializer, store.request.moment)
        return {"action": action, "data": rows.data, "metadata": {"next": {"offset": rows.next_offset}}}

    def _information(self, operation: QueryServerInformationOperation) -> dict[str, Any]:
        store = self._store
        return server_information.describe_server(
            operation.values,
            schema_hash=store.schema.hash,
            user=lambda: store.get("User", (store.request.user_id,)),
        )


def _operations(body: bytes) -> list[Operation]:
    try:
        batch = json_text.loads(body)
    except ValueError as error:
        raise InvalidValue(f"The body of a request is a JSON array of operations; this is not JSON: {error}.") from None
    if not isinstance(batch, list):
        raise InvalidValue(f"The body of a request is a JSON array of operations, not {type(batch).__name__}.")
    return [from_json(operation) for operation in batch]


def _prefetch(store: Store, operations: Sequence[Operation]) -> None:
    """Read what a large batch is going to change with one statement for each entity type."""
    keys: dict[str, list[tuple[str, ...]]] = {}
    for operation in operations:
        if isinstance(operation, (UpdateOperation, DeleteOperation)) and operation.entity_type in store.schema.types:
            keys.setdefault(operation.entity_type, []).append(operation.key)
    for entity_type, wanted in keys.items():
        store.prefetch(entity_type, wanted)


def _grouped(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Yield the operations one by one, but deletions that follow each other together."""
    group: list[Operation] = []
    for operation in operations:
        if group and not (isinstance(operation, DeleteOperation) and isinstance(group[-1], DeleteOperation)):
            yield group
            group = []
        group.append(operation)
    if group:
        yield group


def _unknown(name: str) -> FtrackError:
    if name in UNSUPPORTED_ACTIONS:
        return SandboxUnsupported(f"The embedded server does not support the action {name!r}.", action=name)
    return server_errors.action(name)


def _wants_denormalised(options: str) -> bool:
    """Whether `ftrack-api-options` ask for repeated entities in full; that works only together with strict.

    Both `strict:1;denormalize:1` and `denormalize=True;strict=True` are in use (protocol fact).
    """
    chosen: dict[str, bool] = {}
    for option in options.split(";"):
        name, _, value = option.replace("=", ":").partition(":")
        chosen[name.strip().lower()] = value.strip().lower() in ("1", "true")
    return chosen.get("denormalize", False) and chosen.get("strict", False)
