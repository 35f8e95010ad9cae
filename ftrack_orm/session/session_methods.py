"""State: the base of the groups of methods that a session has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from ftrack_orm.errors import UsageError
from ftrack_orm.query.language.literals import entity_type_of_class

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.settings import Settings

    from .parts import SessionParts


class SessionMethods:
    """The base of the groups: each delegates to the parts of the session, and keeps nothing."""

    _parts: SessionParts
    _workspace: Workspace

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
    def schema(self) -> Schema:
        """The server's entity types, attributes and relations as values."""
        return self._parts.handshake.schema

    @property
    def _services(self) -> Services:
        make = self._parts.workspace.services
        assert make is not None, "the session sets them when it is created"
        return cast("Services", make())

    def _offer_completion(self) -> None:
        """Have IPython complete names, if it is running. It may have been started after the session was made."""
        if "IPython" in sys.modules:
            from .interactive_shell import offer_completion

            offer_completion(self, self._parts)


def type_name(entity_type: type[Entity] | str | None) -> str:
    """Return the name of the type that an argument of a session names. Raises `UsageError` for any other value."""
    name = entity_type if isinstance(entity_type, str) else entity_type_of_class(entity_type)
    if name is None:
        raise UsageError(f"An entity class or the name of a type is needed, not {entity_type!r}.")
    return name
