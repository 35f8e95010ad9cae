"""State: the entity classes of a session, built from the schema when a type is first used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from ftrack_orm.errors import UnknownAttribute, suggestion

from .attributes import ClassAttribute, EntityAttribute
from .entity import Entity

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema


class EntityClass(type):
    """The base of the classes of entity classes: each entity class has one of its own, which holds its expressions.

    So `Task.name` is found on the metaclass, and the class itself has no `name` that would stand in the way of a
    loaded value: from Python 3.12 on the interpreter finds it the way it finds that of a plain object. A class that is
    asked for an attribute it lacks names what was probably meant.
    """

    __schema__: EntityType

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__(), *getattr(cls, "__attributes__", ())})

    def __getattr__(cls, name: str) -> Any:
        # Python itself asks classes for names of its own; those are nobody's typing mistakes.
        if name.startswith("__"):
            raise AttributeError(f"{cls.__name__} has no {name}")
        schema = cls.__schema__
        message = f"{schema.name} has no attribute {name!r}.{suggestion(name, schema.attributes)}"
        raise UnknownAttribute(message, entity_type=schema.name, attribute=name)


class Classes:
    """The classes made from one schema, by entity type; inheritance is the schema's own.

    A type has thousands of lines of description and a script uses a dozen types, so a class is built on first use.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._built: dict[str, type[Entity]] = {}
        self._lock = threading.RLock()

    @property
    def schema(self) -> Schema:
        """The schema the classes follow."""
        return self._schema

    def __getitem__(self, name: str) -> type[Entity]:
        built = self._built.get(name)
        if built is not None:
            return built
        entity_type = self._schema.type(name)
        with self._lock:
            if name not in self._built:
                self._built[name] = self._build(entity_type)
            return self._built[name]

    def update(self, schema: Schema) -> None:
        """Follow a newer *schema*; classes already built, and their entities, get its attributes in place."""
        with self._lock:
            self._schema = schema
            for name, built in list(self._built.items()):
                entity_type = schema.types.get(name)
                if entity_type is None:
                    # Whoever holds the class or its entities keeps them; it cannot be asked for any more.
                    del self._built[name]
                    continue
                for gone in built.__attributes__.keys() - entity_type.attributes.keys():
                    delattr(type(built), gone)
                for attribute, expression in self._expressions(entity_type).items():
                    setattr(type(built), attribute, expression)
                for name, value in _namespace(entity_type).items():
                    setattr(built, name, value)

    def _build(self, entity_type: EntityType) -> type[Entity]:
        base = self[entity_type.bases[0]] if entity_type.bases else Entity
        above = EntityClass if base is Entity else type(base)
        metaclass = type(f"{entity_type.name}Class", (above,), self._expressions(entity_type))
        namespace = {"__slots__": (), "__module__": "ftrack_orm.types", **_namespace(entity_type)}
        return cast("type[Entity]", metaclass(entity_type.name, (base,), namespace))

    def _expressions(self, entity_type: EntityType) -> dict[str, Any]:
        return {name: ClassAttribute(name, self._schema) for name in entity_type.attributes}


def _namespace(entity_type: EntityType) -> dict[str, Any]:
    attributes = {name: EntityAttribute(attribute) for name, attribute in entity_type.attributes.items()}
    return {
        "__doc__": f"The entity type {entity_type.name} of the connected server.",
        "__entity_type__": entity_type.name,
        "__schema__": entity_type,
        "__attributes__": MappingProxyType(attributes),
    }


class Types:
    """The entity classes as `session.types` shows them: by attribute, by item, and by iterating over their names.

    *classes* gives them when the first is needed, since that is when the server is asked for its schema. To a type
    checker a class is `Any`: which attributes it has is only known to the server.
    """

    def __init__(self, classes: Callable[[], Classes]) -> None:
        self.__classes = classes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        return self.__classes()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__classes().schema.types)

    def __len__(self) -> int:
        return len(self.__classes().schema.types)

    def __contains__(self, name: object) -> bool:
        return name in self.__classes().schema.types

    def __dir__(self) -> list[str]:
        return sorted(self)

    def __repr__(self) -> str:
        return "<session.types: the entity classes of the server>"
