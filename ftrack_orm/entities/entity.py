"""State: the base class of all entity classes. An instance's `__dict__` holds its loaded values and nothing else."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ftrack_orm.errors import QUOTED_LENGTH, InvalidValue, UnknownAttribute, UsageError, quoted
from ftrack_orm.values import (
    NOT_ENCODABLE,
    NOT_LOADED,
    FetchMode,
    Reference,
    attribute_called,
    spelling_of,
    unencodable_text,
)

if TYPE_CHECKING:
    from ftrack_orm.query.expressions.criteria import CriterionExpression
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import EntityType

    from .journal import Journal
    from .lifecycle import Lifecycle
    from .workspace import Workspace


class ResultOrigin(Protocol):
    """The page of results that entities were reached from, which learns what is read of them."""

    def note_read(self, entity: Entity, attribute: Attribute, owner: EntityType, *, with_owner: bool) -> None:
        """Note that *attribute* of *entity* is about to be loaded, see `reading.learning.Origin`."""


class Peers:
    """The entities of one type family that arrived in the same response and are therefore loaded together.

    Members are held weakly, so that a group never keeps entities alive. *mode* is the fetch mode of the query they
    came from, None for the session's. *origin* is the page of results that they were reached from, if the session
    learns projections.
    """

    __slots__ = ("members", "mode", "origin")

    def __init__(self, mode: FetchMode | None = None, origin: ResultOrigin | None = None) -> None:
        self.mode = mode
        self.origin = origin
        self.members: list[weakref.ref[Entity]] = []

    def add(self, entity: Entity) -> None:
        """Add *entity* to the group."""
        self.members.append(weakref.ref(entity))

    def alive(self) -> list[Entity]:
        """Return the members that still exist, in the order in which they arrived."""
        return [entity for ref in self.members if (entity := ref()) is not None]


class EntityState:
    """The session's data about one entity, apart from its values.

    Values live in the entity's own `__dict__`, where Python finds a loaded one without a function call. This object
    holds the parts that reading a loaded value does not need: the primary key, the lifecycle and the peers. For each
    scalar and reference that a unit of work has edited, *originals* holds the value the server is believed to have,
    `NOT_LOADED` where that is unknown; it is None while there is no such edit. *journal* is that of the unit of work
    which created a new entity. *written_at* is the `Workspace.revision` of the commit that last wrote the entity, 0 if
    this session never did.
    """

    __slots__ = ("journal", "key", "lifecycle", "originals", "peers", "workspace", "written_at")

    def __init__(
        self, workspace: Workspace, key: tuple[str, ...], lifecycle: Lifecycle, peers: Peers | None = None
    ) -> None:
        self.workspace = workspace
        self.key = key
        self.lifecycle = lifecycle
        self.peers = peers
        self.originals: dict[str, Any] | None = None
        self.journal: Journal | None = None
        self.written_at = 0


class AttributeAccess(Protocol):
    """Loads and sets one attribute of entities; `EntityAttribute` is the implementation."""

    @property
    def attribute(self) -> Attribute:
        """The schema's description of the attribute."""

    def load(self, entity: Entity) -> Any:
        """Return the value, loading it if necessary."""

    def set(self, entity: Entity, value: Any) -> None:
        """Check *value* and record it as a change."""


