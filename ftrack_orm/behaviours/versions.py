"""State: the versions of assets. Nothing is sent before the next commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftrack_orm.entities.entity import Entity


class Versioned(Mixin):
    """The behaviour of assets."""

    __slots__ = ()

    @property
    def latest_version(self) -> Entity | None:
        """The version with the highest number on the server, None without one; read with a request each time.

        Current servers have an attribute of that name, which is read like all others.
        """
        versions = services_of(self).query("AssetVersion").where(asset_id=self.id)
        latest: Entity | None = versions.order_by("version descending").first()
        return latest

    def next_version(self, data: Mapping[str, Any] | None = None, /, **attributes: Any) -> Entity:
        """Return a new version of the asset with the given attributes, which the next commit creates.

        The server numbers it: `version.version` is the number after the commit. So no two versions that users create
        at the same time get the same number.
        """
        return services_of(self).create("AssetVersion", {**(data or {}), **attributes, "asset": self})
