"""The official JavaScript client, unchanged, works with the embedded server, in Node and in a page of another port.

This library reads the data that the client writes, and the other way round, so that no mistake of one can hide in the
other.
"""

from __future__ import annotations

import datetime
import json
import queue
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.storage.faults import FaultKind
from ftrack_orm.storage import SERVER_LOCATION_ID
from tests.assertions import existing
from tests.interop.conftest import StartClient
from tests.interop.files import base64_text, fetch, generated_bytes, image_size, picture, sha256
from tests.interop.javascript_client import TIMEOUT, JavaScriptClient, JavaScriptError
from tests.production import Production


@pytest.fixture(scope="module", params=["node", "chromium"])
def client(request: pytest.FixtureRequest, start_client: StartClient, box: Sandbox) -> Iterator[JavaScriptClient]:
    client = start_client(request.param, box)
    yield client
    client.close()


@pytest.fixture(scope="module")
def page(start_client: StartClient, box: Sandbox) -> Iterator[JavaScriptClient]:
    client = start_client("chromium", box)
    yield client
    client.close()


def unique(name: str) -> str:
    return f"{name} {uuid.uuid4().hex[:8]}"


def test_a_session_starts_with_the_server_information_and_the_schema(client: JavaScriptClient, box: Sandbox) -> None:
    facts = client.run("read", names=["initialized", "serverVersion", "serverUrl", "apiUser", "serverInformation"])
    assert facts["initialized"]
    assert facts["serverInformation"]["is_timezone_support_enabled"] is True
    assert facts["serverVersion"] == client.invoke("getServerVersion") == facts["serverInformation"]["version"]
    assert (facts["serverUrl"], facts["apiUser"]) == (box.url, box.api_user)
    assert client.invoke("getServerInformation") == facts["serverInformation"]
    assert len(client.invoke("getSchemas")) == 116
    assert client.invoke("getSchema", "Task")["primary_key"] == ["id"]
    assert client.invoke("getPrimaryKeyAttributes", "Metadata") == ["parent_id", "key"]
    assert client.invoke("getIdentifyingKey", {"__entity_type__": "Task", "id": "x"}) == "Task,x"


def test_a_query_returns_merged_entities_page_by_page(client: JavaScriptClient, production: Production) -> None:
    text = f"select name, bid, parent.name from Task where project_id is {production.project} order by name limit 5"
    first = client.invoke("query", text)
    assert [task["name"] for task in first["data"]] == [f"task{number:02}" for number in range(5)]
    # The server sends each parent once; the client merges the references to it.
    assert [task["parent"]["name"] for task in first["data"]] == ["sh0", "sh0", "sh0", "sh1", "sh1"]
    assert first["metadata"] == {"next": {"offset": 5}}
    last = client.invoke("query", f"{text} offset 10")
    assert [task["bid"] for task in last["data"]] == [10, 11]
    assert last["metadata"] == {"next": {"offset": None}}


def test_a_response_without_references_can_be_asked_for(client: JavaScriptClient, production: Production) -> None:
    text = f"select name, parent.name from Task where project_id is {production.project} order by name"
    options = {"ensureSerializableResponse": True}
    tasks = client.invoke("query", text, options)["data"]
    assert [task["parent"]["name"] for task in tasks] == [f"sh{number // 3}" for number in range(12)]


def test_what_the_client_creates_and_updates_is_read_by_this_library(
    client: JavaScriptClient, session: Session, production: Production
) -> None:
    name = unique("layout")
    data = {
        "name": name,
        "parent_id": production.shots[0],
        "project_id": production.project,
        "start_date": {"date": "2024-01-02T03:04:05Z"},
    }
    created = client.invoke("create", "Task", data)
    assert created["action"] == "create"
    task = existing(session.get("Task", created["data"]["id"]))
    assert (task.name, task.parent.id) == (name, production.shots[0])
    assert task.start_date.isoformat() == "2024-01-02T03:04:05+00:00"
    done = session.query("Status").where('state.short is "DONE"').first()
    updated = client.invoke("update", "Task", [task.id], {"status_id": existing(done).id, "bid": 3600})
    assert updated["data"]["bid"] == 3600
    session.refresh(task)
    assert (task.status, task.bid) == (done, 3600)


