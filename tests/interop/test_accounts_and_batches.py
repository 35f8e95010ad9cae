"""The official Python client, unchanged: accounts, notes, timers, and the order of operations in a batch."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from typing import Any

import ftrack_api
import pytest
import requests

from ftrack_orm.sandbox import Sandbox
from tests.fakes.official_client import official_session

OpenSession = Callable[..., Any]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(seed="empty") as box:
        yield box


@pytest.fixture
def open_session(box: Sandbox) -> Iterator[OpenSession]:
    """Open sessions of the official client, each with a cache of its own, and close them at the end."""
    opened: list[Any] = []

    def open_session(api_user: str = box.api_user, api_key: str = box.api_key) -> Any:
        session = official_session(box, api_user=api_user, api_key=api_key)
        opened.append(session)
        return session

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: OpenSession) -> Any:
    return open_session()


@pytest.fixture
def user(session: Any, box: Sandbox) -> Any:
    return session.query(f'User where username is "{box.api_user}"').one()


@pytest.fixture
def new_user(session: Any) -> Iterator[Any]:
    user = session.create("User", {"username": "ada", "email": "ada@studio.test", "is_active": True})
    session.commit()
    yield user
    session.delete(user)
    session.commit()


@pytest.fixture
def project(session: Any) -> Iterator[Any]:
    schema = session.query("ProjectSchema").first()
    project = session.create("Project", {"name": "film", "full_name": "A Film", "project_schema": schema})
    session.commit()
    yield project
    session.rollback()
    session.delete(project)
    session.commit()


@pytest.fixture
def task(session: Any, project: Any) -> Any:
    task = session.create("Task", {"name": "comp", "parent": project})
    session.commit()
    return task


# -- accounts -----------------------------------------------------------------------------------------------------


def test_users_are_invited(box: Sandbox, session: Any, new_user: Any) -> None:
    new_user.send_invite()
    session.send_user_invites([new_user])
    assert [each.email for each in box.invitations] == ["ada@studio.test"] * 2
    assert {(each.action, each.recipient_id) for each in box.invitations} == {("send_user_invite", new_user["id"])}
    box.invitations.clear()


def test_invitees_of_a_review_session_are_invited(
    box: Sandbox, open_session: OpenSession, session: Any, project: Any
) -> None:
    review = session.create("ReviewSession", {"name": "dailies", "description": "", "project": project})
    invitee = session.create(
        "ReviewSessionInvitee", {"name": "Jo", "email": "jo@client.test", "review_session": review}
    )
    session.commit()
    session.send_review_session_invite(invitee)
    (invitation,) = box.invitations
    assert (invitation.email, invitation.review_session_id) == ("jo@client.test", review["id"])
    assert open_session().get("ReviewSessionInvitee", invitee["id"])["last_sent_at"] is not None
    box.invitations.clear()


def test_a_new_key_opens_a_session_until_the_next_one(open_session: OpenSession, new_user: Any) -> None:
    first, second = new_user.reset_api_key(), new_user.reset_api_key()
    assert open_session("ada", second).query("User where username is ada").one()["id"] == new_user["id"]
    with pytest.raises(ftrack_api.exception.ServerError, match="InvalidCredentialsError"):
        open_session("ada", first)


@pytest.mark.parametrize("reset_type", ["password", "api_keys"])
def test_other_things_are_not_reset(session: Any, new_user: Any, reset_type: str) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="ValidationError"):
        session.reset_remote(reset_type, entity=new_user)


def test_the_address_of_a_widget_answers(session: Any, task: Any) -> None:
    url = session.get_widget_url("info", entity=task, theme="light")
    response = requests.get(url, timeout=10)
    assert (response.status_code, task["id"] in response.text) == (200, True)
    assert requests.get(session.get_widget_url("tasks"), timeout=10).status_code == 200
    assert requests.get(url.replace(task["id"], "other"), timeout=10).status_code == 403
    with pytest.raises(ftrack_api.exception.ServerError, match="no widget 'clock'"):
        session.get_widget_url("clock")


def test_security_roles_of_a_user(open_session: OpenSession, session: Any, new_user: Any, project: Any) -> None:
    manager, artist = (
        session.query(f'SecurityRole where name is "{name}"').one() for name in ("Project Manager", "User")
    )
    acting = {"user_id": new_user["id"], "role_id": manager["id"]}
    session.call([{"action": "add_user_security_role", **acting}])
    session.call([{"action": "grant_user_security_role_project", "project_id": project["id"], **acting}])
    session.call([{"action": "grant_user_security_role_project", "all_open_projects": True, **acting}])
    session.call([{"action": "update_user_security_role", "new_role_id": artist["id"], **acting}])
    (role,) = open_session().get("User", new_user["id"])["user_security_roles"]
    assert (role["security_role"]["name"], role["is_all_open_projects"]) == ("User", True)
    assert [each["project"]["name"] for each in role["user_security_role_projects"]] == ["film"]
    acting["role_id"] = artist["id"]
    session.call([{"action": "revoke_user_security_role_project", "project_id": project["id"], **acting}])
    session.call([{"action": "revoke_user_security_role_project", "all_open_projects": True, **acting}])
    (role,) = open_session().get("User", new_user["id"])["user_security_roles"]
    assert (role["is_all_open_projects"], list(role["user_security_role_projects"])) == (False, [])
    session.call([{"action": "remove_user_security_role", **acting}])
    assert list(open_session().get("User", new_user["id"])["user_security_roles"]) == []


def test_a_delayed_job_is_an_entity(session: Any) -> None:
    (reply,) = session.call([{"action": "delayed_job", "job_type": "SYNC_USERS_LDAP", "data": {"dry": True}}])
    job = session.get("Job", reply["data"]["id"])
    assert (job["status"], json.loads(job["data"])) == ("queued", {"dry": True})
    session.delete(job)
    session.commit()


def test_users_need_no_name(open_session: OpenSession, session: Any) -> None:
    created = [session.create("User", {}) for _ in range(2)]
    session.commit()
    stored = [open_session().get("User", user["id"]) for user in created]
    assert [user["username"] for user in stored] == [None, None]
    for user in created:
        session.delete(user)
    session.commit()


# -- timers -------------------------------------------------------------------------------------------------------


def test_one_timer_runs_and_force_replaces_it(session: Any, task: Any, user: Any) -> None:
    user.start_timer(task)
    with pytest.raises(ftrack_api.exception.NotUniqueError):
        user.start_timer(task)
    session.rollback()
    second = user.start_timer(task, force=True, comment="again")
    assert [timer["id"] for timer in session.query("Timer")] == [second["id"]]
    assert user.stop_timer()["comment"] == "again"
    assert session.query("Timer").all() == []
    assert len(session.query("Timelog").all()) == 2


# -- order in batches -----------------------------------------------------------------------------------------------


def test_a_required_value_may_come_after_another_create(open_session: OpenSession, session: Any) -> None:
    session.create("Scope", {})
    unnamed = session.create("Scope", {})
    named = session.create("Scope", {"name": "second"})
    first = session.query("Scope").first()
    session.rollback()
    # The client sends operations in the order in which they were recorded.
    unnamed = session.create("Scope", {})
    named = session.create("Scope", {"name": "second"})
    unnamed["name"] = "first"
    session.commit()
    stored = {scope["id"]: scope["name"] for scope in open_session().query("select name from Scope")}
    assert (stored[unnamed["id"]], stored[named["id"]]) == ("first", "second")
    assert first["id"] in stored
    for scope in (unnamed, named):
        session.delete(scope)
    session.commit()


def test_a_value_that_never_comes_is_refused(session: Any) -> None:
    session.create("Scope", {})
    session.create("Scope", {"name": "second"})
    with pytest.raises(ftrack_api.exception.ServerError, match="Column 'name' cannot be null: a Scope"):
        session.commit()
    session.rollback()


def test_a_parent_may_come_after_another_create(open_session: OpenSession, session: Any, project: Any) -> None:
    orphan = session.create("Task", {"name": "late"})
    session.create("Task", {"name": "other", "parent": project})
    orphan["parent"] = project
    session.commit()
    stored = open_session().get("Task", orphan["id"])
    assert (stored["project"]["name"], stored["link"][0]["name"]) == ("film", "film")
    assert stored["status"]["state"]["short"] == "NOT_STARTED"


def test_new_entities_may_be_put_into_a_collection(
    open_session: OpenSession, session: Any, project: Any, task: Any
) -> None:
    # The client creates them without an owner and sends the collection afterwards.
    shot = session.create("Shot", {"name": "sh010"})
    shot["children"].append(session.create("Task", {"name": "comp"}))
    project["children"].append(shot)
    asset = session.create("Asset", {"name": "plate", "type": session.query("AssetType").first(), "parent": shot})
    asset["versions"].append(session.create("AssetVersion", {"comment": "first"}))
    session.commit()
    other = open_session()
    stored = other.query('Task where parent.name is "sh010"').one()
    assert [step["name"] for step in stored["link"]] == ["film", "sh010", "comp"]
    assert stored["status"]["state"]["short"] == "NOT_STARTED"
    version = other.query("AssetVersion").one()
    assert (version["version"], version["asset"]["name"], version["status"] is not None) == (1, "plate", True)


def test_a_plain_component_is_created_changed_queried_and_deleted(open_session: OpenSession, session: Any) -> None:
    component = session.create("Component", {"name": "plain"})
    session.commit()
    component["name"] = "renamed"
    session.commit()
    other = open_session()
    stored = other.query("Component where name is renamed").one()
    assert (stored.entity_type, stored["id"]) == ("Component", component["id"])
    other.delete(stored)
    other.commit()
    assert open_session().query("Component").all() == []


# -- notes --------------------------------------------------------------------------------------------------------


def test_labels_are_the_category_and_the_caller_becomes_a_recipient(
    open_session: OpenSession, session: Any, task: Any, user: Any, new_user: Any
) -> None:
    label = session.query("NoteLabel").first()
    note = task.create_note("look", author=new_user, recipients=[new_user], labels=[label])
    session.commit()
    stored = open_session().get("Note", note["id"])
    assert stored["category"]["id"] == label["id"]
    assert {each["resource_id"] for each in stored["recipients"]} == {user["id"], new_user["id"]}
    reply = stored.create_reply("seen", author=new_user)
    stored.session.commit()
    stored = open_session().get("Note", reply["id"])
    assert (stored["in_reply_to"]["id"], list(stored["recipients"])) == (note["id"], [])
    session.delete(session.query("Note where in_reply_to_id is_not none").one())
    session.delete(note)
    session.commit()


# -- values -------------------------------------------------------------------------------------------------------


def test_a_create_echoes_the_fraction_of_a_second_and_whole_seconds_are_stored(
    open_session: OpenSession, session: Any, task: Any
) -> None:
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 678000)
    timelog = session.create("Timelog", {"context_id": task["id"], "start": moment, "duration": 60})
    session.commit()
    assert timelog["start"].microsecond == 678000
    stored = open_session().get("Timelog", timelog["id"])
    assert (stored["start"].second, stored["start"].microsecond) == (5, 0)


def test_a_datetime_in_a_text_is_stored_as_text(open_session: OpenSession, session: Any, task: Any) -> None:
    sent = {"__type__": "datetime", "value": "2024-01-02T00:00:00.000Z"}
    key = {"parent_id": task["id"], "parent_type": "Task", "key": "date"}
    operations = [
        {"action": "update", "entity_type": "Task", "entity_key": [task["id"]], "entity_data": {"description": sent}},
        {"action": "create", "entity_type": "Metadata", "entity_data": {**key, "value": sent}},
    ]
    session.call(operations)
    stored = open_session().get("Task", task["id"])
    assert (stored["description"], dict(stored["metadata"])) == (sent["value"], {"date": sent["value"]})


def test_a_search_may_name_no_context(session: Any, project: Any, task: Any) -> None:
    operation = {
        "action": "search",
        "expression": "select name\nfrom TypedContext\norder by name desc limit 5",
        "entity_type": "TypedContext",
        "terms": [""],
        "context_id": "",
    }
    (reply,) = session.call([operation])
    assert task["id"] in [entity["id"] for entity in reply["data"]]
