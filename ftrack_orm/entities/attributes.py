"""State: the attributes of entity classes: an expression on the class, a value on an entity, loaded when missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.schema.attribute import Attribute, Kind

from .editing import changes
from .editing.collections import Collection, assign_collection
from .editing.mappings import assign_mapping
from .lifecycle import Lifecycle

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

    from .entity import Entity

# Bound once: looking up a member of an enumeration costs more than comparing it, and every edit does both.
_COLLECTION, _MAPPING = Kind.COLLECTION, Kind.MAPPING


class ClassAttribute:
    """An attribute of an entity class: a descriptor of the class's metaclass that returns an expression for queries."""

    __slots__ = ("expressions", "name", "schema")

    def __init__(self, name: str, schema: Schema) -> None:
        self.name = name
        self.schema = schema
        #: By entity type, since subclasses without an attribute of their own share that of their base. Expressions are
        #: immutable.
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


class LostAttribute:
    """Hides the expression of a shared class for an attribute that the server has lost.

    The metaclass then raises the error for an unknown name.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, cls: type[Entity] | None, metaclass: type) -> Any:
        if cls is None:
            return self
        raise AttributeError(self.name)


class EntityAttribute:
    """Loads and sets an attribute of entities. A loaded value is read from the entity's `__dict__` by Python itself."""

    __slots__ = ("attribute", "name")

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.name = attribute.name

    def load(self, entity: Entity) -> Any:
        """Return the value of *entity*, requesting it unless the entity is new or the fetch mode forbids it."""
        values = entity.__dict__
        if self.name in values:  # Another thread may have loaded it meanwhile.
            return values[self.name]
        lifecycle, workspace = entity._ftrack_state.lifecycle, entity._ftrack_state.workspace
        if lifecycle in (Lifecycle.PENDING, Lifecycle.TRANSIENT):
            return self._value_of_new_entity(entity)
        is_collection = self.attribute.kind is _COLLECTION and not self.attribute.restricted
        if is_collection and lifecycle is Lifecycle.PERSISTENT and workspace.may_fetch(entity):
            # It is loaded when it is first looked at, so that appending to it makes no request.
            return values.setdefault(self.name, Collection(entity, self.attribute, is_stale=True))
        return workspace.loader.load(entity, self.attribute)

    def set(self, entity: Entity, value: Any) -> None:
        """Record *value* as a change for the next commit; raises the errors of `changes.assign`."""
        attribute = self.attribute
        if attribute.kind is _COLLECTION:
            assign_collection(entity, attribute, value)
        elif attribute.kind is _MAPPING:
            assign_mapping(entity, attribute, value)
        else:
            changes.assign(entity, attribute, value)

    def _value_of_new_entity(self, entity: Entity) -> Any:
        """Return the value of an attribute that was never set on an entity the server does not have yet."""
        kind, workspace = self.attribute.kind, entity._ftrack_state.workspace
        if kind is Kind.REFERENCE:
            return workspace.loader.load_reference(entity, self.attribute)
        if kind is Kind.COLLECTION:
            return entity.__dict__.setdefault(self.name, Collection(entity, self.attribute, ()))
        if kind is Kind.MAPPING:
            mapping = workspace.configurations.new_mapping(entity, self.attribute, {})
            return entity.__dict__.setdefault(self.name, mapping)
        return None


class ShadowingAttribute:
    """Makes an attribute of the schema win over a behaviour that defines the same name.

    It stands on the entity class, before the behaviour. Having no `__set__`, it leaves loaded values to be read from
    the entity's `__dict__`.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, entity: Entity | None, cls: type[Entity]) -> Any:
        if entity is None:
            metaclass = type(cls)
            return getattr(metaclass, self.name).__get__(cls, metaclass)
        attribute = cls.__attributes__.get(self.name)
        if attribute is None:
            # A subtype without the attribute: Entity.__getattr__ takes over and raises `UnknownAttribute`.
            raise AttributeError(self.name)
        return attribute.load(entity)