def test_what_this_library_writes_is_read_by_the_client(
    client: JavaScriptClient, session: Session, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.description, task.metadata["reviewed"] = "été ☀", "yes"
    task.end_date = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
    session.commit()
    text = f"select description, end_date, metadata.key, metadata.value from Task where id is {task.id}"
    (read,) = client.invoke("query", text, {"decodeDatesAsIso": True})["data"]
    assert (read["description"], read["end_date"]) == ("été ☀", "2024-05-06T07:08:09.000Z")
    assert {entry["key"]: entry["value"] for entry in read["metadata"]} == {"reviewed": "yes"}
    # By default, dates are objects of moment.
    assert client.invoke("query", text)["data"][0]["end_date"] == "2024-05-06T07:08:09.000Z"


def test_text_that_looks_like_a_date_arrives_as_text(
    client: JavaScriptClient, session: Session, production: Production
) -> None:
    # The client sends every such text as a datetime.
    written = "2024-05-06T07:08:09.000Z"
    client.invoke("update", "Task", [production.tasks[1]], {"description": written})
    task = existing(session.get("Task", production.tasks[1]))
    assert task.description.startswith("2024-05-06T07:08:09")


def test_a_deleted_entity_is_gone(client: JavaScriptClient, session: Session, production: Production) -> None:
    assert client.invoke("delete", "Task", [production.tasks[2]]) == {"action": "delete", "data": True}
    assert session.get("Task", production.tasks[2]) is None


def test_several_operations_are_one_transaction(
    client: JavaScriptClient, session: Session, production: Production
) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    operations: list[list[Any]] = [
        ["create", "Sequence", {"id": first, "name": "sq9", "parent_id": production.project}],
        ["create", "Shot", {"id": second, "name": "sh9", "parent_id": first}],
        ["query", f"select parent.name from Shot where id is {second}"],
        ["update", "Shot", [second], {"name": "sh10"}],
        ["search", {"expression": "select name from Shot", "entityType": "Shot", "terms": ["sh10"]}],
        ["delete", "Shot", [second]],
    ]
    replies = client.run("call", operations=operations)
    assert [reply["action"] for reply in replies] == [operation[0] for operation in operations]
    assert replies[2]["data"][0]["parent"]["name"] == "sq9"
    assert second in [shot["id"] for shot in replies[4]["data"]]
    with pytest.raises(JavaScriptError):
        client.run("call", operations=[["delete", "Sequence", [first]], ["delete", "Shot", [second]]])
    assert session.get("Sequence", first) is not None


def test_a_search_finds_entities_by_their_words(client: JavaScriptClient, production: Production) -> None:
    search = {
        "expression": "select name, link from TypedContext order by name desc limit 10",
        "entityType": "TypedContext",
        "terms": ["task0"],
        "contextId": production.project,
    }
    tasks = client.invoke("search", search)["data"]
    assert [task["name"] for task in tasks] == [f"task0{number}" for number in range(9, -1, -1)]
    assert client.invoke("search", {**search, "contextId": ""})["data"]
    project = {"expression": "Project", "entityType": "Project", "terms": [production.name]}
    assert production.project in [each["id"] for each in client.invoke("search", project)["data"]]


def test_ensuring_creates_an_entity_and_then_updates_it(client: JavaScriptClient, session: Session) -> None:
    username = unique("ada").replace(" ", ".")
    first = client.invoke("ensure", "User", {"username": username, "email": "a@studio.org"}, ["username"])
    second = client.invoke("ensure", "User", {"username": username, "email": "b@studio.org"}, ["username"])
    assert first["id"] == second["id"]
    assert existing(session.get("User", first["id"])).email == "b@studio.org"


class HeldClock:
    """A clock that can hold the server in the middle of a request."""

    def __init__(self) -> None:
        self.holds = False
        self.read = threading.Event()
        self.released = threading.Event()

    def __call__(self) -> datetime.datetime:
        if self.holds:
            self.read.set()
            assert self.released.wait(TIMEOUT)
        return datetime.datetime.now(datetime.timezone.utc)


@pytest.mark.parametrize("kind", ["node", "chromium"])
def test_an_aborted_request_is_an_error_and_the_session_stays_usable(start_client: StartClient, kind: str) -> None:
    clock = HeldClock()
    with Sandbox(clock=clock) as box:
        client = start_client(kind, box)
        clock.holds = True
        client.run("start_call", operations=[{"action": "query", "expression": "select username from User"}])
        assert clock.read.wait(TIMEOUT), "the server has not begun to carry out the request"
        with pytest.raises(JavaScriptError):
            client.run("abort")
        clock.holds = False
        clock.released.set()
        assert client.invoke("query", "select username from User")["data"]
        client.close()


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("query", ["select name from Task wher"], "ServerError"),
        ("query", ["select name from Nothing"], "ServerError"),
        ("create", ["Task", {"name": "orphan"}], "ServerError"),
    ],
)
def test_errors_have_the_classes_of_the_client(
    client: JavaScriptClient, method: str, arguments: list[Any], error: str
) -> None:
    with pytest.raises(JavaScriptError) as raised:
        client.invoke(method, *arguments)
    assert raised.value.name == error
    assert raised.value.message


