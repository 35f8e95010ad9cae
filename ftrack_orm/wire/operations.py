"""Pure: the operations of a request, as values, and the one place where they become JSON and are read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

import attrs

from ftrack_orm.errors import InvalidValue

from .codec import ENTITY_TYPE, encode


@attrs.frozen
class QueryOperation:
    """Read entities by an expression of the query language."""

    expression: str


@attrs.frozen
class SearchOperation:
    """Read entities by free text *terms*, among those the *expression* selects."""

    expression: str
    entity_type: str
    terms: tuple[str, ...] = ()
    context_id: str | None = None
    object_type_ids: tuple[str, ...] = ()


@attrs.frozen
class CreateOperation:
    """Create an entity. *data* maps attributes to values, references and lists of references."""

    entity_type: str
    data: Mapping[str, Any]


@attrs.frozen
class UpdateOperation:
    """Change attributes of the entity with primary key *key* (values in the type's key order)."""

    entity_type: str
    key: tuple[str, ...]
    data: Mapping[str, Any]


@attrs.frozen
class DeleteOperation:
    """Delete the entity with primary key *key*."""

    entity_type: str
    key: tuple[str, ...]


@attrs.frozen
class QuerySchemasOperation:
    """Read the server's schema."""


@attrs.frozen
class QueryServerInformationOperation:
    """Read facts about the server, those named by *values* or the server's own choice when it is empty."""

    values: tuple[str, ...] = ()


@attrs.frozen
class RawOperation:
    """Any other action, as the JSON object the server expects."""

    body: Mapping[str, Any]


Operation = Union[
    QueryOperation,
    SearchOperation,
    CreateOperation,
    UpdateOperation,
    DeleteOperation,
    QuerySchemasOperation,
    QueryServerInformationOperation,
    RawOperation,
]

#: Actions that change nothing on the server, so that asking again is harmless.
_READING_ACTIONS = frozenset({"query", "search", "query_schemas", "query_server_information"})


#: Types of values that are JSON as they are; nearly all values of a large commit are of these.
_PLAIN = frozenset({str, int, float, bool, type(None)})


def to_json(operation: Operation) -> dict[str, Any]:
    """Return the JSON object of an operation (shapes: PROTOCOL 2.2)."""
    if isinstance(operation, (UpdateOperation, CreateOperation)):
        data = {ENTITY_TYPE: operation.entity_type}
        for name, value in operation.data.items():
            data[name] = value if type(value) in _PLAIN else encode(value)
        if isinstance(operation, CreateOperation):
            return {"action": "create", "entity_type": operation.entity_type, "entity_data": data}
        return {
            "action": "update",
            "entity_type": operation.entity_type,
            "entity_key": list(operation.key),
            "entity_data": data,
        }
    if isinstance(operation, QueryOperation):
        return {"action": "query", "expression": operation.expression}
    if isinstance(operation, DeleteOperation):
        return {"action": "delete", "entity_type": operation.entity_type, "entity_key": list(operation.key)}
    if isinstance(operation, SearchOperation):
        body: dict[str, Any] = {
            "action": "search",
            "expression": operation.expression,
            "entity_type": operation.entity_type,
            "terms": list(operation.terms),
        }
        if operation.context_id is not None:
            body["context_id"] = operation.context_id
        if operation.object_type_ids:
            body["object_type_ids"] = list(operation.object_type_ids)
        return body
    if isinstance(operation, QuerySchemasOperation):
        return {"action": "query_schemas"}
    if isinstance(operation, QueryServerInformationOperation):
        information: dict[str, Any] = {"action": "query_server_information"}
        if operation.values:
            information["values"] = list(operation.values)
        return information
    return {str(key): encode(value) for key, value in operation.body.items()}


def summary(operation: Operation) -> str:
    """Return what an operation is about, for people: its expression, or what it does to which entity type."""
    body = operation.body if isinstance(operation, RawOperation) else {}
    expression = getattr(operation, "expression", None) or body.get("expression")
    entity_type = getattr(operation, "entity_type", None) or body.get("entity_type", "")
    return str(
        expression
        or f"{body.get('action') or type(operation).__name__.removesuffix('Operation')} {entity_type}".strip()
    )


def from_json(body: Any) -> Operation:
    """Return the operation a JSON object describes; an action this module has no class for becomes `RawOperation`.

    Raises `InvalidValue` naming what is missing. Keys come as a list, or as one string for a one-attribute key.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("action"), str):
        raise InvalidValue(f'An operation is a JSON object with an "action", not {body!r}.')
    action = body["action"]
    try:
        if action == "query":
            return QueryOperation(_text(body, "expression"))
        if action == "search":
            return SearchOperation(
                expression=_text(body, "expression"),
                entity_type=_text(body, "entity_type"),
                terms=_texts(body, "terms"),
                context_id=body.get("context_id"),
                object_type_ids=_texts(body, "object_type_ids"),
            )
        if action == "create":
            return CreateOperation(_text(body, "entity_type"), _data(body))
        if action == "update":
            return UpdateOperation(_text(body, "entity_type"), _key(body), _data(body))
        if action == "delete":
            return DeleteOperation(_text(body, "entity_type"), _key(body))
    except KeyError as error:
        raise InvalidValue(f"The operation {action!r} lacks {error.args[0]!r}.") from None
    if action == "query_schemas":
        return QuerySchemasOperation()
    if action == "query_server_information":
        return QueryServerInformationOperation(_texts(body, "values"))
    return RawOperation(body)


def only_reads(operations: Sequence[Operation]) -> bool:
    """Whether sending these operations twice can do no harm, since none of them changes anything."""
    return all(
        operation.body.get("action") in _READING_ACTIONS
        if isinstance(operation, RawOperation)
        else not isinstance(operation, (CreateOperation, UpdateOperation, DeleteOperation))
        for operation in operations
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise InvalidValue(f"{name!r} of the operation {body['action']!r} must be text, not {value!r}.")
    return value


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidValue(f"{name!r} of the operation {body['action']!r} must be a list of texts, not {values!r}.")
    return tuple(values)


def _data(body: Mapping[str, Any]) -> Mapping[str, Any]:
    data = body["entity_data"]
    if not isinstance(data, Mapping):
        raise InvalidValue(f"'entity_data' of the operation {body['action']!r} must be an object, not {data!r}.")
    return {name: value for name, value in data.items() if name != ENTITY_TYPE}


def _key(body: Mapping[str, Any]) -> tuple[str, ...]:
    key = body["entity_key"]
    parts = key if isinstance(key, list) else [key]
    if not parts or not all(isinstance(part, (str, int)) for part in parts):
        raise InvalidValue(f"'entity_key' of the operation {body['action']!r} must be a list of ids, not {key!r}.")
    return tuple(map(str, parts))
