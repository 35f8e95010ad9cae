"""State: the attributes of entity classes: an expression on the class, a value on an entity, loaded when missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.schema.attribute import Attribute, Kind

from .custom_attributes.mapping import new_mapping
from .editing import changes
from .editing.collections import Collection, assign_collection
from .editing.mappings import assign_mapping
from .entity import Lifecycle

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .entity import Entity

# Bound once: looking a member up on its enumeration costs more than the comparison, and every edit passes here.
_COLLECTION, _MAPPING = Kind.COLLECTION, Kind.MAPPING


class ClassAttribute:
    """What an attribute is on an entity class: an expression for queries, by a descriptor of the class's metaclass."""

    __slots__ = ("expressions", "name", "schema")

    def __init__(self, name: str, schema: Schema) -> None:
        self.name = name
        self.schema = schema
        # By entity type, since a class without an attribute of its own has its base's. Expressions are immutable.
        self.expressions: dict[str, AttributeExpression] = {}

    def __get__(self, cls: type[Entity] | None, metaclass: type) -> Any:
        if cls is None:
            return self
        entity_type = cls.__entity_type__
        expression = self.expressions.get(entity_type)
        if expression is None:
            expression = AttributeExpression.on(entity_type, self.name, self.schema)
            self.expressions[entity_type] = expression
        return expression


class EntityAttribute:
    """What an attribute is on an entity: a value, which Python finds in the entity's `__dict__` or which is loaded."""

    __slots__ = ("attribute", "name")

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.name = attribute.name

    def load(self, entity: Entity) -> Any:
        """Return the value of *entity*, asking the server unless the entity is new or the fetch mode forbids it."""
        values = entity.__dict__
        if self.name in values:  # Another thread's load may have brought it meanwhile.
            return values[self.name]
        if entity._ftrack_state.lifecycle in (Lifecycle.PENDING, Lifecycle.TRANSIENT):
            return self._value_when_new(entity)
        return entity._ftrack_state.workspace.loader.load(entity, self.attribute)

    def set(self, entity: Entity, value: Any) -> None:
        """Record *value* for the next commit, as a change of *entity*, of whose own class this attribute is."""
        attribute = self.attribute
        if attribute.kind is _COLLECTION:
            assign_collection(entity, attribute, value)
        elif attribute.kind is _MAPPING:
            assign_mapping(entity, attribute, value)
        else:
            changes.assign(entity, attribute, value)

    def _value_when_new(self, entity: Entity) -> Any:
        """Return what an attribute that was never set shows on an entity the server does not have yet."""
        kind = self.attribute.kind
        if kind is Kind.REFERENCE:
            return entity._ftrack_state.workspace.loader.load_reference(entity, self.attribute)
        if kind is Kind.COLLECTION:
            return entity.__dict__.setdefault(self.name, Collection(entity, self.attribute, []))
        if kind is Kind.MAPPING:
            return entity.__dict__.setdefault(self.name, new_mapping(entity, self.attribute, {}))
        return None
