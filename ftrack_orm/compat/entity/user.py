"""Edge: the methods of users."""

from __future__ import annotations

from typing import Any

from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated

from .base import Entity


class User(Entity):
    """A user."""

    @translated
    def start_timer(self, context: Any = None, comment: str = "", name: str | None = None, force: bool = False) -> Any:
        """Start a timer of the user and return it. With *force*, a running one is stopped first."""
        timer = unwrap(self).start_timer(context=unwrap(context), comment=comment, name=name, force=force)
        return self.session.shown(timer)

    @translated
    def stop_timer(self) -> Any:
        """Stop the timer of the user and return the new time log. Raises `NoResultFoundError` without a timer."""
        return self.session.shown(unwrap(self).stop_timer())

    @translated
    def send_invite(self) -> None:
        """Send the user an invitation."""
        self.session.send_user_invite(self)

    @translated
    def reset_api_key(self) -> Any:
        """Replace the API key of the user and return the new one."""
        return self.session.reset_remote("api_key", entity=self)["api_key"]
