"""Edge: the actions of the embedded server that give users security roles and take them away.

A role of a user is a `UserSecurityRole`. It holds on all open projects, or on those of its `UserSecurityRoleProject`
rows. What real servers reply is not known; here it is the `UserSecurityRole` as the reply to an update holds it, and
True for a removal. The embedded server stores roles and lets every user do everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import server_errors
from .raw_action import text_argument
from .writing import mutation

if TYPE_CHECKING:
    from .raw_action import RawAction
    from .writing.store import Row, Store

_USER_ROLE, _ROLE_PROJECT = "UserSecurityRole", "UserSecurityRoleProject"
_ALL_OPEN_PROJECTS = "is_all_open_projects"


def _add(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    user, role = _user_and_role(store, body)
    _check_unassigned(store, user, role)
    data = {"user_id": user["id"], "security_role_id": role["id"], _ALL_OPEN_PROJECTS: False}
    return {"action": body["action"], "data": mutation.create(store, _USER_ROLE, data)}


def _remove(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    mutation.delete(store, [(_USER_ROLE, (_assigned(store, *_user_and_role(store, body))["id"],))])
    return {"action": body["action"], "data": True}


def _update(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Replace a role by another, on the same projects."""
    user, role = _user_and_role(store, body)
    assigned = _assigned(store, user, role)
    new_role = store.get("SecurityRole", (text_argument(body, "new_role_id"),))
    if new_role["id"] != role["id"]:
        _check_unassigned(store, user, new_role)
    return _changed(store, body, assigned, {"security_role_id": new_role["id"]})


def _grant_project(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Let a role hold on a project, or on all open ones. Granting it again changes nothing."""
    assigned = _assigned(store, *_user_and_role(store, body))
    if body.get("all_open_projects"):
        return _changed(store, body, assigned, {_ALL_OPEN_PROJECTS: True})
    project = store.get("Project", (text_argument(body, "project_id"),))
    if not _on_project(store, assigned, project):
        mutation.create(store, _ROLE_PROJECT, {"user_security_role_id": assigned["id"], "project_id": project["id"]})
    return _changed(store, body, assigned, {})


def _revoke_project(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Let a role hold on a project no longer, or not on all open ones; it keeps those that were granted one by one."""
    assigned = _assigned(store, *_user_and_role(store, body))
    if body.get("all_open_projects"):
        return _changed(store, body, assigned, {_ALL_OPEN_PROJECTS: False})
    project = store.get("Project", (text_argument(body, "project_id"),))
    granted = _on_project(store, assigned, project)
    if not granted:
        raise server_errors.validation_error(
            f"The role {body['role_id']!r} of the user {body['user_id']!r} was not granted on the project "
            f"{project['id']!r}."
        )
    mutation.delete(store, [(_ROLE_PROJECT, (row["id"],)) for row in granted])
    return _changed(store, body, assigned, {})


def _user_and_role(store: Store, body: Mapping[str, Any]) -> tuple[Row, Row]:
    user = store.get("User", (text_argument(body, "user_id"),))
    return user, store.get("SecurityRole", (text_argument(body, "role_id"),))


def _assignments(store: Store, user: Row, role: Row) -> list[Row]:
    return store.rows(_USER_ROLE, user_id=user["id"], security_role_id=role["id"])


def _assigned(store: Store, user: Row, role: Row) -> Row:
    assignments = _assignments(store, user, role)
    if not assignments:
        raise server_errors.validation_error(f"The user {user['username']!r} does not have the role {role['name']!r}.")
    return assignments[0]


def _check_unassigned(store: Store, user: Row, role: Row) -> None:
    if _assignments(store, user, role):
        raise server_errors.duplicate_entry(
            _USER_ROLE, ("user_id", "security_role_id"), (user["id"], role["id"]), names_error=False
        )


def _on_project(store: Store, assigned: Row, project: Row) -> list[Row]:
    return store.rows(_ROLE_PROJECT, user_security_role_id=assigned["id"], project_id=project["id"])


def _changed(store: Store, body: Mapping[str, Any], assigned: Row, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"action": body["action"], "data": mutation.update(store, _USER_ROLE, (assigned["id"],), data)}


#: Action -> the function that executes it.
ACTIONS: Mapping[str, RawAction] = {
    "add_user_security_role": _add,
    "grant_user_security_role_project": _grant_project,
    "remove_user_security_role": _remove,
    "revoke_user_security_role_project": _revoke_project,
    "update_user_security_role": _update,
}
