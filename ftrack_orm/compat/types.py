"""State: the entity classes of a session by name, made when they are first used."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .entity.base import Entity
    from .interfaces import CompatibleSession

logger = logging.getLogger(__name__)


class Types(Mapping[str, "type[Entity]"]):
    """The entity classes of *session*: `session.types["Task"]`.

    A class is made from the schema when it is first used. Subscribers to `ftrack.api.session.construct-entity-type` may
    return a class of their own for it.
    """

    def __init__(self, session: CompatibleSession) -> None:
        self._session = session
        self._classes: dict[str, type[Entity]] = {}
        self._lock = threading.RLock()
        self._schemas: dict[str, Any] | None = None

    def _by_name(self) -> dict[str, Any]:
        if self._schemas is None:
            self._schemas = {schema["id"]: schema for schema in self._session.schemas}
        return self._schemas

    def __getitem__(self, name: str) -> type[Entity]:
        found = self._classes.get(name)
        if found is None:
            with self._lock:
                found = self._classes.get(name) or self._classes.setdefault(name, self._make(self._by_name()[name]))
        return found

    def _make(self, schema: Mapping[str, Any]) -> type[Entity]:
        from .entity.factory import StandardFactory
        from .event.base import Event

        data = {"schema": schema, "schemas": self._session.schemas}
        event = Event("ftrack.api.session.construct-entity-type", data=data)
        made = [each for each in self._session.event_hub.publish(event, synchronous=True) if each is not None]
        if len(made) > 1:
            raise ValueError(f"{len(made)} plugins have made a class for {schema['id']!r}. There can be one.")
        return made[0] if made else StandardFactory().create(schema)

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name())

    def __len__(self) -> int:
        return len(self._by_name())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name()

    def __repr__(self) -> str:
        return f"<the entity classes of {self._session}>"
