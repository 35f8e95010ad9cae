"""State: the base class of all entity classes; an instance's `__dict__` holds the loaded values and nothing else."""

from __future__ import annotations

import enum
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ftrack_orm.errors import InvalidValue, UnknownAttribute, UsageError, suggestion
from ftrack_orm.values import FetchMode, Reference

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType

    from .attributes import EntityAttribute
    from .workspace import Workspace


class Lifecycle(enum.Enum):
    """Where an entity stands between this session and the server."""

    TRANSIENT = "transient"  # made here, not going to the server (its creation was rolled back)
    PENDING = "pending"  # made here, sent by the next commit
    PERSISTENT = "persistent"  # the server has it
    DELETED = "deleted"  # deleted on the server
    DETACHED = "detached"  # its session was closed


class Peers:
    """The entities of one type family that arrived together, and so are loaded together.

    Members are held weakly: a group never keeps alive what its user has dropped.
    """

    __slots__ = ("members", "mode")

    def __init__(self, mode: FetchMode | None = None) -> None:
        self.mode = mode
        self.members: list[weakref.ref[Entity]] = []

    def add(self, entity: Entity) -> None:
        """Let *entity* be loaded together with the others."""
        self.members.append(weakref.ref(entity))

    def alive(self) -> list[Entity]:
        """Return the members that still exist, in the order they arrived."""
        return [entity for ref in self.members if (entity := ref()) is not None]


class EntityState:
    """The session's side of one entity.

    Values themselves live in the entity's own `__dict__`, where Python finds a loaded one without calling anything.
    Here is only what reading never needs: the key, the lifecycle, the peers and, for changed attributes, the value the
    server is believed to have (`NOT_LOADED` where that is unknown). *originals* is None while nothing is changed.
    *written_at* is the number of the commit that last wrote the entity, 0 when this session never did.
    """

    __slots__ = ("key", "lifecycle", "originals", "peers", "workspace", "written_at")

    def __init__(
        self, workspace: Workspace, key: tuple[str, ...], lifecycle: Lifecycle, peers: Peers | None = None
    ) -> None:
        self.workspace = workspace
        self.key = key
        self.lifecycle = lifecycle
        self.peers = peers
        self.originals: dict[str, Any] | None = None
        self.written_at = 0


class Entity:
    """One entity of the server, with its attributes as Python attributes and as items.

    The schema's attribute names always win, so there are no other public names on an entity: ask `inspect(entity)` for
    its state, its changes or its session. Comparing entities compares identity: a session has one object for each.
    """

    # Subclasses add no slots: all entity classes have one layout, so that an instance may turn out to be of a subtype.
    __slots__ = ("__dict__", "__weakref__", "_ftrack_state")

    _ftrack_state: EntityState
    __entity_type__: ClassVar[str]
    __schema__: ClassVar[EntityType]
    __attributes__: ClassVar[Mapping[str, EntityAttribute]]

    def __init__(self, *_: object, **__: object) -> None:
        kind = type(self).__name__
        raise UsageError(f"Entities are made by a session: session.create({kind!r}, ...), not {kind}(...).")

    # Entity classes have no attributes by the schema's names, so a value in __dict__ is found without a call; what is
    # missing comes to __getattr__. The price is that setting has to be caught as well.
    def __setattr__(self, name: str, value: Any) -> None:
        self.__find(name).set(self, value)

    def __delattr__(self, name: str) -> None:
        raise UsageError(f"{type(self).__name__}.{name} cannot be deleted; set it to None to clear it.")

    def __getattr__(self, name: str) -> Any:
        return self.__find(name).load(self)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__attributes__})

    def __getitem__(self, name: str) -> Any:
        try:
            return self.__dict__[name]
        except KeyError:
            return self.__find(name).load(self)

    def __setitem__(self, name: str, value: Any) -> None:
        self.__find(name).set(self, value)

    def __find(self, name: str) -> EntityAttribute:
        try:
            return self.__attributes__[name]
        except (KeyError, TypeError):
            raise self.__unknown(name) from None

    def __unknown(self, name: str) -> UnknownAttribute:
        kind = self.__entity_type__
        message = f"{kind} has no attribute {name!r}.{suggestion(str(name), self.__attributes__)}"
        return UnknownAttribute(message, entity_type=kind, attribute=name)

    def __reference__(self) -> Reference:
        return Reference(
            self.__entity_type__,
            tuple(zip(self.__schema__.primary_key, self._ftrack_state.key, strict=True)),
        )

    def __repr__(self) -> str:
        # Says only what is loaded: printing must never ask the server.
        values = self.__dict__
        names = [name for name in ("name", "username", "key") if isinstance(values.get(name), str)]
        label = f" {values[names[0]]!r}" if names else ""
        state = self._ftrack_state
        return f"<{self.__entity_type__}{label} {'/'.join(state.key)} {state.lifecycle.value}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise UsageError(
            f"{self!r} belongs to its session and cannot be copied or pickled; pass its id and use session.get, "
            "or plain values."
        )


# Entities catch every assignment, so the session's own parts go around them. These are the slots' own setters.
_set_state = Entity.__dict__["_ftrack_state"].__set__
_set_values = Entity.__dict__["__dict__"].__set__


def new_entity(cls: type[Entity], state: EntityState) -> Entity:
    """Make an instance of an entity class with no values; only the session's own parts do that."""
    entity = cls.__new__(cls)
    _set_state(entity, state)
    return entity


def set_values(entity: Entity, values: dict[str, Any]) -> None:
    """Give a new entity its first values, all at once: *values* itself becomes its memory."""
    _set_values(entity, values)


def state_of(entity: Entity) -> EntityState:
    """Return the session's side of an entity."""
    return entity._ftrack_state


def plain_key(schema: EntityType, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the primary key in *data* as text values in the type's key order; `KeyError` when one is missing."""
    return tuple(str(data[name]) for name in schema.primary_key)


def given_key(schema: EntityType, key: str | int | Sequence[str | int]) -> tuple[str, ...]:
    """Return a primary key as a user gives it, one value or several, as text values in the type's key order.

    Raises `InvalidValue` for a key of another form, such as None.
    """
    parts: Sequence[Any] = key if isinstance(key, (list, tuple)) else (key,)
    fits = len(parts) == len(schema.primary_key)
    if not fits or not all(isinstance(part, (str, int)) and part != "" for part in parts):
        raise InvalidValue(
            f"The key of {schema.name} is {', '.join(schema.primary_key)}; {key!r} does not fit.",
            entity_type=schema.name,
        )
    return tuple(map(str, parts))
