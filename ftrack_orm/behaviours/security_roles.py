"""State: the security roles of users, which actions of the server change at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ftrack_orm.values import ChangeNotice

from .server_actions import committed_id
from .services import services_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ftrack_orm.entities.entity import Entity

#: The rows that give a user a role, and those of the projects in which a role applies.
_ROWS: Final = ("UserSecurityRole", "UserSecurityRoleProject")
#: The collections of these rows, in entities of several types.
_COLLECTIONS: Final = frozenset({"user_security_roles", "user_security_role_projects"})


class SecurityRoles:
    """Changes the security roles of *user*, see `accounts.Account`. Roles and projects are entities or ids."""

    def __init__(self, user: Entity) -> None:
        self._user = user

    def add(self, role: Entity | str, projects: Iterable[Entity | str]) -> None:
        """Give the user *role* for *projects*."""
        self._call([("add_user_security_role", {}), *_for_projects("grant_user_security_role_project", projects)], role)

    def replace(self, role: Entity | str, new_role: Entity | str) -> None:
        """Replace *role* by *new_role*."""
        self._call([("update_user_security_role", {"new_role_id": _role_id(new_role)})], role)

    def remove(self, role: Entity | str) -> None:
        """Take *role* from the user."""
        self._call([("remove_user_security_role", {})], role)

    def grant(self, role: Entity | str, projects: Iterable[Entity | str]) -> None:
        """Let *role* apply to *projects* too."""
        self._call(_for_projects("grant_user_security_role_project", projects), role)

    def revoke(self, role: Entity | str, projects: Iterable[Entity | str]) -> None:
        """Let *role* no longer apply to *projects*."""
        self._call(_for_projects("revoke_user_security_role_project", projects), role)

    def _call(self, actions: list[tuple[str, dict[str, str]]], role: Entity | str) -> None:
        """Carry out *actions* in one request, and have the values read again that they may affect."""
        if not actions:
            return
        services, user_id = services_of(self._user), committed_id(self._user, "User", "A security role")
        shared = {"user_id": user_id, "role_id": _role_id(role)}
        services.call([{"action": action, **shared, **more} for action, more in actions])
        # Which rows the server has written is not known.
        notices = [ChangeNotice(family=None, key=(), names=_COLLECTIONS)]
        notices += [ChangeNotice(family=family, key=(), names=None) for family in _ROWS]
        services.workspace.expiry.apply(notices)


def _for_projects(action: str, projects: Iterable[Entity | str]) -> list[tuple[str, dict[str, str]]]:
    return [(action, {"project_id": committed_id(each, "Project", "A security role")}) for each in projects]


def _role_id(role: Entity | str) -> str:
    return committed_id(role, "SecurityRole", "A security role")