def test_a_wrong_key_is_refused(client: JavaScriptClient, start_client: StartClient, box: Sandbox) -> None:
    headers = {"ftrack-api-key": "wrong"}
    with pytest.raises(JavaScriptError, match="key"):
        client.invoke("query", "Task", {"additionalHeaders": headers})
    with pytest.raises(JavaScriptError, match="key"):
        client.invoke("query", "Task", {"additionalHeaders": {**headers, "ftrack-strict-api": "true"}})


def test_values_in_an_expression_are_escaped(client: JavaScriptClient, session: Session) -> None:
    name = unique("the \"big\" 'one'")
    session.create("Scope", name=name)
    session.commit()
    text = client.run("expression", before='select name from Scope where name is "', value=name, after='"')
    assert [scope["name"] for scope in client.invoke("query", text)["data"]] == [name]


def test_statuses_of_a_project_schema(client: JavaScriptClient, session: Session) -> None:
    # Not every schema has statuses for shots, and which one comes first is up to the database.
    schema = session.query("ProjectSchema").where(name="VFX").one()
    for entity_type in ("Task", "AssetVersion", "Shot"):
        statuses = client.run("get_statuses", schema=schema.id, type=entity_type)
        expected = schema.get_statuses(entity_type)
        assert sorted(status["id"] for status in statuses) == sorted(status.id for status in expected)
        assert statuses


def test_a_file_is_uploaded_in_one_part(client: JavaScriptClient, session: Session, box: Sandbox) -> None:
    uploaded = client.run("upload", name="été plate.jpg", size=300_000)
    component = existing(session.get("FileComponent", uploaded["responses"][0]["data"]["id"]))
    assert (component.name, component.file_type, component.size) == ("été plate", ".jpg", 300_000)
    (location,) = component.component_locations
    assert (location.location_id, location.resource_identifier) == (SERVER_LOCATION_ID, component.id)
    assert client.run("server_location") == SERVER_LOCATION_ID
    assert uploaded["progress"] == sorted(uploaded["progress"])
    assert uploaded["progress"][-1] == 100
    assert fetch(session.get_component_url(component.id)) == generated_bytes(300_000)


