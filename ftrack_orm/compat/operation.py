"""State: the operations that the next commit sends, in the form of the official client."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from ftrack_orm.entities.inspection import inspect
from ftrack_orm.errors import UsageError
from ftrack_orm.values import NOT_LOADED, Reference
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, UpdateOperation

from . import symbol
from .conversion import unwrap
from .error_translation import translated

if TYPE_CHECKING:
    from .interfaces import CompatibleSession


class Operation:
    """The base of operations."""


class CreateEntityOperation(Operation):
    """The creation of an entity."""

    def __init__(self, entity_type: str, entity_key: Mapping[str, Any], entity_data: Mapping[str, Any]) -> None:
        self.entity_type = entity_type
        self.entity_key = entity_key
        self.entity_data = {name: copy.copy(value) for name, value in entity_data.items()}


class UpdateEntityOperation(Operation):
    """The change of one attribute."""

    def __init__(
        self, entity_type: str, entity_key: Mapping[str, Any], attribute_name: str, old_value: Any, new_value: Any
    ) -> None:
        self.entity_type = entity_type
        self.entity_key = entity_key
        self.attribute_name = attribute_name
        self.old_value = copy.copy(old_value)
        self.new_value = copy.copy(new_value)


class DeleteEntityOperation(Operation):
    """The deletion of an entity."""

    def __init__(self, entity_type: str, entity_key: Mapping[str, Any]) -> None:
        self.entity_type = entity_type
        self.entity_key = entity_key


class Operations:
    """The recorded operations of a session: a view of its plan for the next commit.

    Pushing an operation records the change it describes.
    """

    def __init__(self, session: CompatibleSession | None = None) -> None:
        self._given = session
        #: The operations of an object that a script has made, which belongs to no session.
        self._own: list[Any] = []

    @property
    def _session(self) -> CompatibleSession:
        if self._given is None:
            raise UsageError("These operations belong to no session.")
        return self._given

    @translated
    def clear(self) -> None:
        """Take all changes back."""
        if self._given is None:
            self._own.clear()
            return
        self._session.__unwrap__().rollback()

    @translated
    def push(self, operation: Operation) -> None:
        """Record the change that *operation* describes."""
        if self._given is None:
            self._own.append(operation)
            return
        native = self._session.__unwrap__()
        if isinstance(operation, CreateEntityOperation):
            given = {**operation.entity_key, **operation.entity_data}
            native.create(
                operation.entity_type,
                {name: unwrap(value) for name, value in given.items() if value is not symbol.NOT_SET},
            )
            return
        if not isinstance(operation, (UpdateEntityOperation, DeleteEntityOperation)):
            raise UsageError(f"An operation of ftrack_orm.compat.operation is needed, not {operation!r}.")
        schema = native.schema.type(operation.entity_type)
        key = [operation.entity_key[name] for name in schema.primary_key]
        entity = native.reference(operation.entity_type, key)
        if isinstance(operation, UpdateEntityOperation):
            entity[operation.attribute_name] = unwrap(operation.new_value)
        else:
            native.delete(entity)

    @translated
    def pop(self) -> Operation:
        """Take the last change back and return its operation."""
        if self._given is None:
            return cast("Operation", self._own.pop())
        native = self._session.__unwrap__()
        last: Any = self._list()[-1]
        schema = native.schema.type(last.entity_type)
        entity = native.reference(last.entity_type, [last.entity_key[name] for name in schema.primary_key])
        if isinstance(last, UpdateEntityOperation):
            native.revert(entity, last.attribute_name)
        else:
            native.revert(entity)
        return cast("Operation", last)

    @translated
    def _list(self) -> list[Any]:
        if self._given is None:
            return self._own
        return [made for planned in self._session.__unwrap__().plan() for made in self._converted(planned)]

    def _converted(self, planned: Any) -> Iterator[Operation]:
        session = self._session
        schema = session.__unwrap__().schema.type(planned.entity_type)
        values = planned.data if isinstance(planned, CreateOperation) else {}
        given = [values.get(name) for name in schema.primary_key] if values else planned.key
        key = OrderedDict(zip(schema.primary_key, given, strict=True))
        if isinstance(planned, CreateOperation):
            yield CreateEntityOperation(
                planned.entity_type, key, {name: self._value(each) for name, each in values.items()}
            )
        elif isinstance(planned, UpdateOperation):
            for name, value in planned.data.items():
                old = self._old_value(planned, name)
                yield UpdateEntityOperation(planned.entity_type, key, name, old, self._value(value))
        elif isinstance(planned, DeleteOperation):
            yield DeleteEntityOperation(planned.entity_type, key)

    def _old_value(self, planned: UpdateOperation, name: str) -> Any:
        native = self._session.__unwrap__()
        change = inspect(native.reference(planned.entity_type, planned.key)).changes.get(name)
        return symbol.NOT_SET if change is None or change.old is NOT_LOADED else self._session.shown(change.old)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Reference):
            native = self._session.__unwrap__()
            return self._session.shown(native.reference(value.entity_type, [each for _, each in value.key]))
        return self._session.shown(value)

    def __len__(self) -> int:
        return len(self._list())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._list())
