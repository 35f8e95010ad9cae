"""Security roles of users, added, changed, granted on projects and taken away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.studio import Studio


@pytest.fixture
def roles(production: Studio) -> Studio:
    """The production, with the roles "manager" and "artist"."""
    production.create("SecurityRole", id="manager", name="Project Manager")
    production.create("SecurityRole", id="artist", name="Artist")
    return production


def acting(action: str, role_id: str = "manager", **more: Any) -> dict[str, Any]:
    return {"action": f"{action}_user_security_role{more.pop('suffix', '')}", "user_id": Studio.user_id,
            "role_id": role_id, **more}  # fmt: skip


def assigned(studio: Studio) -> list[tuple[str, bool, list[str]]]:
    """Return the roles of the user: id, whether it holds on all open projects, and the projects it was granted on."""
    rows = studio.query(
        "select security_role_id, is_all_open_projects, user_security_role_projects.project_id from UserSecurityRole "
        f'where user_id is "{studio.user_id}" order by security_role_id'
    )
    return [
        (
            row["security_role_id"],
            row["is_all_open_projects"],
            [granted["project_id"] for granted in row["user_security_role_projects"]],
        )
        for row in rows
    ]


def test_a_role_is_added_and_removed(roles: Studio) -> None:
    (reply,) = roles.call(acting("add"))
    assert (reply["action"], reply["data"]["__entity_type__"]) == ("add_user_security_role", "UserSecurityRole")
    assert assigned(roles) == [("manager", False, [])]
    assert roles.call(acting("remove")) == [{"action": "remove_user_security_role", "data": True}]
    assert assigned(roles) == []


def test_a_role_is_replaced_on_the_same_projects(roles: Studio) -> None:
    roles.call(acting("add"), acting("grant", suffix="_project", project_id="P"))
    roles.call(acting("update", new_role_id="artist"))
    assert assigned(roles) == [("artist", False, ["P"])]


def test_a_role_is_granted_on_a_project_and_revoked(roles: Studio) -> None:
    granting = acting("grant", suffix="_project", project_id="P")
    roles.call(acting("add"), granting, granting)
    assert assigned(roles) == [("manager", False, ["P"])]
    roles.call(acting("revoke", suffix="_project", project_id="P"))
    assert assigned(roles) == [("manager", False, [])]


def test_a_role_is_granted_on_all_open_projects_and_revoked(roles: Studio) -> None:
    roles.call(acting("add"), acting("grant", suffix="_project", project_id="P"))
    roles.call(acting("grant", suffix="_project", all_open_projects=True))
    assert assigned(roles) == [("manager", True, ["P"])]
    roles.call(acting("revoke", suffix="_project", all_open_projects=True))
    assert assigned(roles) == [("manager", False, ["P"])]


@pytest.mark.parametrize(
    ("operation", "error", "named"),
    [
        (acting("add"), "IntegrityError", "Duplicate entry"),
        (acting("update", new_role_id="manager", role_id="artist"), "ValidationError", "'Artist'"),
        (acting("update"), "ValidationError", "'new_role_id'"),
        (acting("update", new_role_id="nothing"), "ValueError", "nothing"),
        (acting("remove", role_id="artist"), "ValidationError", "'Artist'"),
        (acting("add", role_id="nothing"), "ValueError", "nothing"),
        (acting("add") | {"user_id": "nobody"}, "ValueError", "nobody"),
        (acting("grant", suffix="_project"), "ValidationError", "'project_id'"),
        (acting("grant", suffix="_project", project_id="nowhere"), "ValueError", "nowhere"),
        (acting("revoke", suffix="_project", project_id="P"), "ValidationError", "'P'"),
    ],
)
def test_mistakes_are_refused_by_name(roles: Studio, operation: dict[str, Any], error: str, named: str) -> None:
    roles.call(acting("add"))
    name, text = roles.refused(operation)
    assert (name, named in text) == (error, True)
    assert assigned(roles) == [("manager", False, [])]
