"""Pure: the parts of the compatible session and of its entities that the modules below them use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity as NativeEntity
    from ftrack_orm.session.session import Session as NativeSession


class CompatibleSession(Protocol):
    """The compatible session."""

    _native: NativeSession
    auto_populate: bool
    record_operations: bool
    types: Mapping[str, Any]

    @property
    def event_hub(self) -> Any:
        """The event hub."""

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """The server's description of its entity types."""

    def __unwrap__(self) -> NativeSession: ...

    def shown(self, value: Any) -> Any:
        """Return a value of the session below as the official client shows it."""

    def wrapper_of(self, native: NativeEntity) -> Any:
        """Return the entity that shows *native*."""

    def adopt(self, entity: Any) -> None:
        """Use *entity* to show its entity of the session below."""

    def keep(self, entity: Any) -> None:
        """Hold *entity* as long as the session."""

    def new_entity(self, entity_type: str, attributes: Any, data: Mapping[str, Any]) -> NativeEntity:
        """Return a new entity of the session below."""

    def known_entity(self, entity_type: str, data: Mapping[str, Any]) -> NativeEntity:
        """Return the entity of the session below that *data* describes."""

    def merge_values(self, own: Any, other: Any) -> list[dict[str, Any]]:
        """Give *own* the values of *other*, and return the changes."""

    def populate(self, entities: Any, projections: str) -> None:
        """Load *projections*."""

    def get(self, entity_type: str, entity_key: Any) -> Any:
        """Return the entity with a key, or None."""

    def query(self, expression: str, page_size: int = 500) -> Any:
        """Return the results of *expression*."""

    def create(self, entity_type: str, data: Mapping[str, Any] | None = None, reconstructing: bool = False) -> Any:
        """Return a new entity."""

    def commit(self) -> None:
        """Send all recorded changes."""

    def check_server_compatibility(self) -> None:
        """Ask the server for its version."""

    def create_component(self, path: str, data: Mapping[str, Any] | None = None, location: Any = "auto") -> Any:
        """Return a new component."""

    def encode_media(self, media: Any, version_id: str | None = None, keep_original: bool | str = "auto") -> Any:
        """Return a job that encodes *media*."""

    def get_component_availability(self, component: Any, locations: Any = None) -> dict[str, float]:
        """Return how much of a component is in each location."""

    def send_user_invite(self, user: Any) -> None:
        """Send a user an invitation."""

    def reset_remote(self, reset_type: str, entity: Any = None) -> Mapping[str, Any]:
        """Have the server reset something."""

    def remember_storage(self, below: Any, given: Any) -> None:
        """Remember the object that a script has given for *below*."""

    def remembered_storage(self, below: Any) -> Any:
        """Return the object that a script has given for *below*, or None."""


class CompatibleEntity(Protocol):
    """An entity of the compatible session."""

    session: CompatibleSession
    _native: NativeEntity

    @property
    def entity_type(self) -> str:
        """The name of the type."""

    @property
    def attributes(self) -> Any:
        """The attributes of the type."""
