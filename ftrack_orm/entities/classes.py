"""State: the entity classes of a session, built from the schema and the behaviours when a type is first used."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, KeysView
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ftrack_orm.errors import InvalidValue, UnknownAttribute, UsageError
from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.query.language.literals import entity_type_of_class
from ftrack_orm.values import SessionBound, attribute_called, spelling_of

from .attributes import ClassAttribute, EntityAttribute, LostAttribute, ShadowingAttribute
from .behaviours import (
    BehaviourTable,
    check_behaviour,
    check_names,
    names_defined_by_behaviours,
    without_instance_state,
)
from .entity import Entity
from .reserved_names import is_reserved, reserved_names

if TYPE_CHECKING:
    from ftrack_orm.schema.description import Description
    from ftrack_orm.schema.model import EntityType, Schema

_B = TypeVar("_B", bound=type)


class EntityClass(type):
    """The base of the metaclasses of entity classes. Each entity class has its own, which holds its expressions.

    So `Task.name` is found on the metaclass, and the class itself has no `name` that would come before a loaded value.
    From Python 3.12 on the interpreter then reads the value as fast as one of a plain object. An unknown attribute of a
    class raises an error that suggests similar names.
    """

    __schema__: EntityType

    def mro(cls) -> list[type]:
        """Return the order in which Python looks for the methods of the class.

        A class that is derived from a shared one may have behaviours in another order than that one, because they come
        with attributes, which its base has in one schema and only the type itself in the other. Each class then still
        comes before its bases.
        """
        try:
            return super().mro()
        except TypeError:
            if sum(issubclass(base, Entity) for base in cls.__bases__) < 2:
                raise
            order = [cls, *(each for base in cls.__bases__ for each in base.__mro__)]
            # The last place of a class is behind the last of each class that is derived from it.
            return list(dict.fromkeys(reversed(order)))[::-1]

    def __dir__(cls) -> list[str]:
        return sorted({spelling_of(name) for name in (*super().__dir__(), *getattr(cls, "__attributes__", ()))})

    def __getattr__(cls, name: str) -> Any:
        # Python itself looks up special names on classes; these are no typing mistakes.
        if name.startswith("__"):
            raise AttributeError(f"{cls.__name__} has no {name}")
        called = attribute_called(name, cls.__schema__.attributes)
        if called is None:
            raise cls.__unknown(name)
        return getattr(cls, called)

    def __getitem__(cls, name: Any) -> Any:
        """Return the expression of the attribute *name*, as `cls.name` does."""
        schema = cls.__schema__
        if not isinstance(name, str) or name not in schema.attributes:
            raise cls.__unknown(name)
        # The names of Python and of this library are those of class attributes.
        return AttributeExpression.on(schema.name, name) if is_reserved(name) else getattr(cls, name)

    def __unknown(cls, name: Any) -> UnknownAttribute:
        from ftrack_orm.official_names import unknown_name

        schema = cls.__schema__
        return unknown_name("class", schema.name, name, schema.attributes, schema.name)

    def __contains__(cls, name: object) -> bool:
        return isinstance(name, str) and name in cls.__schema__.attributes

    if not TYPE_CHECKING:  # Checkers refuse these by themselves.

        def __iter__(cls):
            raise cls.__misused("for entity in session.query({0})")

        def __len__(cls):
            raise cls.__misused("session.query({0}).count()")

    # A class with a length would be false without this.
    __bool__ = True.__bool__

    def __misused(cls, expression: str) -> InvalidValue:
        name = cls.__schema__.name
        message = f"{name} is a class of entities, not its entities. Write {expression.format(name)}."
        return InvalidValue(message, entity_type=name)


class Classes:
    """The classes built from one schema, by entity type. They inherit from each other as the schema's types do.

    *behaviours* are mixins by the name of an entity type or of an attribute, whose methods the class of that type and
    the classes of its subtypes get. Types that the schema does not have are ignored. Where a behaviour and the schema
    use the same name, the attribute of the schema wins. `join` adds mixins later.

    The description of a type has thousands of lines and a script uses a dozen types, so a class is built when it is
    first needed.

    *shared* are classes of another schema, whose subclasses these become: the classes of a package, on a server whose
    schema is not that of the package. *module* is the importable module that has the classes, if any.
    """

    def __init__(
        self,
        schema: Schema,
        behaviours: BehaviourTable | None = None,
        *,
        shared: Classes | None = None,
        module: str = "ftrack_orm.types",
    ) -> None:
        #: The schema that the classes are built from.
        self.schema = schema
        #: Whether a behaviour that was joined has validators, which commits have to run.
        self.has_validators: bool = shared is not None and shared.has_validators
        self._shared = shared
        self._module = module
        #: Those whose classes are subclasses of these.
        self._derived: weakref.WeakSet[Classes] = weakref.WeakSet()
        if shared is not None:
            shared._derived.add(self)
        self._behaviours = behaviours or BehaviourTable()
        self._joined: dict[str, list[type]] = {}
        self._built: dict[str, type[Entity]] = {}
        # Derived classes are built and joined together with the shared ones.
        self._lock: threading.RLock = threading.RLock() if shared is None else shared._lock

    def __getitem__(self, name: str) -> type[Entity]:
        built = self._built.get(name)
        if built is not None:
            return built
        entity_type = self.schema.type(name)
        with self._lock:
            if name not in self._built:
                self._built[name] = self._build(entity_type)
            return self._built[name]

    def join(self, entity_type: str, behaviour: type) -> None:
        """Join the mixin *behaviour* to the class of *entity_type*, also for entities that exist already.

        It comes before the behaviours that the type has. The classes of a package get it for all of its sessions.
        Raises `UnknownEntityType`, and `UsageError` for a mixin that cannot be joined or that defines the name of an
        attribute of the type or of one of its subtypes.
        """
        from .validators import validators_in

        check_behaviour(entity_type, behaviour)
        with self._lock:
            self.schema.type(entity_type)  # raises the error for an unknown type
            affected = [self.schema.types[name] for name in self.schema.concrete(entity_type)]
            check_names(sorted(affected, key=lambda each: len(each.bases)), behaviour)
            if self._shared is not None and entity_type in self._shared.schema.types:
                self._shared.join(entity_type, behaviour)
                return
            before = self._joined.get(entity_type, [])
            if behaviour in before:
                return
            self._joined[entity_type] = [behaviour, *before]
            try:
                self._rejoin()
            except TypeError as error:
                self._joined[entity_type] = before
                self._rejoin()
                raise UsageError(
                    f"The behaviour {behaviour.__qualname__} cannot be joined to {entity_type}: {error}.",
                    entity_type=entity_type,
                ) from error
            if validators_in(behaviour.__mro__):
                for each in (self, *self._derived):
                    each.has_validators = True

    def _rejoin(self) -> None:
        """Give the classes that are built the behaviours of their types."""
        # Subtypes first: a behaviour that a base gets now may not stay in front of that base in a subtype.
        for built in sorted(self._built.values(), key=lambda built: -len(built.__mro__)):
            bases = self._bases(built.__schema__)
            if bases != built.__bases__:
                built.__bases__ = bases
        for name, built in self._built.items():
            self._update_class(built, self.schema.type(name))
        for derived in list(self._derived):
            derived._rejoin()

    def update(self, schema: Schema) -> None:
        """Use a newer *schema*. Classes that are built already, and their entities, get its attributes in place."""
        with self._lock:
            self.schema = schema
            for name, built in list(self._built.items()):
                entity_type = schema.types.get(name)
                if entity_type is None:
                    # The class and its entities stay usable, but the class cannot be looked up any more.
                    del self._built[name]
                    continue
                self._update_class(built, entity_type)

    def _update_class(self, built: type[Entity], entity_type: EntityType) -> None:
        for name in built.__attributes__.keys() - entity_type.attributes.keys():
            if not is_reserved(name):
                delattr(type(built), name)
            if isinstance(vars(built).get(name), ShadowingAttribute):
                delattr(built, name)
        for name, expression in self._expressions(entity_type).items():
            setattr(type(built), name, expression)
        for name, value in _namespace(entity_type, built.__mro__).items():
            if name != "__doc__":  # It describes the present schema anyway, and the metaclass does not let it be set.
                setattr(built, name, value)

    def _build(self, entity_type: EntityType) -> type[Entity]:
        bases = self._bases(entity_type)
        metaclasses = tuple(type(each) for each in bases if issubclass(each, Entity) and each is not Entity)
        expressions = {**self._expressions(entity_type), "__doc__": property(_describe_class)}
        metaclass = type(f"{entity_type.name}Class", metaclasses or (EntityClass,), expressions)
        mro = tuple(cls for each in bases for cls in each.__mro__)
        namespace = {"__slots__": (), "__module__": self._module, **_namespace(entity_type, mro)}
        return cast("type[Entity]", metaclass(entity_type.name, bases, namespace))

    def _bases(self, entity_type: EntityType) -> tuple[type, ...]:
        """Return the bases of the class of *entity_type*: its behaviours, without inherited ones, and its base.

        The shared class of the type, if there is one, comes after the base, whose shared class it is derived from.
        """
        inherited: set[type] = {
            each for name in entity_type.bases for each in self._own_behaviours(self.schema.type(name))
        }
        base = [self[entity_type.bases[0]]] if entity_type.bases else []
        if self._shared is not None and entity_type.name in self._shared.schema.types:
            shared = self._shared[entity_type.name]
            base.append(shared)
            inherited.update(shared.__mro__)
        own = [behaviour for behaviour in self._own_behaviours(entity_type) if behaviour not in inherited]
        return (*dict.fromkeys(own), *(base or [Entity]))

    def _own_behaviours(self, entity_type: EntityType) -> list[type]:
        return [*self._joined.get(entity_type.name, ()), *self._behaviours.of(entity_type)]

    def _expressions(self, entity_type: EntityType) -> dict[str, Any]:
        expressions: dict[str, Any] = {
            name: ClassAttribute(name, self.schema) for name in entity_type.attributes if not is_reserved(name)
        }
        lost = getattr(entity_type.attributes, "lost", ())  # see `schema.lost_names`
        return {**expressions, **{name: LostAttribute(name) for name in lost if not is_reserved(name)}}


def description_of(cls: type[Entity]) -> Description:
    """Return the description of a class: the attributes of its schema, and its members beyond them."""
    from ftrack_orm.schema.description import describe

    members = names_defined_by_behaviours(cls.__mro__) - cls.__attributes__.keys()
    return describe(cls.__schema__, (name for name in members if not name.startswith("_")))


def _describe_class(cls: type[Entity]) -> str:
    return str(description_of(cls))


class Documentation:
    """The docstring of an entity class as its entities show it, written when it is read.

    The class itself reads it from its metaclass, where `help` looks for it too.
    """

    __slots__ = ()

    def __get__(self, entity: Entity | None, cls: type[Entity]) -> str:
        return _describe_class(cls)


def _namespace(entity_type: EntityType, mro: tuple[type, ...]) -> dict[str, Any]:
    """Return the class attributes of an entity class that inherits from the classes in *mro*."""
    attributes = {name: EntityAttribute(attribute) for name, attribute in entity_type.attributes.items()}
    defined = names_defined_by_behaviours(mro)
    namespace = {
        "__doc__": Documentation(),
        "__entity_type__": entity_type.name,
        "__schema__": entity_type,
        "__attributes__": MappingProxyType(attributes),
        **{name: ShadowingAttribute(name) for name in attributes if name in defined and not is_reserved(name)},
    }
    inherited = {name for cls in mro for name in getattr(cls, "__attributes__", ())}
    reserved = {name for name in inherited | attributes.keys() if is_reserved(name)}
    return {**namespace, **reserved_names(reserved, namespace, mro)} if reserved else namespace


class Types(SessionBound):
    """The entity classes as `session.types`: as attributes, as items, and iterable by name.

    *classes* is called when the first class is needed, since the schema may have to be requested. *known_schema*
    returns the schema if no request is needed for it, otherwise None. For type checkers a class is `type[Any]`, since
    only the server knows its attributes.
    """

    def __init__(
        self, classes: Callable[[], Classes], known_schema: Callable[[], Schema | None] = lambda: None
    ) -> None:
        self.__classes = classes
        self.__known_schema = known_schema

    def __getattr__(self, name: str) -> type[Any]:
        # Tools look for names such as `_repr_html_`, which must not make the request for the schema.
        if name.startswith("_"):
            raise AttributeError(f"session.types has no {name}; a type of that name is session.types[{name!r}].")
        return self[name]

    def __getitem__(self, name: str) -> type[Any]:
        return self.__classes()[name]

    def behaviour(self, *entity_types: type[Entity] | str) -> Callable[[_B], _B]:
        """Return a class decorator that adds methods, properties and validators to the entities of *entity_types*.

        The entities of subtypes get them too, and so do entities that are loaded already. A method can call the one of
        the same name that the type had before by `super()`. Raises `UsageError` when the class has state of its own,
        or defines a name that is an attribute of the server's schema, which would win; `UnknownEntityType` for a type
        that the server does not have. May make the request for the schema.
        """
        names = [each if isinstance(each, str) else entity_type_of_class(each) for each in entity_types]
        if not names or None in names:
            raise UsageError('A behaviour needs the name of an entity type: @session.types.behaviour("Shot").')

        def decorate(cls: _B) -> _B:
            behaviour = without_instance_state(cls)
            classes = self.__classes()
            for name in names:
                classes.join(str(name), behaviour)
            return behaviour

        return decorate

    def keys(self) -> KeysView[str]:
        """Return the names of all entity types."""
        return self.__classes().schema.types.keys()

    def values(self) -> Iterator[type[Entity]]:
        """Yield the classes of all entity types."""
        return (self[name] for name in self)

    def items(self) -> Iterator[tuple[str, type[Entity]]]:
        """Yield the names of all entity types with their classes."""
        return ((name, self[name]) for name in self)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the class of an entity type, or *default* when the server does not have it."""
        classes = self.__classes()
        return classes[name] if name in classes.schema.types else default

    def __iter__(self) -> Iterator[str]:
        return iter(self.__classes().schema.types)

    def __len__(self) -> int:
        return len(self.__classes().schema.types)

    def __contains__(self, name: object) -> bool:
        return name in self.__classes().schema.types

    def __dir__(self) -> list[str]:
        own = (name for name in vars(Types) if not name.startswith("_"))
        return sorted({*own, *self._ipython_key_completions_()})

    def _ipython_key_completions_(self) -> list[str]:
        # Makes no request: before the first one, the types are known if the schema is in the cache.
        schema = self.__known_schema()
        return [] if schema is None else sorted(schema.types)

    def __repr__(self) -> str:
        return "<session.types: the entity classes of the server>"
