"""The official JavaScript client: texts that look like dates, searches without a context, allowed values, notes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.interop.conftest import StartClient
from tests.interop.javascript_client import JavaScriptClient
from tests.production import Production


@pytest.fixture(scope="module")
def client(start_client: StartClient, box: Sandbox) -> Iterator[JavaScriptClient]:
    client = start_client("node", box)
    yield client
    client.close()


@pytest.mark.parametrize("text", ["2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02 or so"])
def test_a_text_that_looks_like_a_date_is_a_text(
    client: JavaScriptClient, session: Session, production: Production, text: str
) -> None:
    # The client sends it as a datetime, and its own form of it.
    task = existing(session.get("Task", production.tasks[0]))
    client.invoke("update", "Task", [task.id], {"description": text})
    key = uuid.uuid4().hex
    client.invoke("create", "Metadata", {"parent_id": task.id, "parent_type": "Task", "key": key, "value": text})
    session.refresh(task)
    session.expire(task)
    assert task.description[:10] == task.metadata[key][:10] == text[:10]
    with_text = session.query("Task").where(id=task.id, description=task.description)
    assert with_text.one() is task


def test_a_search_may_name_no_context_and_no_term(client: JavaScriptClient, production: Production) -> None:
    options: dict[str, Any] = {
        "expression": "select name, project.name\n  from TypedContext\n  order by name desc limit 1000000",
        "entityType": "TypedContext",
        "terms": [""],
        "contextId": "",
    }
    everywhere = {entity["id"] for entity in client.invoke("search", options)["data"]}
    assert set(production.tasks) <= everywhere
    in_project = client.invoke("search", {**options, "contextId": production.project})["data"]
    assert set(production.tasks) <= {entity["id"] for entity in in_project} <= everywhere


def test_the_statuses_that_a_task_may_have(client: JavaScriptClient, session: Session, production: Production) -> None:
    text = f"select status_id, __permissions.status_id from TypedContext where id is {production.tasks[0]}"
    (task,) = client.invoke("query", text)["data"]
    allowed = task["__permissions"]["status_id"]["__options"]
    assert task["status_id"] in allowed
    assert len(session.query("Status").where(session.types.Status.id.in_(allowed)).all()) == len(allowed) > 1


def test_a_note_with_a_label_and_the_caller_as_recipient(
    client: JavaScriptClient, session: Session, box: Sandbox, production: Production
) -> None:
    label = existing(session.query("NoteLabel").first())
    note = {"id": str(uuid.uuid4()), "content": "look", "parent_id": production.tasks[0], "parent_type": "Task"}
    operations = [
        ["create", "Note", note],
        ["create", "NoteLabelLink", {"note_id": note["id"], "label_id": label.id}],
    ]
    client.run("call", operations=operations)
    stored = existing(session.get("Note", note["id"]))
    assert stored.category.id == label.id
    assert [each.user.username for each in stored.recipients] == [box.api_user]


def test_queries_of_published_applications(client: JavaScriptClient, production: Production) -> None:
    text = (
        "select name from Task where ancestors.status.state.short is_not 'BLOCKED' "
        f"and project.status is_not 'hidden' and project_id is '{production.project}'"
    )
    assert {task["id"] for task in client.invoke("query", text)["data"]} == set(production.tasks)
