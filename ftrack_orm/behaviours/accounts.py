"""State: the accounts of users: invitations, API keys and security roles. Each call is carried out at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.values import ChangeNotice

from .mixin import Mixin
from .server_actions import ServerActions, committed_id
from .services import services_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ftrack_orm.entities.entity import Entity

#: The family of the rows that give a user a role, and of the projects in which a role applies.
_ROLES, _PROJECTS = "UserSecurityRole", "UserSecurityRoleProject"


class Account(Mixin):
    """The behaviour of users with regard to their accounts."""

    __slots__ = ()

    def send_invite(self) -> None:
        """Have the server send an invitation to the user by e-mail."""
        ServerActions(services_of(self)).send_user_invites([self])

    def reset_api_key(self) -> str:
        """Replace the API key of the user and return the new one.

        The old key is invalid from then on. That includes the session's own, if it acts as this user.
        """
        return str(ServerActions(services_of(self)).reset_remote("api_key", self)["api_key"])

    def add_security_role(self, role: Entity | str, projects: Iterable[Entity | str] = ()) -> None:
        """Give the user a security role, for *projects* if there are any.

        Roles and projects are entities or ids. The request is the only one, and the server carries out all of it or
        nothing.
        """
        grants = [("grant_user_security_role_project", role, {"project_id": _project_id(each)}) for each in projects]
        _change_roles(self, [("add_user_security_role", role, {}), *grants])

    def update_security_role(self, role: Entity | str, new_role: Entity | str) -> None:
        """Replace a security role of the user by another one."""
        _change_roles(self, [("update_user_security_role", role, {"new_role_id": _role_id(new_role)})])

    def remove_security_role(self, role: Entity | str) -> None:
        """Take a security role from the user."""
        _change_roles(self, [("remove_user_security_role", role, {})])

    def grant_security_role(self, role: Entity | str, *projects: Entity | str) -> None:
        """Let a security role that the user has apply to *projects* too."""
        grant = "grant_user_security_role_project"
        _change_roles(self, [(grant, role, {"project_id": _project_id(each)}) for each in projects])

    def revoke_security_role(self, role: Entity | str, *projects: Entity | str) -> None:
        """Let a security role of the user no longer apply to *projects*."""
        revoke = "revoke_user_security_role_project"
        _change_roles(self, [(revoke, role, {"project_id": _project_id(each)}) for each in projects])


def _change_roles(user: Entity, actions: list[tuple[str, Entity | str, dict[str, str]]]) -> None:
    """Carry out *actions*, each with a role and more arguments, and expire the values that they affect."""
    if not actions:
        return
    services, user_id = services_of(user), committed_id(user, "User", "A security role")
    services.call(
        {"action": action, "user_id": user_id, "role_id": _role_id(role), **more} for action, role, more in actions
    )
    # Which rows the server has written is not known.
    families = [user.__schema__.family, *(name for name in (_ROLES, _PROJECTS, "SecurityRole", "Context"))]
    names = frozenset({"user_security_roles", "user_security_role_projects"})
    notices = [ChangeNotice(family=family, key=(), names=names) for family in families]
    notices += [ChangeNotice(family=family, key=(), names=None) for family in (_ROLES, _PROJECTS)]
    services.workspace.expiry.apply(notices)


def _role_id(role: Entity | str) -> str:
    return committed_id(role, "SecurityRole", "A security role")


def _project_id(project: Entity | str) -> str:
    return committed_id(project, "Project", "A security role")
