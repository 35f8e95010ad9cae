"""State: what a session knows of one entity beside its values, and the group of entities it arrived with."""

from __future__ import annotations

import enum
import weakref
from typing import TYPE_CHECKING, Any

from ..errors import InvalidValue, suggestion

if TYPE_CHECKING:
    from .entity import Entity
    from .workspace import Workspace


class Lifecycle(enum.Enum):
    """Where an entity stands between this session and the server."""

    TRANSIENT = "transient"  # made here, not going to the server (its creation was rolled back)
    PENDING = "pending"  # made here, sent by the next commit
    PERSISTENT = "persistent"  # the server has it
    DELETED = "deleted"  # deleted on the server
    DETACHED = "detached"  # its session was closed


class FetchMode(enum.Enum):
    """What reading a value that is not loaded may do."""

    PEERS = "peers"  # load it for every entity that arrived together
    ONE = "one"  # load it for this entity only
    NEVER = "never"  # raise `NotFetched`

    @classmethod
    def named(cls, name: str) -> FetchMode:
        """Return the mode called *name*, or raise `InvalidValue` with what there is."""
        names = [mode.value for mode in cls]
        if name not in names:
            near = suggestion(str(name), names)
            raise InvalidValue(f"There is no fetch mode {name!r}, only {', '.join(map(repr, names))}.{near}")
        return cls(name)


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


class State:
    """The session's side of one entity.

    Values themselves live in the entity's own `__dict__`, where Python finds a loaded one without calling anything.
    Here is only what reading never needs: the key, the lifecycle, the peers and, for changed attributes, the value the
    server is believed to have (`NOT_LOADED` where that is unknown). *originals* is None while nothing is changed.
    *written* is the number of the commit that last wrote the entity, 0 when this session never did.
    """

    __slots__ = ("key", "lifecycle", "originals", "peers", "workspace", "written")

    def __init__(
        self, workspace: Workspace, key: tuple[str, ...], lifecycle: Lifecycle, peers: Peers | None = None
    ) -> None:
        self.workspace = workspace
        self.key = key
        self.lifecycle = lifecycle
        self.peers = peers
        self.originals: dict[str, Any] | None = None
        self.written = 0
