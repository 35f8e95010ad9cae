"""Edge: the actions of the embedded server: each kind of operation and the function that executes it.

A new action is one function and one row of the table. An action without a class in the wire format arrives as
`RawOperation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import FtrackError, QueryError, SandboxUnsupported
from ftrack_orm.query.language.parser import parse
from ftrack_orm.wire.operations import (
    CreateOperation,
    DeleteOperation,
    Operation,
    QueryOperation,
    QuerySchemasOperation,
    QueryServerInformationOperation,
    RawOperation,
    SearchOperation,
    UpdateOperation,
)

from . import account_actions, permissions, server_errors, server_information
from .reading import search
from .reading.component_urls import ComponentUrls
from .reading.execution import run_query
from .reading.serialization import Serializer
from .storage import actions as storage_actions
from .writing import completion, mutation
from .writing.store import Store

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Select

    from .raw_action import RawAction

#: Actions that real servers have and this one does not (PROTOCOL 2.2). Other actions do not exist at all.
UNSUPPORTED_ACTIONS = frozenset(
    {
        "_authorize_operation", "_track_usage", "assume_user", "compute_rollups", "configure_otp", "configure_totp",
        "convert_entity", "disable_2fa", "generate_totp", "grant_api_key_project", "grant_api_key_security_role",
        "parse_query", "permissions", "revoke_api_key_project", "revoke_api_key_security_role", "storage_usage",
        "un_assume_user",
    }
)  # fmt: skip


@attrs.frozen
class OperationBatch:
    """The operations of one request during their execution, with the store and the serializer they share."""

    store: Store
    schemas: Sequence[Mapping[str, Any]]
    serializer: Serializer

    def execute(self, operations: Sequence[Operation]) -> list[Any]:
        """Execute *operations* in order and return the element of the response for each.

        In the end the entities they have written are completed. Raises the error of the first operation that fails;
        the caller rolls back.
        """
        self._prefetch(operations)
        replies = [element for group in _group_deletes(operations) for element in self._execute_group(group)]
        completion.finish(self.store)
        return replies

    def _execute_group(self, group: Sequence[Any]) -> list[Any]:
        operation = group[0]
        if type(operation) is RawOperation and operation.action in RAW_ACTIONS:
            self.serializer.reset()
            return [RAW_ACTIONS[operation.action](self.store, operation.body)]
        execute = _ACTIONS.get(type(operation))
        if execute is None:
            raise _unknown_action(operation.action)
        if not operation.is_read_only:
            # Entities that were serialized may change, so later reads serialize them in full again.
            self.serializer.reset()
        return execute(self, group)

    def _prefetch(self, operations: Sequence[Operation]) -> None:
        """Read the entities that a large batch changes, with one statement for each entity type."""
        keys: dict[str, list[tuple[str, ...]]] = {}
        for operation in operations:
            if isinstance(operation, (UpdateOperation, DeleteOperation)):
                keys.setdefault(operation.entity_type, []).append(operation.key)
        for entity_type, keys_of_type in keys.items():
            if entity_type in self.store.schema.types:
                self.store.prefetch(entity_type, keys_of_type)


def _query(batch: OperationBatch, group: Sequence[QueryOperation]) -> list[Any]:
    (operation,) = group
    return [_run(batch, operation.action, _parse(operation.expression))]


def _search(batch: OperationBatch, group: Sequence[SearchOperation]) -> list[Any]:
    (operation,) = group
    select = search.apply_search(_parse(operation.expression), operation, batch.store.schema)
    return [_run(batch, operation.action, select)]


def _create(batch: OperationBatch, group: Sequence[CreateOperation]) -> list[Any]:
    (operation,) = group
    data = mutation.create(batch.store, operation.entity_type, operation.data)
    return [{"action": operation.action, "data": data}]


def _update(batch: OperationBatch, group: Sequence[UpdateOperation]) -> list[Any]:
    (operation,) = group
    data = mutation.update(batch.store, operation.entity_type, operation.key, operation.data)
    return [{"action": operation.action, "data": data}]


def _delete(batch: OperationBatch, group: Sequence[DeleteOperation]) -> list[Any]:
    mutation.delete(batch.store, [(operation.entity_type, operation.key) for operation in group])
    return [{"action": operation.action, "data": True} for operation in group]


def _query_schemas(batch: OperationBatch, group: Sequence[QuerySchemasOperation]) -> list[Any]:
    return [batch.schemas]


def _query_server_information(batch: OperationBatch, group: Sequence[QueryServerInformationOperation]) -> list[Any]:
    (operation,) = group
    store = batch.store
    return [
        server_information.describe_server(
            operation.values,
            schema_hash=store.schema.hash,
            user=lambda: store.get("User", (store.request.user_id,)),
            urls=ComponentUrls(store.request.base_url, store.request.storage),
            storage_scenario=lambda: _storage_scenario(store),
        )
    ]


def _storage_scenario(store: Store) -> str | None:
    """Return the setting of the storage scenario, JSON text, or None."""
    rows = store.rows("Setting", name="storage_scenario", group="STORAGE")
    return rows[0]["value"] if rows else None


#: Action without an operation class -> the function that executes it.
RAW_ACTIONS: Mapping[str, RawAction] = {**storage_actions.ACTIONS, **account_actions.ACTIONS}

#: Kind of operation -> the function that executes a group of them.
_ACTIONS: Mapping[type[Operation], Callable[[OperationBatch, Sequence[Any]], list[Any]]] = {
    QueryOperation: _query,
    SearchOperation: _search,
    CreateOperation: _create,
    UpdateOperation: _update,
    DeleteOperation: _delete,
    QuerySchemasOperation: _query_schemas,
    QueryServerInformationOperation: _query_server_information,
}


def _group_deletes(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Yield groups of one operation, and one group for consecutive deletes, which may depend on each other."""
    group: list[Operation] = []
    for operation in operations:
        if group and not (isinstance(operation, DeleteOperation) and isinstance(group[-1], DeleteOperation)):
            yield group
            group = []
        group.append(operation)
    if group:
        yield group


def _parse(expression: str) -> Select:
    try:
        return parse(expression)
    except QueryError as error:
        raise server_errors.parse_error(expression, str(error)) from error


def _run(batch: OperationBatch, action: str, select: Select) -> dict[str, Any]:
    store = batch.store
    store.flush()
    select, names = permissions.split(select)
    reply = run_query(store.connection, store.tables, select, batch.serializer, store.request.received_at)
    permissions.add(store, reply.data, names)
    return {"action": action, "data": reply.data, "metadata": {"next": {"offset": reply.next_offset}}}


def _unknown_action(name: str) -> FtrackError:
    if name in UNSUPPORTED_ACTIONS:
        return SandboxUnsupported(f"The embedded server does not support the action {name!r}.", action=name)
    return server_errors.invalid_action(name)
