"""Edge: the methods of asset versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Entity


class AssetVersion(Entity):
    """An asset version."""

    def create_component(self, path: str, data: Mapping[str, Any] | None = None, location: Any = None) -> Any:
        """Return a new component of this version, see `Session.create_component`."""
        given = {name: value for name, value in (data or {}).items() if name != "version_id"}
        return self.session.create_component(path, {**given, "version": self}, location)

    def encode_media(self, media: Any, keep_original: bool | str = "auto") -> Any:
        """Return a job that makes *media* playable in browsers, as components of this version."""
        return self.session.encode_media(media, version_id=self["id"], keep_original=keep_original)