def test_a_large_file_is_uploaded_in_parts(client: JavaScriptClient, session: Session) -> None:
    size = (17 << 20) + 12345  # the client's parts have 8 MiB, and it uploads more than two of them one by one
    uploaded = client.run("upload", name="movie.mov", size=size)
    metadata = uploaded["responses"][2]
    assert [part["part_number"] for part in metadata["urls"]] or metadata["upload_id"]
    component = existing(session.get("FileComponent", uploaded["responses"][0]["data"]["id"]))
    assert (component.name, component.file_type, component.size) == ("movie", ".mov", size)
    assert uploaded["progress"][-1] == 100
    assert sha256(fetch(session.get_component_url(component.id))) == sha256(generated_bytes(size))


@pytest.mark.parametrize("size", [3 << 20, 20 << 20], ids=["single part", "parts"])
def test_an_aborted_upload_leaves_no_component_in_the_location(
    client: JavaScriptClient, session: Session, size: int
) -> None:
    identifier = str(uuid.uuid4())
    uploaded = client.run("upload", name="aborted.mov", size=size, data={"id": identifier}, abortAt=0)
    assert uploaded["aborted"]
    assert session.query("ComponentLocation").where(component_id=identifier).all() == []
    # The client leaves the component to its user, who tries again.
    assert client.invoke("delete", "FileComponent", [identifier])["data"] is True
    again = client.run("upload", name="aborted.mov", size=size, data={"id": identifier})
    assert not again["aborted"]
    assert sha256(fetch(session.get_component_url(identifier))) == sha256(generated_bytes(size))


@pytest.mark.parametrize(("kind", "size"), [("status", 1 << 20), ("cut", 17 << 20)], ids=["refused", "part is cut"])
def test_a_page_sends_a_file_again_after_a_failure_of_the_storage(
    page: JavaScriptClient, session: Session, box: Sandbox, kind: FaultKind, size: int
) -> None:
    identifier = str(uuid.uuid4())
    # One request fails, and the client repeats it a second later. It waits forever for a part that is refused.
    box.storage.fail(kind, method="PUT", component_id=identifier, status=503)
    uploaded = page.run("upload", name="again.mov", size=size, data={"id": identifier})
    assert not uploaded["aborted"]
    assert sha256(fetch(session.get_component_url(identifier))) == sha256(generated_bytes(size))


def test_a_file_that_this_library_uploads_is_downloaded_by_the_client(
    client: JavaScriptClient, session: Session, tmp_path: Any
) -> None:
    path = tmp_path / "plate.exr"
    path.write_bytes(generated_bytes(1_000_001))
    location = existing(session.get("Location", SERVER_LOCATION_ID))
    component = session.create_component(path, {"name": "plate"}, location=location)
    answer = client.run("fetch", url=client.invoke("getComponentUrl", component.id))
    assert (answer["status"], answer["sha256"]) == (200, sha256(generated_bytes(1_000_001)))
    assert client.invoke("getComponentUrl", None) is None
    text = f"select component_locations.url from FileComponent where id is {component.id}"
    (read,) = client.invoke("query", text)["data"]
    (component_location,) = read["component_locations"]
    assert client.run("fetch", url=component_location["url"]["value"])["sha256"] == answer["sha256"]
    (signed,) = client.invoke("call", [{"action": "generate_signed_url", "component_id": component.id}])
    assert client.run("fetch", url=signed["signed_url"])["sha256"] == answer["sha256"]


def test_thumbnails_that_the_client_uploads_are_read_by_this_library(
    client: JavaScriptClient, session: Session, production: Production
) -> None:
    uploaded = client.run("upload", name="thumbnail.png", content=base64_text(picture()))
    identifier = uploaded["responses"][0]["data"]["id"]
    client.invoke("update", "Task", [production.tasks[3]], {"thumbnail_id": identifier})
    task = existing(session.get("Task", production.tasks[3]))
    assert task.thumbnail.id == identifier
    assert image_size(fetch(session.thumbnail_url(identifier, size=100))) == (100, 50)
    assert image_size(fetch(task.thumbnail_url["url"]))


