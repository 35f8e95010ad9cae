"""The official Python client, unchanged, works with the embedded server.

The sandbox shares the wire format with this library, so an error in it would not show between the two. The official
client is independent of both.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from typing import Any

import ftrack_api
import pytest

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

    def open_session(**more: Any) -> Any:
        session = official_session(box, **{"strict_api": True, **more})
        opened.append(session)
        return session

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: OpenSession) -> Any:
    return open_session()


@pytest.fixture
def project(session: Any) -> Iterator[Any]:
    """A project with two sequences of two shots with two tasks each, created in one commit and deleted at the end."""
    schema = session.query('ProjectSchema where name is "VFX"').first() or session.query("ProjectSchema").first()
    types = schema.get_types("Task")
    project = session.create("Project", {"name": "film", "full_name": "A Film", "project_schema": schema})
    for sequence_name in ("sq010", "sq020"):
        sequence = session.create("Sequence", {"name": sequence_name, "parent": project})
        for shot_name in ("sh010", "sh020"):
            shot = session.create("Shot", {"name": shot_name, "parent": sequence})
            for task_type in types[:2]:
                session.create("Task", {"name": task_type["name"], "parent": shot, "type": task_type})
    session.commit()
    yield project
    session.rollback()
    session.delete(project)
    session.commit()
    assert session.query("Context").all() == []


@pytest.fixture
def task(session: Any, project: Any) -> Any:
    return session.query("Task where parent.parent.name is sq010 and parent.name is sh010").first()


@pytest.fixture
def user(session: Any, box: Sandbox) -> Any:
    return session.query(f'User where username is "{box.api_user}"').one()


def test_a_session_opens_with_the_whole_schema(session: Any) -> None:
    assert len(session.types) == 116
    assert session.server_information["is_timezone_support_enabled"] is True
    assert {location["name"] for location in session.query("Location")} >= {"ftrack.unmanaged", "ftrack.server"}


@pytest.mark.parametrize("strict", [True, False])
def test_a_wrong_key_is_refused(open_session: OpenSession, strict: bool) -> None:
    with pytest.raises(ftrack_api.exception.ServerError, match="InvalidCredentialsError"):
        open_session(api_key="wrong", strict_api=strict)


def test_a_created_production_is_read_back_by_another_session(open_session: OpenSession, project: Any) -> None:
    other = open_session()
    tasks = other.query('select name, link, type.name, status.name from Task where project.name is "film"').all()
    assert len(tasks) == 8
    assert {task["type"]["name"] == task["name"] for task in tasks} == {True}
    assert {task["status"]["state"]["short"] for task in tasks} == {"NOT_STARTED"}
    task = next(task for task in tasks if task["parent"]["parent"]["name"] == "sq010")
    assert [item["name"] for item in task["link"]][:2] == ["film", "sq010"]
    assert other.get("Context", project["id"])["full_name"] == "A Film"
    assert len(other.get("Project", project["id"])["descendants"]) == 14


def test_results_are_paged(session: Any, project: Any) -> None:
    calls, call = [], session.call

    def record_call(data: Any) -> Any:
        calls.append(data)
        return call(data)

    session.call = record_call
    names = [context["name"] for context in session.query("select name from TypedContext", page_size=7)]
    session.call = call
    assert (len(names), len(calls)) == (14, 2)
    assert session.query("TypedContext").first() is session.query("TypedContext").all()[0]


def test_changes_are_seen_by_another_session(open_session: OpenSession, session: Any, task: Any) -> None:
    status = session.query("Status where state.short is DONE").first()
    task["name"], task["bid"], task["status"] = "renamed", 8 * 3600, status
    task["start_date"] = datetime.datetime(2024, 1, 2, 3, 4)
    task["metadata"]["reviewed"] = "yes"
    task["metadata"]["by"] = "me"
    session.commit()
    del task["metadata"]["by"]
    session.commit()
    stored = open_session().get("Task", task["id"])
    assert (stored["name"], stored["bid"], stored["status"]["id"]) == ("renamed", 8 * 3600, status["id"])
    assert stored["start_date"].isoformat() == "2024-01-02T03:04:00+00:00"
    assert dict(stored["metadata"]) == {"reviewed": "yes"}
    (change,) = stored["status_changes"]
    assert (change["from_status"]["state"]["short"], change["status"]["id"]) == ("NOT_STARTED", status["id"])


def test_assignments(open_session: OpenSession, session: Any, task: Any, user: Any) -> None:
    assignment = session.create("Appointment", {"context": task, "resource": user, "type": "assignment"})
    session.commit()
    other = open_session()
    (assigned,) = other.query(f'Task where assignments any (resource_id is "{user["id"]}")')
    assert assigned["id"] == task["id"]
    assert [each["resource"]["username"] for each in assigned["assignments"]] == [user["username"]]
    session.delete(assignment)
    session.commit()
    assert open_session().query("Appointment").all() == []


def test_attributes_of_subtypes_can_be_used_through_their_base(session: Any, task: Any, user: Any) -> None:
    # As in the official documentation and many clients: a resource has no user name, a context no object type.
    session.create("Appointment", {"context": task, "resource": user, "type": "assignment"})
    session.commit()
    (assigned,) = session.query(
        "select assignments.resource.username from Task where "
        f'assignments any (resource.username = "{user["username"]}") and parent.object_type.name is "Shot"'
    )
    assert assigned["id"] == task["id"]


def test_notes_with_recipients_and_replies(open_session: OpenSession, session: Any, task: Any, user: Any) -> None:
    note = task.create_note("look at this", author=user, recipients=[user])
    session.commit()
    note.create_reply("seen", author=user)
    session.commit()
    stored = open_session().get("Task", task["id"])
    (thread,) = [each for each in stored["notes"] if each["in_reply_to_id"] is None]
    assert (thread["content"], thread["author"]["username"]) == ("look at this", user["username"])
    assert [reply["content"] for reply in thread["replies"]] == ["seen"]
    assert [recipient["resource_id"] for recipient in thread["recipients"]] == [user["id"]]
    assert thread["parent_type"] == "Task"


def test_lists(open_session: OpenSession, session: Any, project: Any, task: Any) -> None:
    category = session.query("ListCategory").first()
    review = session.create("TypedContextList", {"name": "dailies", "project": project, "category": category})
    review["items"].append(task)
    session.commit()
    stored = open_session().query('TypedContextList where name is "dailies"').one()
    assert [item["id"] for item in stored["items"]] == [task["id"]]
    review["items"].remove(task)
    session.commit()
    assert list(open_session().get("Task", task["id"])["lists"]) == []


@pytest.fixture
def first_frame(session: Any) -> Iterator[Any]:
    """A custom attribute of every task, a number with the default 1001."""
    configuration = session.create(
        "CustomAttributeConfiguration",
        {
            "key": "fstart",
            "label": "First frame",
            "type": session.query("CustomAttributeType where name is number").one(),
            "entity_type": "task",
            "object_type": session.query("ObjectType where name is task").one(),
            "default": 1001,
            "config": json.dumps({"isdecimal": False}),
        },
    )
    session.commit()
    yield configuration
    session.rollback()
    session.delete(configuration)
    session.commit()


def test_custom_attributes_have_their_default_until_they_are_set(
    open_session: OpenSession, project: Any, task: Any, first_frame: Any
) -> None:
    assert dict(open_session().get("Task", task["id"])["custom_attributes"]) == {"fstart": 1001}


def test_custom_attributes_are_set_and_found(
    open_session: OpenSession, project: Any, task: Any, first_frame: Any
) -> None:
    writer = open_session()
    writer.get("Task", task["id"])["custom_attributes"]["fstart"] = 1017
    writer.commit()
    found_task = open_session().query('Task where custom_attributes any (key is "fstart" and value is 1017)').one()
    assert found_task["custom_attributes"]["fstart"] == 1017
    found_task["custom_attributes"]["fstart"] = "soon"
    with pytest.raises(ftrack_api.exception.ServerError, match=r'"fstart" must be of type number\. Got "soon"'):
        found_task.session.commit()


def test_versions_and_components(open_session: OpenSession, session: Any, task: Any) -> None:
    asset_type = session.query("AssetType").first()
    asset = session.create("Asset", {"name": "plate", "type": asset_type, "parent": task["parent"]})
    versions = [session.create("AssetVersion", {"asset": asset, "task": task}) for _ in range(2)]
    session.commit()
    assert [version["version"] for version in versions] == [1, 2]
    versions[1]["uses_versions"].append(versions[0])
    versions[1].create_component("/tmp/plate.%04d.exr [1-3]", {"name": "main"}, location=None)
    session.commit()
    stored = open_session().get("AssetVersion", versions[1]["id"])
    (component,) = stored["components"]
    assert (component.entity_type, component["file_type"], component["padding"]) == ("SequenceComponent", ".exr", 4)
    assert sorted(member["name"] for member in component["members"]) == ["0001", "0002", "0003"]
    assert [used["version"] for used in stored["uses_versions"]] == [1]
    assert stored["asset"]["latest_version"]["version"] == 2


def test_a_second_timer_raises_the_error_that_the_client_expects(session: Any, task: Any, user: Any) -> None:
    user.start_timer(task)
    with pytest.raises(ftrack_api.exception.NotUniqueError):
        user.start_timer(task)
    session.rollback()
    assert user.stop_timer()["context"]["id"] == task["id"]


def test_a_failed_commit_changes_nothing(open_session: OpenSession, session: Any, project: Any, task: Any) -> None:
    task["name"] = "renamed"
    session.create("Task", {"name": "orphan"})
    with pytest.raises(ftrack_api.exception.ServerError, match="IntegrityError"):
        session.commit()
    session.rollback()
    assert open_session().query("Task where name is renamed").first() is None


def test_ensure_finds_or_creates(session: Any) -> None:
    first = session.ensure("User", {"username": "ada", "email": "a@b.c"}, identifying_keys=["username"])
    second = session.ensure("User", {"username": "ada", "email": "c@d.e"}, identifying_keys=["username"])
    assert (first["id"], second["email"]) == (second["id"], "c@d.e")
    session.delete(first)
    session.commit()


def test_a_sequence_is_deleted_with_its_shots(open_session: OpenSession, session: Any, project: Any) -> None:
    session.delete(session.query("Sequence where name is sq010").one())
    session.commit()
    assert len(open_session().query("TypedContext").all()) == 7


def test_errors_of_a_query_reach_the_user(session: Any) -> None:
    expression = "select name from Task wher name is x"
    with pytest.raises(ftrack_api.exception.ServerError, match=rf"ParseError\(Failed to parse: {expression}"):
        session.query(expression).all()
