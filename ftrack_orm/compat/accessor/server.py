"""Edge: the accessor for the storage of the server, and its files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from ftrack_orm.compat.data import String

from .base import AccessorOverNative

if TYPE_CHECKING:
    from ftrack_orm.compat.interfaces import CompatibleSession


class _ServerAccessor(AccessorOverNative):
    """Reads and writes the data of components on the server: identifiers are the ids of components."""

    def __init__(self, session: CompatibleSession, **_: Any) -> None:
        from ftrack_orm.schema.facts import SERVER_LOCATION_ID

        super().__init__(session.__unwrap__().locations[SERVER_LOCATION_ID].accessor)


class ServerFile(String):
    """The data of a component on the server: it is read with the first `read`, or sent with each `flush`."""

    def __init__(self, resource_identifier: str, session: CompatibleSession, mode: str = "rb") -> None:
        super().__init__()
        self.resource_identifier = resource_identifier
        self.mode = mode
        self._accessor = _ServerAccessor(session)
        self._has_read = False

    def read(self, limit: int | None = None) -> Any:
        if not self._has_read and self.mode != "wb":
            self._has_read = True
            with self._accessor.open(self.resource_identifier) as source:
                shutil.copyfileobj(source, self.wrapped_file)
            self.seek(0)
        return super().read(limit)

    def flush(self) -> None:
        super().flush()
        if self.mode == "wb":
            position = self.tell()
            self.seek(0)
            with self._accessor.open(self.resource_identifier, "wb") as target:
                shutil.copyfileobj(self.wrapped_file, target)
            self.seek(position)
