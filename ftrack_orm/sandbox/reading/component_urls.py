"""Pure: the values of `url` and `thumbnail_url`, which ftrack's server computes from components.

Facts (PROTOCOL 4, 8.2): clients read the addresses under two keys, as absolute URLs, and request them as they are. An
entity without a thumbnail has the address of the default picture.
"""

from __future__ import annotations

import attrs

from ftrack_orm.sandbox.storage.storage import Storage

#: The path of the picture of entities without a thumbnail (protocol fact).
DEFAULT_THUMBNAIL_PATH = "/img/thumbnail2.png"

#: Attribute -> the path of its URL.
_PATHS = {"url": "/component/get", "thumbnail_url": "/component/thumbnail"}


@attrs.frozen
class ComponentUrls:
    """The addresses of one response: those of a server at *base_url*, signed by its *storage*."""

    base_url: str = ""
    storage: Storage | None = None

    def value(self, attribute: str, component_id: str | None) -> dict[str, str] | None:
        """Return the value of the attribute `url` or `thumbnail_url` for a component, or without one."""
        if component_id is not None:
            path = _PATHS[attribute]
            if self.storage is None:
                return _value(f"{self.base_url}{path}?id={component_id}")
            return _value(self.storage.entity_url(self.base_url, path, component_id))
        return _value(f"{self.base_url}{DEFAULT_THUMBNAIL_PATH}") if attribute == "thumbnail_url" else None


def _value(address: str) -> dict[str, str]:
    return {"url": address, "value": address}
