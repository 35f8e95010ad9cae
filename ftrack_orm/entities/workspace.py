"""State: where the parts that keep a session's entities meet: classes, identity map, journal, loader and their lock."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from ftrack_orm.errors import SessionClosed

from .expiry import ExpiryLog
from .identity_map import IdentityMap
from .journal import Journal

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.values import FetchMode

    from .classes import Classes
    from .custom_attributes.configurations import Configurations
    from .entity import Entity, EntityState
    from .reading.loading import Loader

_NONE: Mapping[int, FetchMode] = MappingProxyType({})

#: The fetch modes of the `with session.fetching(...)` blocks this thread or task is in, by the id of the workspace.
_BLOCKS: contextvars.ContextVar[Mapping[int, FetchMode]] = contextvars.ContextVar("ftrack_orm_fetching", default=_NONE)


class Workspace:
    """Everything one session knows of entities.

    *classes* gives the entity classes, asking the server for its schema if need be. *lock* guards the identity map, the
    journal and every change of an entity's values; it is never held while waiting for the server.
    """

    # Set by the session, since they work on a workspace.
    loader: Loader
    configurations: Configurations
    renew_schema: Callable[[], None]

    def __init__(self, classes: Callable[[], Classes], *, fetch: FetchMode, recent_size: int) -> None:
        self._classes = classes
        self._fetch = fetch
        self.identities = IdentityMap(recent_size)
        self.journal = Journal()
        self.lock = threading.RLock()
        self.closed = False
        # Counts when entities were deleted or forgotten, which is when collections look whether an item is gone.
        self.removals = 0
        # Counts commits that wrote something, and news. An answer to a question asked before one does not know of it.
        self.revision = 0
        self.expiry = ExpiryLog(self)

    @property
    def classes(self) -> Classes:
        """The entity classes."""
        return self._classes()

    @property
    def schema(self) -> Schema:
        """The server's schema."""
        return self._classes().schema

    def lookup(self, entity_type: str, key: tuple[str, ...]) -> Entity | None:
        """Return the object of an entity if the session has it and it is of that type or below it."""
        entity = self.identities.get(self.schema.type(entity_type).family, key)
        if entity is None or not self.schema.related(entity.__entity_type__, entity_type):
            return None
        return entity

    def fetch_mode(self, state: EntityState) -> FetchMode:
        """Return what reading a missing value of an entity may do: the block's mode, its query's, or the session's."""
        block = _BLOCKS.get().get(id(self))
        if block is not None:
            return block
        return (state.peers.mode if state.peers else None) or self._fetch

    @contextmanager
    def fetching(self, mode: FetchMode) -> Iterator[None]:
        """Let *mode* hold for this thread or task until the block ends."""
        token = _BLOCKS.set({**_BLOCKS.get(), id(self): mode})
        try:
            yield
        finally:
            _BLOCKS.reset(token)

    def check_open(self, what_fails: str) -> None:
        """Raise `SessionClosed`, saying what cannot be done, when the session was closed."""
        if self.closed:
            raise SessionClosed(f"{what_fails}: its session is closed. What was loaded can still be read.")
