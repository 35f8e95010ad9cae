"""Pure: reads the values that the steps of a path lead to, with the types of a schema where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.errors import NotFetched, QueryError
from ftrack_orm.query.language.schema_protocol import SchemaInfo
from ftrack_orm.values import Absence

from .access import entity_type_of, identifier, is_sequence, items_of

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Step
    from ftrack_orm.query.language.resolve import ResolvedPath

#: Returns the value of an attribute of an entity or a mapping, or `NOT_LOADED`.
Read = Callable[[Any, str], Any]


@attrs.frozen
class ValueReader:
    """Reads attributes with *read*. With *is_lenient* a value that is not loaded is no error."""

    schema: SchemaInfo | None
    read: Read
    is_lenient: bool

    def value(self, holder: Any, step: Step, resolved: ResolvedPath | None) -> Any:
        """Return the value of one attribute, None where *holder* has no such attribute.

        Raises `NotFetched` for a value that is not loaded; a lenient reader returns `NOT_LOADED`.
        """
        if holder is None or not self._has_attribute(holder, step, resolved):
            return None
        value = self.read(holder, step.name)
        if isinstance(value, Absence) and not self.is_lenient:
            raise _not_fetched(holder, step.name)
        return value

    def _has_attribute(self, holder: Any, step: Step, resolved: ResolvedPath | None) -> bool:
        entity_type = None if self.schema is None else entity_type_of(holder)
        if self.schema is None or entity_type is None:
            return True
        own = self.schema.type(entity_type).attributes.get(step.name)
        if own is None or resolved is None:
            return own is not None
        # Subtypes may have different attributes of one name: the status of a project is text, that of a task an entity.
        target = resolved.attribute.target
        if own.target is None or target is None:
            return own.is_relation == resolved.attribute.is_relation
        return self.schema.related(own.target, target)

    def identifier(self, value: Any) -> Any:
        """Return the id of a related entity, by which relations are compared."""
        id_ = identifier(value)
        if isinstance(id_, Absence):
            raise _not_fetched(value, "id")
        return id_

    def is_collection(self, value: Any, holder: Any, resolved: ResolvedPath | None) -> bool:
        """Return whether *value* is a collection of items."""
        if resolved is not None:
            return resolved.attribute.is_plural
        # Mappings have sequences of items; entities also have mappings, whose items are pairs of key and value.
        return is_sequence(value) or (is_mapping(value) and not is_mapping(holder))

    def items(self, value: Any, step: Step, resolved: ResolvedPath | None) -> list[Any]:
        """Return the items of a collection that are of the type it is cast to."""
        if value is None:
            return []
        names = (None, None) if resolved is None else (resolved.attribute.key_name, resolved.attribute.value_name)
        items = items_of(value, *names)
        return [item for item in items if step.cast is None or self.is_of_type(item, step.cast)]

    def cast(self, value: Any, step: Step) -> Any:
        """Return a related entity, or None when it is not of the type that the relation is cast to."""
        if value is None or step.cast is None or self.is_of_type(value, step.cast):
            return value
        return None

    def is_of_type(self, holder: Any, entity_type: str) -> bool:
        """Return whether *holder* is an *entity_type*; raises `QueryError` when that cannot be decided."""
        own = entity_type_of(holder)
        if own == entity_type:
            return True
        if own is None or self.schema is None:
            reason = "has no type" if own is None else f"is a {own}"
            raise QueryError(f"Whether {holder!r} is a {entity_type} cannot be decided: it {reason}.")
        return self.schema.is_a(own, entity_type)


def is_related(value: Any, resolved: ResolvedPath | None) -> bool:
    """Return whether *value* is an entity, or a mapping that represents one, rather than a value to compare."""
    if resolved is not None:
        return resolved.attribute.is_relation
    return entity_type_of(value) is not None or (is_mapping(value) and "id" in value)


def is_mapping(value: Any) -> bool:
    """Return whether *value* has keys, as mappings and mapped collections do."""
    return hasattr(value, "keys")


def _not_fetched(holder: Any, name: str) -> NotFetched:
    message = f"{name!r} of {holder!r} is not loaded, so the criterion cannot be decided. Project or populate it first."
    return NotFetched(message, entity_type=entity_type_of(holder), attribute=name)
