"""Pure: the operations of a request as values. Each class knows its action's JSON and how to read its reply.

A new action is one class here (shapes: PROTOCOL 2.2). Actions without a class are sent as `RawOperation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from ftrack_orm.errors import InvalidValue

from .codec import ENTITY_TYPE, encode
from .replies import DeleteReply, QueryReply, RawReply, Reply, WriteReply

#: Types of values that are JSON already; nearly all values of a large commit are of these.
_JSON_TYPES = frozenset({str, int, float, bool, type(None)})


class Operation:
    """One element of a request: an action and its arguments.

    *action* is the server's name of the action. *is_read_only* says that it changes nothing on the server, so that
    sending it again is harmless.
    """

    __slots__ = ()

    @property
    def action(self) -> str:
        raise NotImplementedError

    @property
    def is_read_only(self) -> bool:
        raise NotImplementedError

    @property
    def summary(self) -> str:
        """A short description for people: the expression of a query, or action and entity type (`Create Task`)."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the server expects. Raises `InvalidValue` for values that JSON cannot express."""
        raise NotImplementedError

    def read_reply(self, element: Any) -> Reply | None:
        """Return the reply in *element*, this operation's part of a response, or None when it has another shape."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Operation:
        """Return the operation in a JSON object; raises `KeyError` or `InvalidValue` naming the argument at fault."""
        raise NotImplementedError


#: Action -> the class of its operations.
_CLASSES: dict[str, type[Operation]] = {}

OperationClass = TypeVar("OperationClass", bound=type[Operation])


def _registered(operation_class: OperationClass) -> OperationClass:
    _CLASSES[operation_class.action] = operation_class  # type: ignore[index]  # a class attribute in each subclass
    return operation_class


class _ReadingOperation(Operation):
    """An operation whose reply is a page of entities."""

    __slots__ = ()
    is_read_only = True

    def read_reply(self, element: Any) -> QueryReply | None:
        data = element.get("data") if type(element) is dict else None
        if not isinstance(data, list):
            return None
        try:
            next_page = (element.get("metadata") or {}).get("next") or {}
            offset = next_page.get("offset")
        except AttributeError:
            return None
        return QueryReply(data, offset) if offset is None or type(offset) is int else None


class _WritingOperation(Operation):
    """An operation whose reply is the written entity."""

    __slots__ = ()
    is_read_only = False

    def read_reply(self, element: Any) -> WriteReply | None:
        data = element.get("data") if type(element) is dict else None
        return WriteReply(data) if isinstance(data, dict) else None


@_registered
@attrs.frozen
class QueryOperation(_ReadingOperation):
    """Read entities by an expression of the query language."""

    action = "query"

    expression: str

    @property
    def summary(self) -> str:
        return self.expression

    def to_json(self) -> dict[str, Any]:
        return {"action": self.action, "expression": self.expression}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> QueryOperation:
        return cls(_text(body, "expression"))


@_registered
@attrs.frozen
class SearchOperation(_ReadingOperation):
    """Read entities by free text *terms*, among those that the *expression* selects."""

    action = "search"

    expression: str
    entity_type: str
    terms: tuple[str, ...] = ()
    context_id: str | None = None
    object_type_ids: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        return self.expression

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "action": self.action,
            "expression": self.expression,
            "entity_type": self.entity_type,
            "terms": list(self.terms),
        }
        if self.context_id is not None:
            body["context_id"] = self.context_id
        if self.object_type_ids:
            body["object_type_ids"] = list(self.object_type_ids)
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> SearchOperation:
        return cls(
            expression=_text(body, "expression"),
            entity_type=_text(body, "entity_type"),
            terms=_texts(body, "terms"),
            context_id=body.get("context_id"),
            object_type_ids=_texts(body, "object_type_ids"),
        )


@_registered
@attrs.frozen
class CreateOperation(_WritingOperation):
    """Create an entity. *data* maps attributes to values, references and lists of references."""

    action = "create"

    entity_type: str
    data: Mapping[str, Any]

    @property
    def summary(self) -> str:
        return f"Create {self.entity_type}"

    def to_json(self) -> dict[str, Any]:
        data = {ENTITY_TYPE: self.entity_type}
        for name, value in self.data.items():
            data[name] = value if type(value) in _JSON_TYPES else encode(value)
        return {"action": self.action, "entity_type": self.entity_type, "entity_data": data}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> CreateOperation:
        return cls(_text(body, "entity_type"), _data(body))


@_registered
@attrs.frozen
class UpdateOperation(_WritingOperation):
    """Change attributes of the entity with primary key *key* (values in the type's key order)."""

    action = "update"

    entity_type: str
    key: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def summary(self) -> str:
        return f"Update {self.entity_type}"

    def to_json(self) -> dict[str, Any]:
        # The same loop as in CreateOperation: a call of a shared function costs a tenth of encoding an update.
        data = {ENTITY_TYPE: self.entity_type}
        for name, value in self.data.items():
            data[name] = value if type(value) in _JSON_TYPES else encode(value)
        return {
            "action": self.action,
            "entity_type": self.entity_type,
            "entity_key": list(self.key),
            "entity_data": data,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> UpdateOperation:
        return cls(_text(body, "entity_type"), _key(body), _data(body))


@_registered
@attrs.frozen
class DeleteOperation(Operation):
    """Delete the entity with primary key *key*."""

    action = "delete"
    is_read_only = False

    entity_type: str
    key: tuple[str, ...]

    @property
    def summary(self) -> str:
        return f"Delete {self.entity_type}"

    def to_json(self) -> dict[str, Any]:
        return {"action": self.action, "entity_type": self.entity_type, "entity_key": list(self.key)}

    def read_reply(self, element: Any) -> DeleteReply:
        return DeleteReply(bool(element.get("data")) if type(element) is dict else False)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> DeleteOperation:
        return cls(_text(body, "entity_type"), _key(body))


@_registered
@attrs.frozen
class QuerySchemasOperation(Operation):
    """Read the server's schema."""

    action = "query_schemas"
    is_read_only = True
    summary = "QuerySchemas"

    def to_json(self) -> dict[str, Any]:
        return {"action": self.action}

    def read_reply(self, element: Any) -> RawReply:
        return RawReply(element)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> QuerySchemasOperation:
        return cls()


@_registered
@attrs.frozen
class QueryServerInformationOperation(Operation):
    """Read facts about the server: those named by *values*, or the server's own choice when it is empty."""

    action = "query_server_information"
    is_read_only = True
    summary = "QueryServerInformation"

    values: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"action": self.action}
        if self.values:
            body["values"] = list(self.values)
        return body

    def read_reply(self, element: Any) -> RawReply:
        return RawReply(element)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> QueryServerInformationOperation:
        return cls(_texts(body, "values"))


@attrs.frozen
class RawOperation(Operation):
    """Any other action, as the JSON object the server expects. Its reply is the server's JSON, unread."""

    body: Mapping[str, Any]

    @property
    def action(self) -> str:
        return str(self.body.get("action") or "")

    @property
    def is_read_only(self) -> bool:
        operation_class = _CLASSES.get(self.action)
        return operation_class is not None and bool(operation_class.is_read_only)

    @property
    def summary(self) -> str:
        return str(
            self.body.get("expression") or f"{self.action or 'Raw'} {self.body.get('entity_type') or ''}".strip()
        )

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = encode(self.body)
        return body

    def read_reply(self, element: Any) -> RawReply:
        return RawReply(element)


def operation_from_json(body: Any) -> Operation:
    """Return the operation that a JSON object describes; an action without a class becomes a `RawOperation`.

    Raises `InvalidValue` naming the missing argument. Keys are a list, or one string for a key of one attribute.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("action"), str):
        raise InvalidValue(f'An operation is a JSON object with an "action", not {body!r}.')
    operation_class = _CLASSES.get(body["action"])
    if operation_class is None:
        return RawOperation(body)
    try:
        return operation_class.from_json(body)
    except KeyError as error:
        raise InvalidValue(f"The operation {body['action']!r} lacks {error.args[0]!r}.") from None


#: Sends operations in one request and returns one reply for each, in their order.
ServerCall = Callable[[Sequence[Operation]], Sequence[Reply]]


def are_read_only(operations: Iterable[Operation]) -> bool:
    """Return whether none of *operations* changes anything, so that sending all of them twice is harmless."""
    return all(operation.is_read_only for operation in operations)


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
