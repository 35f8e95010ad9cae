"""State: the accounts of users: invitations, API keys and security roles. Each call is carried out at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ftrack_orm.entities.entity import Entity

    from .security_roles import SecurityRoles
    from .server_actions import ServerActions


class Account(Mixin):
    """The behaviour of users with regard to their accounts."""

    __slots__ = ()

    def send_invite(self) -> None:
        """Have the server send an invitation to the user by e-mail."""
        _actions_of(self).send_user_invites([self])

    def reset_api_key(self) -> str:
        """Replace the API key of the user and return the new one.

        The old key is invalid from then on. That includes the session's own, if it acts as this user.
        """
        return str(_actions_of(self).reset_remote("api_key", self)["api_key"])

    def add_security_role(self, role: Entity | str, projects: Iterable[Entity | str] = ()) -> None:
        """Give the user a security role, for *projects* if there are any.

        Roles and projects are entities or ids. There is one request, and the server carries out all of it or nothing.
        """
        _roles_of(self).add(role, projects)

    def update_security_role(self, role: Entity | str, new_role: Entity | str) -> None:
        """Replace a security role of the user by another one."""
        _roles_of(self).replace(role, new_role)

    def remove_security_role(self, role: Entity | str) -> None:
        """Take a security role from the user."""
        _roles_of(self).remove(role)

    def grant_security_role(self, role: Entity | str, *projects: Entity | str) -> None:
        """Let a security role that the user has apply to *projects* too."""
        _roles_of(self).grant(role, projects)

    def revoke_security_role(self, role: Entity | str, *projects: Entity | str) -> None:
        """Let a security role of the user no longer apply to *projects*."""
        _roles_of(self).revoke(role, projects)


# Nearly every program builds the class of users, and few call a method of this module: they import the rest.


def _actions_of(user: Entity) -> ServerActions:
    from .server_actions import ServerActions

    return ServerActions(services_of(user))


def _roles_of(user: Entity) -> SecurityRoles:
    from .security_roles import SecurityRoles

    return SecurityRoles(user)
