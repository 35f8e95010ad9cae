"""State: the base of the groups of methods that a session has."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.settings import Settings

    from .parts import SessionParts


class SessionMethods:
    """The base of the groups: each delegates to the parts of the session, and keeps nothing."""

    _parts: SessionParts

    @property
    def settings(self) -> Settings:
        """The settings of this session, as a frozen value."""
        return self._parts.settings

    @property
    def _services(self) -> Services:
        make = self._parts.workspace.services
        assert make is not None, "the session sets them when it is created"
        return cast("Services", make())
