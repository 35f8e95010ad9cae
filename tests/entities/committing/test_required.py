"""A commit whose entities lack required values is refused before anything is sent."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


def refused(session: Session) -> errors.RequiredValueMissing:
    with requests_made(session) as made, pytest.raises(errors.RequiredValueMissing) as raised:
        session.commit()
    assert made == 0
    return raised.value


def test_a_missing_value_is_named_with_its_entity_and_nothing_is_sent(session: Session) -> None:
    scope = session.create("Scope")
    error = refused(session)
    assert (error.entity, error.entity_type, error.attribute) == (scope, "Scope", "name")
    assert error.failures == ((scope.__reference__(), "Scope needs a value for name."),)
    assert repr(scope) in str(error)
    assert scope in session.created


def test_the_commit_succeeds_once_the_value_is_set(session: Session, production: Production) -> None:
    task = session.create("Task", name="late")
    error = refused(session)
    assert "parent or parent_id or project or project_id" in str(error)
    assert error.attribute == "parent_id"
    task.parent = existing(session.get("Shot", production.shots[0]))
    assert session.commit() == 1


def test_all_missing_values_are_reported_together(session: Session) -> None:
    session.create("Scope")
    session.create("AssetVersion")
    session.create("ReviewSessionInvitee", name="Jane")
    error = refused(session)
    assert [reason for _, reason in error.failures] == [
        "Scope needs a value for name.",
        "AssetVersion needs a value for asset or asset_id.",
        "ReviewSessionInvitee needs a value for email.",
        "ReviewSessionInvitee needs a value for review_session or review_session_id.",
    ]


def test_a_value_that_a_collection_gives_counts(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="by the parent")
    shot.children.append(task)
    assert session.commit() == 1


def test_none_is_no_value(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    session.create("Appointment", context=shot, resource=None, type="assignment")
    assert refused(session).attribute == "resource_id"


def test_a_required_value_of_an_existing_entity_cannot_be_emptied(session: Session, production: Production) -> None:
    scope = session.create("Scope", name=f"scope of {production.name}")
    session.commit()
    scope.name = None
    assert refused(session).entity is scope
    scope.name = "again"
    session.delete(scope)
    session.commit()


def test_an_entity_that_was_deleted_again_needs_nothing(session: Session) -> None:
    session.delete(session.create("Scope"))
    assert session.commit() == 0


def test_a_block_is_rolled_back(session: Session) -> None:
    with pytest.raises(errors.ValidationFailed), session.begin():
        session.create("Scope")
    assert session.commit() == 0


def test_batches_are_not_begun(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    for number in range(4):
        session.create("Task", name=f"batch{number}", parent=shot)
    session.create("Scope")
    with requests_made(session) as made, pytest.raises(errors.RequiredValueMissing):
        session.commit(batch_size=2)
    assert made == 0


def test_ensure_is_refused_and_changes_nothing(session: Session) -> None:
    with pytest.raises(errors.RequiredValueMissing):
        session.ensure("ReviewSessionInvitee", {"name": "a new invitee", "email": "a@example.com"})
    assert session.commit() == 0
