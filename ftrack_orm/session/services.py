"""State: what a session offers to the behaviours of its entities; it delegates to the parts of the session."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import FtrackError, NoResult
from ftrack_orm.events.event import Event
from ftrack_orm.query.builder import Query
from ftrack_orm.query.expressions.clauses import as_projections
from ftrack_orm.query.language.literals import entity_type_of_class
from ftrack_orm.wire.carried import CarriedOperations

from .deferred import Deferred

if TYPE_CHECKING:
    import weakref
    from contextlib import AbstractContextManager

    from ftrack_orm.behaviours.locations.locations import Locations
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.notebook.tables import QueryTables
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.settings import Settings
    from ftrack_orm.storage.transfers import Transfers
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.wire.operations import Operation

    from .deferred_event_hub import DeferredEventHub
    from .parts import SessionParts

logger = logging.getLogger("ftrack_orm.session")


class SessionServices:
    """Implements `behaviours.services.Services` with the parts of a session.

    *event_hub* is a weak reference, since the hub belongs to the session: entities must not keep it alive.
    """

    def __init__(self, parts: SessionParts, event_hub: weakref.ref[DeferredEventHub]) -> None:
        self._parts = parts
        self._event_hub = event_hub
        self._current_user: Entity | None = None
        self._locations = Deferred(self._make_locations)
        self._tables = Deferred(self._make_tables)

    def _make_locations(self) -> Locations:
        from ftrack_orm.behaviours.locations.built_in_locations import built_in_locations
        from ftrack_orm.behaviours.locations.locations import Locations

        return Locations(self, built_in_locations(self))

    def _make_tables(self) -> QueryTables:
        from ftrack_orm.notebook.tables import QueryTables

        return QueryTables(self)

    @property
    def settings(self) -> Settings:
        """The settings of the session."""
        return self._parts.settings

    @property
    def schema(self) -> Schema:
        """The schema of the server."""
        return self._parts.handshake.schema

    @property
    def workspace(self) -> Workspace:
        """The entities of the session."""
        return self._parts.workspace

    @property
    def transport(self) -> Transport:
        """The transport of the session."""
        return self._parts.channel.transport

    @property
    def transfers(self) -> Transfers:
        """The transfers of the session."""
        return self._parts.transfers()

    @property
    def locations(self) -> Locations:
        """The locations of the session."""
        return self._locations()

    @property
    def tables(self) -> QueryTables:
        """The part that makes tables of queries."""
        return self._tables()

    def server_information(self) -> Mapping[str, Any]:
        """Return the server's information about itself."""
        return self._parts.handshake.information

    def current_user(self) -> Entity:
        """Return the user that the session acts as; the first call makes a request."""
        if self._current_user is None:
            username = self._parts.settings.api_user
            user = self.query("User").where(username=username).first()
            if user is None:
                raise NoResult(f"The server has no user called {username!r}; pass the user.", entity_type="User")
            self._current_user = user
        return self._current_user

    def query(self, what: type[Entity] | str) -> Query[Any]:
        """Return a query for an entity class, the name of a type, or a whole expression."""
        make = Query.from_text if isinstance(what, str) else Query.on
        name = what if isinstance(what, str) else str(entity_type_of_class(what))
        return make(name, self.schema, self._parts.query_runner, self._parts.settings.page_size)

    def get(self, entity_type: str, key: str) -> Entity | None:
        """Return the entity with that id, from memory or from the server, or None."""
        return self._parts.workspace.loader.get(entity_type, (key,))

    def populate(self, entities: Iterable[Entity], paths: str) -> None:
        """Load the attributes of *paths* for all *entities* at once."""
        self._parts.refresher.populate(entities, as_projections((paths,)))

    def create(self, entity_type: str, data: Mapping[str, Any]) -> Entity:
        """Return a new entity, recorded in the current unit of work."""
        return self._parts.unit_of_work.create(entity_type, data)

    def delete(self, entity: Entity) -> None:
        """Record the deletion of *entity* in the current unit of work."""
        self._parts.unit_of_work.delete(entity)

    def apart(self) -> AbstractContextManager[None]:
        """Run the block in a unit of work of its own, which is committed at its end."""
        return self._parts.unit_of_work.apart(commit=True, keeps_unsent=False)

    def commit(self, carried: CarriedOperations | None = None) -> int:
        """Commit the current unit of work, with other operations in the same request."""
        return self._parts.unit_of_work.commit_with(carried or CarriedOperations())

    def call(self, operations: Iterable[Operation | Mapping[str, Any]]) -> list[Any]:
        """Send operations and return the data of their replies."""
        return self._parts.raw_calls.call(operations, push_token=None, headers=None, timeout=None, cancellation=None)

    def publish(self, event: Event) -> bool:
        """Publish *event* if the event hub is connected, and return whether it was."""
        deferred = self._event_hub()
        hub = deferred.get_if_made() if deferred is not None else None
        if hub is None or not hub.connected:
            logger.debug("The event %s is not published: the event hub is not connected", event.topic)
            return False
        try:
            hub.publish(event)
        except FtrackError as error:
            logger.warning("The event %s could not be published: %s", event.topic, error)
            return False
        return True

    def load_plugins(self) -> None:
        """Load the plugins of the session, unless that is done already or it has no folders of plugins."""
        deferred = self._event_hub()
        if deferred is not None and self._parts.settings.plugin_paths:
            deferred.get_with_plugins()

    def publish_locally(self, topic: str, data: Mapping[str, Any]) -> list[Any]:
        """Publish an event to the subscribers in this process and return their results; none if there is no hub."""
        deferred = self._event_hub()
        hub = deferred.get_if_made() if deferred is not None else None
        return hub.publish(Event(topic, data), synchronous=True) or [] if hub is not None else []
