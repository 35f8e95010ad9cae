"""Edge: the methods of a session for components and locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .conversion import unwrap
from .error_translation import translated

if TYPE_CHECKING:
    from ftrack_orm.session.session import Session as NativeSession


class StorageMethods:
    """The methods of a session for components and locations."""

    _native: NativeSession

    if TYPE_CHECKING:

        def shown(self, value: Any) -> Any: ...

    @translated
    def pick_location(self, component: Any = None) -> Any:
        """Return the preferred location, or the preferred one of those that have *component*, or None."""
        return self.shown(self._native.pick_location(unwrap(component)))

    @translated
    def pick_locations(self, components: Iterable[Any]) -> list[Any]:
        """Return the preferred location of each of *components*."""
        return [self.shown(each) for each in self._native.pick_locations(unwrap(list(components)))]

    @translated
    def create_component(self, path: str, data: Mapping[str, Any] | None = None, location: Any = "auto") -> Any:
        """Return a new component for the file or sequence at *path*, added to *location* unless that is None.

        Adding it commits all recorded changes, as with the official client.
        """
        if location is not None:
            self._native.commit()
        return self.shown(self._native.create_component(path, unwrap(dict(data or {})), location=unwrap(location)))

    @translated
    def get_component_availability(self, component: Any, locations: Iterable[Any] | None = None) -> dict[str, float]:
        """Return how much of a component is in each location, as percentages by the ids of locations."""
        return self.get_component_availabilities([component], locations)[0]

    @translated
    def get_component_availabilities(
        self, components: Iterable[Any], locations: Iterable[Any] | None = None
    ) -> list[dict[str, float]]:
        """Return how much of each component is in each location, as percentages by the ids of locations."""
        given = None if locations is None else unwrap(list(locations))
        return [dict(each) for each in self._native.get_component_availabilities(unwrap(list(components)), given)]

    @translated
    def encode_media(self, media: Any, version_id: str | None = None, keep_original: bool | str = "auto") -> Any:
        """Return a job that makes *media*, a path or a component, playable in browsers."""
        self._native.commit()
        return self.shown(self._native.encode_media(unwrap(media), version_id, keep_original))
