"""State: what the locations of a session do on this machine: their accessors, structures, transformers, priorities."""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from typing import Any, Final

import attrs
from cachetools import LRUCache

from ftrack_orm.errors import InvalidValue, quoted
from ftrack_orm.schema.facts import (
    CONNECT_LOCATION_ID,
    ORIGIN_LOCATION_ID,
    REVIEW_LOCATION_ID,
    SERVER_LOCATION_ID,
    UNMANAGED_LOCATION_ID,
)

from .accessors.base import Accessor
from .structures.base import Structure
from .transformers import ResourceIdentifierTransformer

#: The names of the locations that every server has, which they can be configured by without a request.
BUILT_IN_IDS: Final = {
    "ftrack.origin": ORIGIN_LOCATION_ID,
    "ftrack.unmanaged": UNMANAGED_LOCATION_ID,
    "ftrack.review": REVIEW_LOCATION_ID,
    "ftrack.connect": CONNECT_LOCATION_ID,
    "ftrack.server": SERVER_LOCATION_ID,
}

_ACCESSOR_METHODS: Final = frozenset(
    {"exists", "get_filesystem_path", "get_url", "is_file", "make_container", "open", "remove", "size", "write"}
)

#: The priority of a location that is configured without one, as in the official client. Lower numbers come first.
DEFAULT_PRIORITY: Final = 95

#: Paths that the origin location remembers. The oldest are forgotten, so that a process may run for months.
ORIGIN_PATHS: Final = 100_000


class Management(enum.Enum):
    """Who keeps the files of a location."""

    #: The location: files are copied into it, and removed from it.
    MANAGED = "managed"
    #: Other programs: the location only knows where the files are.
    UNMANAGED = "unmanaged"
    #: Other programs, and only this session knows where: the place that new components come from.
    ORIGIN = "origin"
    #: The ftrack server.
    SERVER = "server"


@attrs.define(eq=False)
class LocationConfiguration:
    """What one location does on this machine. A location without an accessor cannot be used here.

    *problem* is the reason why there is no accessor, if it is known.
    """

    accessor: Accessor | None = None
    structure: Structure | None = None
    resource_identifier_transformer: ResourceIdentifierTransformer | None = None
    priority: float = DEFAULT_PRIORITY
    management: Management = Management.MANAGED
    problem: str = ""

    def encode(self, identifier: str, component: Any) -> str:
        """Return the form of a resource identifier that is stored on the server."""
        transformer = self.resource_identifier_transformer
        return transformer.encode(identifier, {"component": component}) if transformer else identifier

    def decode(self, identifier: str, component: Any) -> str:
        """Return the form of a stored resource identifier that the accessor takes."""
        transformer = self.resource_identifier_transformer
        return transformer.decode(identifier, {"component": component}) if transformer else identifier


def check_accessor(accessor: Any) -> None:
    """Raise `InvalidValue` for an object that lacks a method that every accessor has."""
    missing = sorted(name for name in _ACCESSOR_METHODS if not callable(getattr(accessor, name, None)))
    if accessor is not None and missing:
        raise InvalidValue(
            f"{quoted(accessor)} is no accessor: it lacks {', '.join(missing)}. Derive it from "
            "ftrack_orm.storage.Accessor, which has most of these methods."
        )


class LocationRegistry:
    """The configurations of a session's locations, by id, or by name as long as the id is not known.

    They do not depend on entities, so that neither a rollback nor a reset of the session changes them.
    """

    def __init__(self, built_in: Mapping[str, LocationConfiguration]) -> None:
        self._by_id = dict(built_in)
        self._by_name: dict[str, LocationConfiguration] = {}
        self._origin: LRUCache[str, str] = LRUCache(ORIGIN_PATHS)
        self._lock = threading.Lock()

    def get(self, location_id: str) -> LocationConfiguration | None:
        """Return the configuration of a location, or None."""
        return self._by_id.get(location_id)

    def get_or_add(self, location_id: str) -> LocationConfiguration:
        """Return the configuration of a location, an empty one that was added if it had none."""
        with self._lock:
            return self._by_id.setdefault(location_id, LocationConfiguration())

    def set(self, name_or_id: str, configuration: LocationConfiguration, *, is_id: bool) -> None:
        """Replace the configuration of a location, given by its id or its name."""
        with self._lock:
            built_in = BUILT_IN_IDS.get(name_or_id)
            if is_id or built_in:
                self._by_id[built_in or name_or_id] = configuration
            else:
                self._by_name[name_or_id] = configuration

    def unresolved_names(self) -> list[str]:
        """Return the names of the configured locations whose ids are not known yet."""
        with self._lock:
            return list(self._by_name)

    def resolve(self, name: str, location_id: str) -> None:
        """Note the id of the location that was configured by *name*."""
        with self._lock:
            configuration = self._by_name.pop(name, None)
            if configuration is not None:
                self._by_id[location_id] = configuration

    def accessible(self) -> list[tuple[str, LocationConfiguration]]:
        """Return the ids and configurations of the locations with an accessor, those to prefer first."""
        with self._lock:
            usable = [(key, each) for key, each in self._by_id.items() if each.accessor is not None]
        return sorted(usable, key=lambda pair: pair[1].priority)

    # -- the origin location -------------------------------------------------------------------------------------------

    def remember_origin(self, component_id: str, path: str) -> None:
        """Remember the path that a component was created from."""
        with self._lock:
            self._origin[component_id] = path

    def origin_of(self, component_id: str) -> str | None:
        """Return the path that a component was created from, or None if it is not known in this session."""
        with self._lock:
            path: str | None = self._origin.get(component_id)
            return path

    def forget_origin(self, component_id: str) -> None:
        """Forget the path that a component was created from."""
        with self._lock:
            self._origin.pop(component_id, None)
