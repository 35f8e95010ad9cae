"""Edge: the accessor for the storage of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import AccessorOverNative

if TYPE_CHECKING:
    from ftrack_orm.compat.interfaces import CompatibleSession


class _ServerAccessor(AccessorOverNative):
    """Reads and writes the data of components on the server: identifiers are the ids of components."""

    def __init__(self, session: CompatibleSession, **_: Any) -> None:
        from ftrack_orm.storage.locations import SERVER_LOCATION_ID

        super().__init__(session.__unwrap__().locations[SERVER_LOCATION_ID].accessor)
