"""State: the base of the groups of methods that a session has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.settings import Settings

    from .parts import SessionParts


class SessionMethods:
    """The base of the groups: each delegates to the parts of the session, and keeps nothing."""

    _parts: SessionParts

    if not TYPE_CHECKING:  # Checkers would take any name for an attribute otherwise.

        def __getattr__(self, name: str) -> Any:
            # Imported here, because errors are rare.
            from ftrack_orm.official_names import unknown_name

            raise unknown_name("session", "A session", name, [each for each in dir(self) if each[0] != "_"])

        def __setattr__(self, name: str, value: Any) -> None:
            # Without this, `session.auto_populate = False` would be accepted and change nothing.
            if name[0] != "_" and not hasattr(type(self), name):
                from ftrack_orm.official_names import OFFICIAL_NAMES, unknown_name

                if name in OFFICIAL_NAMES["session"]:
                    raise unknown_name("session", "A session", name)
            super().__setattr__(name, value)

    @property
    def settings(self) -> Settings:
        """The settings of this session, as a frozen value."""
        return self._parts.settings

    @property
    def _services(self) -> Services:
        make = self._parts.workspace.services
        assert make is not None, "the session sets them when it is created"
        return cast("Services", make())
