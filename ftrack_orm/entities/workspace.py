"""State: the parts that hold a session's entities: classes, identity map, journal, expiry log, loader and one lock."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from ftrack_orm.errors import SessionClosed
from ftrack_orm.values import FetchMode

from .entity import Entity, EntityState, Lifecycle
from .expiry import ExpiryLog
from .identity_map import IdentityMap
from .journal import Journal

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Path, Select
    from ftrack_orm.schema.attribute import Attribute
    from ftrack_orm.schema.model import Schema

_NO_BLOCKS: Mapping[int, FetchMode] = MappingProxyType({})

#: The fetch modes of the `with session.fetching(...)` blocks of this thread or task, by the id of the workspace.
_FETCHING: contextvars.ContextVar[Mapping[int, FetchMode]] = contextvars.ContextVar(
    "ftrack_orm_fetching", default=_NO_BLOCKS
)


class EntityClasses(Protocol):
    """The entity classes by type name, as the workspace needs them."""

    @property
    def schema(self) -> Schema:
        """The schema that the classes were built from."""

    def __getitem__(self, name: str) -> type[Entity]:
        """Return the class of an entity type; raises `UnknownEntityType`."""


class EntityLoader(Protocol):
    """Requests values and entities from the server, as the workspace needs it."""

    def load(self, entity: Entity, attribute: Attribute) -> Any:
        """Return the value of an attribute that is not loaded, loading it for its peers as well."""

    def load_if_stale(self, entity: Entity, attribute: Attribute) -> None:
        """Load a collection or mapping again if the server has reported a change of it."""

    def load_reference(self, entity: Entity, attribute: Attribute) -> Any:
        """Return the entity that a reference of a new entity leads to, loading it by its key; None without a key."""

    def get(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return one entity, from memory if it is loaded; None if it does not exist."""

    def fetch(self, entity_type: str, keys: Iterable[tuple[str, ...]], paths: Sequence[Path] = ()) -> list[Entity]:
        """Return the entities with these primary keys that exist, with *paths* loaded."""

    def read(self, selects: Sequence[Select], *, per_request: int = ...) -> list[list[Entity]]:
        """Return the entities that each of *selects* finds; *per_request* of them share a request."""

    def merge(self, rows: Sequence[dict[str, Any]]) -> list[Entity]:
        """Return the entities of *rows*. Makes no request."""


class CustomAttributeMappings(Protocol):
    """Creates the mappings of entities. Those of custom attributes depend on the server's configurations."""

    def new_mapping(self, owner: Entity, attribute: Attribute, entries: dict[str, Any]) -> Any:
        """Return the mapping that is the value of *attribute*."""

    def expire_values(self) -> None:
        """Read values that custom attributes inherit again when they are next needed."""


class Workspace:
    """The entities of one session, with everything that creates, loads and changes them.

    *classes* returns the entity classes, requesting the schema if necessary. *fetch* is the session's fetch mode and
    *recent_size* the number of entities kept alive. *make_loader* and *make_configurations* are called once, with
    this workspace. *renew_schema* requests the schema again, after the server has sent an unknown entity type.

    *lock* guards the identity map, the journal and every change of an entity's values. It is never held while waiting
    for the server.
    """

    def __init__(
        self,
        classes: Callable[[], EntityClasses],
        *,
        fetch: FetchMode,
        recent_size: int,
        make_loader: Callable[[Workspace], EntityLoader],
        make_configurations: Callable[[Workspace], CustomAttributeMappings],
        renew_schema: Callable[[], None],
    ) -> None:
        self._classes = classes
        self._fetch = fetch
        self.renew_schema = renew_schema
        self.identities = IdentityMap[Entity](recent_size)
        self.journal = Journal()
        self.lock = threading.RLock()
        self.closed = False
        #: Counts the occasions on which entities were deleted or dropped. Collections look for removed items when it
        #: has increased.
        self.removals = 0
        #: Counts commits that wrote something and change notices. A response to a request that was sent at an earlier
        #: revision may be older than they are.
        self.revision = 0
        self.expiry = ExpiryLog(self)
        self.loader = make_loader(self)
        self.configurations = make_configurations(self)

    @property
    def classes(self) -> EntityClasses:
        """The entity classes."""
        return self._classes()

    @property
    def schema(self) -> Schema:
        """The server's schema."""
        return self._classes().schema

    def lookup(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity if the session has it and it is of that type or related to it."""
        entity = self.identities.get(self.schema.type(entity_type).family, key)
        if entity is None or not self.schema.related(entity.__entity_type__, entity_type):
            return None
        return entity

    def mark_deleted(self, entity: Entity) -> None:
        """Mark *entity* as deleted on the server and drop its changes. The caller holds the lock."""
        self.removals += 1
        state, journal = entity._ftrack_state, self.journal
        state.lifecycle = Lifecycle.DELETED
        state.originals = None
        for pending in (journal.created, journal.modified, journal.deleted, journal.bases):
            pending.pop(entity, None)
        self.identities.remove(entity.__schema__.family, state.key)

    def fetch_mode(self, state: EntityState) -> FetchMode:
        """Return the fetch mode for an entity: that of the enclosing block, else its query's, else the session's."""
        block = _FETCHING.get().get(id(self))
        if block is not None:
            return block
        return (state.peers.mode if state.peers else None) or self._fetch

    def may_fetch(self, entity: Entity) -> bool:
        """Whether missing data of *entity* may be requested from the server."""
        return self.fetch_mode(entity._ftrack_state) is not FetchMode.NEVER and not self.closed

    @contextmanager
    def fetching(self, mode: FetchMode) -> Iterator[None]:
        """Use *mode* in this thread or task until the block ends."""
        token = _FETCHING.set({**_FETCHING.get(), id(self): mode})
        try:
            yield
        finally:
            _FETCHING.reset(token)

    def check_open(self, what_fails: str) -> None:
        """Raise `SessionClosed` if the session is closed; *what_fails* begins the message."""
        if self.closed:
            raise SessionClosed(f"{what_fails}: its session is closed. What was loaded can still be read.")