class Entity:
    """One entity of the server. Its attributes are Python attributes and items.

    The schema's attribute names always win, so an entity has no public names besides these and the behaviours of its
    type: `inspect(entity)` returns its state, its changes and its identity. A session has one object for each entity,
    and entities compare by identity. An attribute with the name of a Python keyword, such as `from`, is also called
    `from_`.
    """

    # Subclasses add no slots: all entity classes share one layout, so that the class of an instance can be changed to
    # a subtype once the server reveals it.
    __slots__ = ("__dict__", "__weakref__", "_ftrack_state")

    _ftrack_state: EntityState
    __entity_type__: ClassVar[str]
    __schema__: ClassVar[EntityType]
    __attributes__: ClassVar[Mapping[str, AttributeAccess]]

    def __init__(self, *_: object, **__: object) -> None:
        kind = type(self).__name__
        raise UsageError(f"Entities are made by a session: session.create({kind!r}, ...), not {kind}(...).")

    if TYPE_CHECKING:
        # The arguments of `where` in queries of a studio package, whose classes name the attributes.
        def __criteria__(self, *criteria: CriterionExpression | str, **values: Any) -> None: ...

    # Entity classes have no class attributes by the schema's names, so Python finds a loaded value in __dict__ without
    # a call, and a missing one leads to __getattr__. Setting has to be intercepted for the same reason.
    def __setattr__(self, name: str, value: Any) -> None:
        if name[:2] == "__":
            raise self.__unknown(name)
        try:
            access = self.__attributes__[name]
        except KeyError:
            self.__set_by_behaviour(name, value)
        else:
            access.set(self, value)

    def __delattr__(self, name: str) -> None:
        raise UsageError(f"{type(self).__name__}.{name} cannot be deleted; set it to None to clear it.")

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            # Python looks for special names; a schema's attribute of such a name is reached by item.
            raise self.__unknown(name)
        try:
            access = self.__attributes__[name]
        except KeyError:
            return self.__get_by_behaviour(name)
        return access.load(self)

    def __get_by_behaviour(self, name: str) -> Any:
        member = self.__member_of_behaviour(name)
        if not hasattr(type(member), "__get__"):
            return self.__called(name).load(self)
        # Python comes here when a property of a behaviour has raised an AttributeError, and has dropped that error.
        # Calling the property again raises it again: a wrong name in its code is no missing attribute of the entity.
        return member.__get__(self, type(self))

    def __set_by_behaviour(self, name: str, value: Any) -> None:
        member = self.__member_of_behaviour(name)
        if isinstance(member, property) and member.fset is not None:
            member.fset(self, value)
        elif member is not None:
            kind = self.__entity_type__
            message = f"{kind}.{name} is defined by a behaviour and cannot be set."
            raise UnknownAttribute(message, entity_type=kind, attribute=name)
        else:
            self.__called(name).set(self, value)

    def __called(self, name: str) -> AttributeAccess:
        """Return the access to the attribute that code calls *name* because its own name is a keyword of Python."""
        called = attribute_called(name, self.__attributes__)
        if called is None:
            raise self.__unknown(name) from None
        return self.__attributes__[called]

    def __member_of_behaviour(self, name: str) -> Any:
        """Return the property, method or value that a behaviour defines under *name*, None without one."""
        owner = next((cls for cls in type(self).__mro__ if name in vars(cls)), Entity)
        return None if issubclass(owner, Entity) else vars(owner).get(name)

    def __dir__(self) -> list[str]:
        return sorted({spelling_of(name) for name in (*super().__dir__(), *self.__attributes__)})

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self.__attributes__)

    def __getitem__(self, name: str) -> Any:
        try:
            return self.__dict__[name]
        except (KeyError, TypeError):
            return self.__find(name).load(self)

    def __setitem__(self, name: str, value: Any) -> None:
        self.__find(name).set(self, value)

    def __find(self, name: str) -> AttributeAccess:
        """Return the access to the attribute *name* by item."""
        try:
            return self.__attributes__[name]
        except (KeyError, TypeError):
            pass
        if isinstance(name, str) and self.__member_of_behaviour(name) is not None:
            kind = self.__entity_type__
            message = f"{kind}.{name} is defined by a behaviour, not by the schema: use .{name} instead of [{name!r}]."
            raise UnknownAttribute(message, entity_type=kind, attribute=name)
        raise self.__unknown(name)

    def __unknown(self, name: Any) -> UnknownAttribute:
        kind = self.__entity_type__
        if not isinstance(name, str):
            message = f"Attributes of {kind} are read by their names, as in entity['name'], not by {quoted(name)}."
            return UnknownAttribute(message, entity_type=kind, attribute=name)
        # Imported here, because errors are rare.
        from ftrack_orm.official_names import unknown_name

        return unknown_name("entity", kind, name, self.__schema__.attributes, kind)

    def __reference__(self) -> Reference:
        return Reference(
            self.__entity_type__,
            tuple(zip(self.__schema__.primary_key, self._ftrack_state.key, strict=True)),
        )

    def __repr__(self) -> str:
        # Imported here: a program that prints no entity needs no labels.
        from .labels import label_of

        state = self._ftrack_state
        key = "/".join(state.key)[:QUOTED_LENGTH]
        return " ".join(filter(None, (f"<{self.__entity_type__}", label_of(self), key, f"{state.lifecycle.value}>")))

    def _repr_html_(self) -> str | None:
        services = self._ftrack_state.workspace.services
        return None if services is None else str(services().tables.entity_html(self))

    # -- protocols of Python -------------------------------------------------------------------------------------------

    # The errors are imported when they are raised.

    #: An entity with a `__len__` would be asked for it. A bound method answers without calling a function of Python,
    #: because scripts test the truth of references all the time.
    __bool__ = True.__bool__

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            raise self.__unsupported("__contains__")
        return name in self.__attributes__

    if not TYPE_CHECKING:  # Checkers refuse these by themselves.

        def __iter__(self):
            raise self.__unsupported("__iter__")

        def __len__(self):
            raise self.__unsupported("__len__")

        def __delitem__(self, name):
            raise self.__unsupported("__delitem__")

        def __lt__(self, other):
            raise self.__unsupported("__lt__")

        __le__ = __gt__ = __ge__ = __lt__

    def __unsupported(self, method: str) -> InvalidValue:
        from .explained_protocols import unsupported

        return unsupported(self, method)

    def __format__(self, specification: str) -> str:
        return format(repr(self), specification)

    def __reduce_ex__(self, protocol: Any) -> Any:
        from .explained_protocols import not_copied

        raise not_copied(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from .explained_protocols import is_part_of_copy

        # A copy of data refers to the same entities. One of the entity itself would be taken for a second entity.
        return self if memo or is_part_of_copy() else self.__reduce_ex__(4)


# Entities intercept every assignment, so the library sets their slots through the slots' own descriptors.
_set_state = Entity.__dict__["_ftrack_state"].__set__
_set_values = Entity.__dict__["__dict__"].__set__


def new_entity(cls: type[Entity], state: EntityState) -> Entity:
    """Return an instance of an entity class without values. Only the library itself calls this."""
    entity = cls.__new__(cls)
    _set_state(entity, state)
    return entity


def set_values(entity: Entity, values: dict[str, Any]) -> None:
    """Give a new entity its first values, all at once: *values* itself becomes its `__dict__`."""
    _set_values(entity, values)


def plain_key(schema: EntityType, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the primary key in *data* as text values in the type's key order; `KeyError` when one is missing."""
    return tuple(str(data[name]) for name in schema.primary_key)


def given_key(schema: EntityType, key: Any) -> tuple[str, ...]:
    """Return a primary key given by the user, one value or several, as text values in the type's key order.

    The values are text, whole numbers, or values of other libraries that mean those, such as `uuid.UUID`. Raises
    `InvalidValue` for a key of another form, such as None.
    """
    parts: Sequence[Any] = key if isinstance(key, (list, tuple)) else (key,)
    if not all(type(part) is str for part in parts):
        from ftrack_orm.foreign_values import native_value

        parts = [native_value(part) for part in parts]
    fits = len(parts) == len(schema.primary_key)
    if not fits or not all(type(part) in (str, int) and part != "" for part in parts):
        advice = f" {key.__entity_type__} is an entity: pass its id." if isinstance(key, Entity) else ""
        raise InvalidValue(
            f"The key of {schema.name} is {', '.join(schema.primary_key)}; {key!r:.200} does not fit.{advice}",
            entity_type=schema.name,
        )
    if (text := unencodable_text(parts)) is not None:
        raise InvalidValue(
            f"The key of {schema.name} cannot be {text!r}, which {NOT_ENCODABLE}", entity_type=schema.name
        )
    return tuple(map(str, parts))


def server_value(entity: Entity, name: str) -> Any:
    """Return the value that the server is believed to have of a scalar, `NOT_LOADED` if it is not known."""
    originals = entity._ftrack_state.originals
    if originals is not None and name in originals:
        return originals[name]
    return entity.__dict__.get(name, NOT_LOADED)
