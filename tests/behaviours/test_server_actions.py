"""Actions of the server that are no edits: invitations, widgets, resets, jobs of the server, upload metadata."""

from __future__ import annotations

import datetime
import urllib.request
import uuid
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.behaviours.server_actions import ServerActions, committed_id
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def user(session: Session, production: Production) -> Any:
    user = session.create("User", username=f"guest of {production.name}", email="guest@studio.test")
    session.commit()
    return user


@pytest.fixture
def invitee(session: Session, production: Production) -> Any:
    now = datetime.datetime.now(datetime.timezone.utc)
    review = session.create(
        "ReviewSession", name="dailies", project_id=production.project, start_date=now, end_date=now
    )
    invitee = session.create("ReviewSessionInvitee", name="Jane", email="jane@client.test", review_session=review)
    session.commit()
    return invitee


def test_users_are_invited_with_one_request(session: Session, user: Any) -> None:
    with requests_made(session) as made:
        session.send_user_invites([user, user.id])
        session.send_user_invites([])
    assert made == 1
    session.send_user_invite(user)


def test_invitees_of_a_review_session_are_invited_with_one_request(session: Session, invitee: Any) -> None:
    with requests_made(session) as made:
        session.send_review_session_invites([invitee])
    assert made == 1
    session.send_review_session_invite(invitee.id)


def test_other_and_uncommitted_entities_are_refused_before_a_request(session: Session, user: Any) -> None:
    new = session.create("User", username="new")
    with requests_made(session) as made:
        with pytest.raises(errors.InvalidValue, match="An invitation needs a ReviewSessionInvitee, not <User"):
            session.send_review_session_invite(user)
        with pytest.raises(errors.UsageError, match="commit <User 'new'"):
            session.send_user_invites([user, new])
    assert made == 0
    session.rollback()
    with pytest.raises(errors.InvalidValue, match="An invitation needs a User, not None"):
        session.send_user_invites([None])  # type: ignore[list-item]


def test_an_id_is_taken_as_it_is() -> None:
    assert committed_id("abc", "User", "An invitation") == "abc"


def test_the_url_of_a_widget_answers(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    for url in (session.get_widget_url("tasks"), session.get_widget_url("info", task, theme="light")):
        with urllib.request.urlopen(url, timeout=10) as response:
            assert response.status == 200


def test_resetting_returns_the_answer_of_the_server(session: Session, user: Any) -> None:
    first, second = (session.reset_remote("api_key", user)["api_key"] for _ in range(2))
    assert first != second
    with pytest.raises(errors.ServerError):
        session.reset_remote("nothing", user)


def test_a_job_of_the_server_is_an_entity(session: Session) -> None:
    with requests_made(session) as made:
        job = session.delayed_job("SYNC_USERS_LDAP")
    assert made == 1
    assert job.__entity_type__ == "Job"
    assert job.status in ("queued", "running", "done")
    assert session.get("Job", job.id) is job


def test_upload_metadata_is_returned_as_the_server_sends_it(session: Session) -> None:
    component_id = str(uuid.uuid4())
    single = session.get_upload_metadata(component_id, "plate.exr", 12, checksum="kAFQmDzST7DWlj99KOF/cg==")
    assert single["component_id"] == component_id
    assert single["url"].startswith(session.server_url)
    parts = session.get_upload_metadata(component_id, "plate.exr", 40_000_000, parts=5)
    assert [each["part_number"] for each in parts["urls"]] == [1, 2, 3, 4, 5]


class Replies:
    """Services whose server sends one reply to everything."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def call(self, operations: Any) -> list[Any]:
        return [self.reply for _ in operations]


@pytest.mark.parametrize("reply", [None, [], {}, {"data": None}, {"data": {"id": 3}}])
def test_a_reply_of_another_shape_is_an_error_that_names_the_action(reply: Any) -> None:
    actions = ServerActions(Replies(reply))  # type: ignore[arg-type]  # has the methods that are needed
    with pytest.raises(errors.ProtocolError, match="get_widget_url"):
        actions.get_widget_url("tasks", None, None)
    with pytest.raises(errors.ProtocolError, match=r"delayed_job|started a job"):
        actions.delayed_job("X", None)
    if not isinstance(reply, dict):
        with pytest.raises(errors.ProtocolError, match="as upload metadata"):
            actions.get_upload_metadata("c")


def test_the_key_of_a_reset_is_not_in_the_log(
    session: Session, user: Any, caplog: pytest.LogCaptureFixture, box: Sandbox
) -> None:
    with caplog.at_level("DEBUG"):
        key = user.reset_api_key()
    assert key not in caplog.text
    assert box.api_key not in caplog.text