def test_thumbnails_are_shown_in_a_page(
    page: JavaScriptClient, session: Session, production: Production, tmp_path: Any
) -> None:
    path = tmp_path / "thumbnail.png"
    path.write_bytes(picture())
    task = existing(session.get("Task", production.tasks[4]))
    component = task.create_thumbnail(path)
    url = page.invoke("thumbnailUrl", component.id)
    assert page.run("show", url=url) == {"width": 300, "height": 150}
    assert page.run("show", url=page.invoke("thumbnailUrl", component.id, {"size": 64})) == {"width": 64, "height": 32}
    assert page.run("middle_color", url=url) == [200, 60, 20]
    # Of the entity itself, of one without a picture, and of no component.
    text = f"select thumbnail_url from Task where id in ({production.tasks[4]}, {production.tasks[5]}) order by name"
    for task_data in page.invoke("query", text)["data"]:
        assert page.run("show", url=task_data["thumbnail_url"]["url"])["width"] > 0
    assert page.run("show", url=page.invoke("thumbnailUrl", None))["width"] > 0


def test_a_page_sees_a_component_only_with_a_key(page: JavaScriptClient, box: Sandbox) -> None:
    uploaded = page.run("upload", name="secret.bin", size=1000)
    identifier = uploaded["responses"][0]["data"]["id"]
    url = f"{box.url}/component/get?id={identifier}"
    assert page.run("fetch", url=url)["status"] >= 400
    headers = {"ftrack-user": box.api_user, "ftrack-api-key": box.api_key}
    assert page.run("fetch", url=url, headers=headers)["sha256"] == sha256(generated_bytes(1000))


def test_a_page_that_is_a_file_works_like_others(
    start_client: StartClient, box: Sandbox, session: Session, production: Production
) -> None:
    """Pages in files, as panels of applications have them, have the origin "null"."""
    page = start_client("chromium-file", box)
    try:
        tasks = page.invoke("query", f"select name from Task where project_id is {production.project}")["data"]
        assert len(tasks) == 12
        uploaded = page.run("upload", name="movie.mov", size=17 << 20)
        identifier = uploaded["responses"][0]["data"]["id"]
        assert page.run("fetch", url=page.invoke("getComponentUrl", identifier))["size"] == 17 << 20
        assert page.run("connected")
        with pytest.raises(JavaScriptError, match="Nothing"):
            page.invoke("query", "select name from Nothing")
    finally:
        page.close()


def test_an_upload_is_announced_to_listeners(client: JavaScriptClient, session: Session) -> None:
    identifier = uuid.uuid4().hex
    client.events[identifier] = queue.Queue()
    client.run("subscribe", subscription="topic=ftrack.location.component-added", id=identifier)
    uploaded = client.run("upload", name="announced.bin", size=10)
    event = client.events[identifier].get(timeout=TIMEOUT)
    component = uploaded["responses"][0]["data"]["id"]
    assert event["data"] == {"component_id": component, "location_id": SERVER_LOCATION_ID}
    client.run("unsubscribe", id=identifier)


def test_the_other_actions_answer_in_the_shapes_of_the_client(client: JavaScriptClient, session: Session) -> None:
    user = existing(session.query("User").first())
    uploaded = client.run("upload", name="review.png", content=base64_text(picture()))
    component = uploaded["responses"][0]["data"]["id"]
    operations: list[dict[str, Any]] = [
        {"action": "get_widget_url", "name": "tasks", "theme": "dark"},
        {"action": "send_user_invite", "user_id": user.id},
        {"action": "encode_media", "component_id": component, "version_id": None, "keep_original": True},
        {"action": "reset_remote", "reset_type": "api_key", "entity_type": "User", "entity_key": new_user(session)},
    ]
    widget, invite, encoding, reset = client.invoke("call", operations)
    assert client.run("fetch", url=widget["widget_url"])["status"] == 200
    assert invite["sent"] is True
    job = existing(session.get("Job", encoding["job_id"]))
    assert json.loads(job.data)["source_component_id"] == component
    assert reset["data"]["api_key"]


def new_user(session: Session) -> str:
    user = session.create("User", username=unique("invited").replace(" ", "."))
    session.commit()
    return str(user.id)
