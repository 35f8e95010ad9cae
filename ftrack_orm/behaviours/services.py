"""Pure: the interface between behaviours and the session of their entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.events.event import Event
    from ftrack_orm.query.builder import Query
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.settings import Settings
    from ftrack_orm.storage.transfers import Transfers
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.wire.carried import CarriedOperations
    from ftrack_orm.wire.operations import Operation

    from .locations.locations import Locations


class Services(Protocol):
    """What a session offers to the behaviours of its entities.

    It keeps nothing alive that the entities do not: a session that is dropped is collected although entities remain.
    """

    @property
    def settings(self) -> Settings:
        """The settings of the session."""

    @property
    def schema(self) -> Schema:
        """The schema of the server."""

    @property
    def workspace(self) -> Workspace:
        """The entities of the session."""

    @property
    def transport(self) -> Transport:
        """The transport of the session, which sends requests to any host."""

    @property
    def transfers(self) -> Transfers:
        """The transfers of the session, which move bytes to and from the server's storage."""

    @property
    def locations(self) -> Locations:
        """The locations of the session and what they do on this machine, as `Session.locations`."""

    def server_information(self) -> Mapping[str, Any]:
        """Return the server's information about itself; the first call may make a request."""

    def current_user(self) -> Entity:
        """Return the user that the session acts as; the first call makes a request. Raises `NoResult` without one."""

    def query(self, what: type[Entity] | str) -> Query[Any]:
        """Return a query as `Session.query` does."""

    def get(self, entity_type: str, key: str) -> Entity | None:
        """Return the entity with that id, from memory or from the server, or None."""

    def populate(self, entities: Iterable[Entity], paths: str) -> None:
        """Load the attributes of *paths* for all *entities* at once, as `Session.populate` does."""

    def create(self, entity_type: str, data: Mapping[str, Any]) -> Entity:
        """Return a new entity, recorded in the current unit of work."""

    def delete(self, entity: Entity) -> None:
        """Record the deletion of *entity* in the current unit of work."""

    def apart(self) -> AbstractContextManager[None]:
        """Run the block in a unit of work of its own, which is committed at its end, and nothing else with it.

        It is rolled back when the block raises or the commit fails: a later commit does not repeat it. After a commit
        with an unknown outcome, all values are read again.
        """

    def commit(self, carried: CarriedOperations | None = None) -> int:
        """Commit the current unit of work, with other operations in the same request; return the number of edits."""

    def call(self, operations: Iterable[Operation | Mapping[str, Any]]) -> list[Any]:
        """Send operations and return the data of their replies, as `Session.call` does."""

    def publish(self, event: Event) -> bool:
        """Publish *event* if the event hub is connected, and return whether it was."""

    def load_plugins(self) -> None:
        """Load the plugins of the session, unless that is done already."""

    def publish_locally(self, topic: str, data: Mapping[str, Any]) -> list[Any]:
        """Publish an event to the subscribers in this process and return their results; none if there is no hub."""


def services_of(entity: Entity) -> Services:
    """Return the services of the session of *entity*."""
    services = entity._ftrack_state.workspace.services
    assert services is not None, "the session sets the services when it is created"
    return cast("Services", services())


def common_services(entities: Sequence[Entity]) -> Services:
    """Return the services of the session of all *entities*, which are not empty."""
    return services_of(entities[0])
