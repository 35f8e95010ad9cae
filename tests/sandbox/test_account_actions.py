"""Invitations, personal API keys and jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftrack_orm.sandbox.invitations import Invitation
from tests.sandbox.studio import Studio


@pytest.fixture
def invitations(production: Studio) -> list[Invitation]:
    """The invitations that the requests of a test send."""
    sent: list[Invitation] = []
    production.application.on_invitation(sent.append)
    return sent


@pytest.fixture
def invitee(production: Studio) -> str:
    session = production.create("ReviewSession", id="R", name="dailies", project_id="P")
    data = {"name": "Ada", "email": "ada@studio.test", "review_session_id": session["id"]}
    return str(production.create("ReviewSessionInvitee", **data)["id"])


def test_an_invited_user_is_recorded(production: Studio, invitations: list[Invitation]) -> None:
    production.update("User", production.user_id, email="jane@studio.test")
    (reply,) = production.call({"action": "send_user_invite", "user_id": production.user_id})
    assert reply == {"sent": True}
    (invitation,) = invitations
    assert (invitation.action, invitation.recipient_id) == ("send_user_invite", production.user_id)
    assert (invitation.email, invitation.review_session_id) == ("jane@studio.test", None)
    assert (invitation.sent_by, invitation.sent_at) == (production.user_id, production.moment)


def test_an_invitee_is_recorded_with_the_review_session_and_the_time(
    production: Studio, invitations: list[Invitation], invitee: str
) -> None:
    operation = {"action": "send_review_session_invite", "review_session_invitee_id": invitee}
    assert production.call(operation, operation) == [{"sent": True}, {"sent": True}]
    assert [(each.email, each.review_session_id) for each in invitations] == [("ada@studio.test", "R")] * 2
    (stored,) = production.rows("ReviewSessionInvitee")
    assert stored["last_sent_at"] == "2024-05-01T12:00:00"


def test_a_refused_request_sends_no_invitation(production: Studio, invitations: list[Invitation]) -> None:
    inviting = {"action": "send_user_invite", "user_id": production.user_id}
    name, text = production.refused(inviting, {"action": "send_user_invite", "user_id": "nobody"})
    assert (name, "nobody" in text) == ("ValueError", True)
    assert invitations == []


def resetting(**more: Any) -> dict[str, Any]:
    return {
        "action": "reset_remote", "reset_type": "api_key", "entity_type": "User", "entity_key": Studio.user_id, **more
    }  # fmt: skip


def test_a_reset_replaces_the_personal_key(production: Studio) -> None:
    first, second = (production.call(resetting())[0]["data"]["api_key"] for _ in range(2))
    assert first != second
    assert production.application.check_credentials({"ftrack-user": "jane", "ftrack-api-key": second}) is None
    assert production.application.check_credentials({"ftrack-user": "jane", "ftrack-api-key": first}) is not None
    # A key that was granted is no personal key: the client that has reset its own key can go on with it.
    production.query("Task")


def test_a_key_is_personal(production: Studio) -> None:
    joe = production.create("User", username="joe")["id"]
    (reply,) = production.call(resetting(entity_key=joe))
    assert reply["action"] == "reset_remote"
    key = reply["data"]["api_key"]
    assert production.application.check_credentials({"ftrack-user": "joe", "ftrack-api-key": key}) is None
    assert production.application.check_credentials({"ftrack-user": "jane", "ftrack-api-key": key}) is not None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reset_type": "password"}, "ValidationError"),
        ({"reset_type": None}, "ValidationError"),
        ({"entity_type": "Task", "entity_key": "T1"}, "ValidationError"),
        ({"entity_key": [Studio.user_id]}, "ValidationError"),
        ({"entity_key": "nobody"}, "ValueError"),
    ],
)
def test_nothing_else_is_reset(production: Studio, changes: dict[str, Any], error: str) -> None:
    name, text = production.refused(resetting(**changes))
    assert name == error
    assert any(str(value) in text for value in changes.values())


def test_a_delayed_job_is_a_queued_job_of_the_user(production: Studio) -> None:
    (reply,) = production.call({"action": "delayed_job", "job_type": "SYNC_USERS_LDAP", "data": {"context_id": "P"}})
    assert reply["action"] == "delayed_job"
    assert reply["data"]["__entity_type__"] == "Job"
    (job,) = production.query("select type, status, data, user_id from Job")
    assert job["id"] == reply["data"]["id"]
    assert (job["type"], job["status"], job["user_id"]) == ("SYNC_USERS_LDAP", "queued", production.user_id)
    assert json.loads(job["data"]) == {"context_id": "P"}


@pytest.mark.parametrize("job_type", [None, "", 3, ["x"]])
def test_a_delayed_job_needs_a_type(production: Studio, job_type: Any) -> None:
    name, text = production.refused({"action": "delayed_job", "job_type": job_type})
    assert (name, "'job_type'" in text) == ("ValidationError", True)
