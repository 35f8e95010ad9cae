"""The security roles of users, and the projects to which they apply."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def user(session: Session, production: Production) -> Any:
    user = session.create("User", username=f"member of {production.name}", is_active=True)
    session.commit()
    return user


@pytest.fixture
def roles(session: Session, production: Production) -> list[Any]:
    roles = [session.create("SecurityRole", name=f"role {n} of {production.name}") for n in range(2)]
    session.commit()
    return roles


def roles_of(user: Any) -> list[str]:
    return sorted(each.security_role_id for each in user.user_security_roles)


def test_roles_are_given_replaced_and_taken(session: Session, other: Session, user: Any, roles: list[Any]) -> None:
    assert roles_of(user) == []
    with requests_made(session) as made:
        user.add_security_role(roles[0])
    assert made == 1
    assert roles_of(user) == [roles[0].id]
    (row,) = user.user_security_roles
    assert row.security_role is roles[0]
    user.update_security_role(roles[0], roles[1].id)
    assert roles_of(user) == [roles[1].id] == roles_of(existing(other.get("User", user.id)))
    user.remove_security_role(roles[1])
    assert roles_of(user) == []


def test_a_role_applies_to_the_projects_that_are_granted(
    session: Session, user: Any, roles: list[Any], production: Production
) -> None:
    project = existing(session.get("Project", production.project))
    second = session.create("Project", name="p2", full_name="P2", project_schema=project.project_schema)
    session.commit()

    def projects() -> set[str]:
        (role,) = user.user_security_roles
        return {each.project_id for each in role.user_security_role_projects}

    with requests_made(session) as made:
        user.add_security_role(roles[0], projects=[project])
    assert made == 1
    assert projects() == {project.id}
    user.grant_security_role(roles[0], second.id)
    assert projects() == {project.id, second.id}
    user.revoke_security_role(roles[0], project, second)
    assert projects() == set()
    user.grant_security_role(roles[0])  # to no project: nothing to do


def test_other_entities_are_refused_before_a_request(session: Session, user: Any, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    with requests_made(session) as made:
        with pytest.raises(errors.InvalidValue, match="A security role needs a SecurityRole, not <Task"):
            user.add_security_role(task)
        with pytest.raises(errors.InvalidValue, match="A security role needs a Project, not <Task"):
            user.grant_security_role("role", task)
    assert made == 0
