"""The behaviours of both Python clients do the same: each reads the results of the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ftrack_api
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.fakes.official_client import official_session
from tests.production import Connect, Production


@pytest.fixture
def official(box: Sandbox) -> Iterator[Any]:
    """A session of the official client."""
    with official_session(box) as session:
        yield session


def ids_or_error(read: Callable[..., Any], *arguments: str) -> set[str] | type[ValueError]:
    """Return the ids of what *read* returns, or `ValueError` if it raises one."""
    try:
        return {each["id"] for each in read(*arguments)}
    except ValueError:
        return ValueError


def test_statuses_and_types_are_those_of_the_official_client(tmp_path: Path) -> None:
    # The tests share a server, where some leave project schemas on which the official client fails.
    with (
        Sandbox() as own_box,
        Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=tmp_path) as session,
        official_session(own_box) as official,
    ):
        film: Any = session.query("ProjectSchema").order_by("name").first()
        workflow, types = film.task_workflow_schema, film.task_type_schema
        session.create(
            "ProjectSchema",
            name="without object types",
            task_workflow_schema=workflow,
            asset_version_workflow_schema=workflow,
            task_type_schema=types,
        )
        session.commit()
        production = session.query("Type where name is Production").one()
        refused = 0
        for schema in session.query("ProjectSchema").all():
            theirs = official.get("ProjectSchema", schema.id)
            names = ("Task", "AssetVersion", "Shot", "AssetBuild", "Milestone", "Folder", "Note")
            for arguments in [("Task", production.id), *((name,) for name in names)]:
                expected = ids_or_error(theirs.get_statuses, *arguments)
                assert ids_or_error(schema.get_statuses, *arguments) == expected
                refused += expected is ValueError
            for name in names:
                assert ids_or_error(schema.get_types, name) == ids_or_error(theirs.get_types, name)
        assert refused > 4


def notes_of(task: Any) -> dict[str, tuple[str, set[str], set[str], list[str]]]:
    """Return the author, recipients, labels and replies of each note of a task, which either client has read.

    A server may show replies among the notes of the task too.
    """
    return {
        note["content"]: (
            note["author"]["username"],
            {recipient["resource_id"] for recipient in note["recipients"]},
            {link["label_id"] for link in note["note_label_links"]},
            [reply["content"] for reply in note["replies"]],
        )
        for note in task["notes"]
        if note["in_reply_to_id"] is None
    }


def test_notes_of_both_clients_are_alike(
    session: Session, official: Any, connect: Connect, production: Production
) -> None:
    task: Any = existing(session.get("Task", production.tasks[0]))
    label = session.create("NoteLabel", name=f"label of {production.name}", color="#fff")
    lead = session.create("User", username=f"lead of {production.name}")
    session.commit()

    def create(task: Any, content: str, me: Any, lead: Any, label: Any) -> None:
        note = task.create_note(content, me, recipients=[lead], labels=[label])
        note.create_reply(f"reply to {content}", me)

    create(task, "ours", session.query("User").where(username=session.api_user).one(), lead, label)
    session.commit()
    create(
        official.get("Task", task.id),
        "theirs",
        official.query(f'User where username is "{session.api_user}"').one(),
        official.get("User", lead.id),
        official.get("NoteLabel", label.id),
    )
    official.commit()
    official.reset()
    for read in (connect().get("Task", task.id), official.get("Task", task.id)):
        notes = notes_of(read)
        assert set(notes) == {"ours", "theirs"}
        (author, recipients, labels, replies), theirs = notes["ours"], notes["theirs"]
        assert (author, recipients, labels) == theirs[:3]
        assert labels == {label.id}
        assert lead.id in recipients
        assert (replies, theirs[3]) == (["reply to ours"], ["reply to theirs"])


def test_a_timer_of_one_client_is_stopped_by_the_other(session: Session, official: Any, production: Production) -> None:
    user: Any = session.create("User", username=f"timer of {production.name}")
    session.commit()
    task = existing(session.get("Task", production.tasks[0]))
    theirs = official.get("User", user.id)
    user.start_timer(task, comment="ours", name="n")
    with pytest.raises(ftrack_api.exception.NotUniqueError):
        theirs.start_timer(official.get("Task", task.id))
    official.rollback()  # its failed timer would be part of the next commit
    timelog = theirs.stop_timer()
    assert (timelog["comment"], timelog["name"], timelog["context_id"]) == ("ours", "n", task.id)
    theirs.start_timer(official.get("Task", task.id), comment="theirs")
    with pytest.raises(errors.DuplicateEntryError):
        user.start_timer(task)
    assert (user.stop_timer().comment, user.timelogs[-1].context_id) == ("theirs", task.id)


def test_the_official_client_reads_jobs(session: Session, official: Any) -> None:
    with session.job("Deliver") as job:
        theirs = official.get("Job", job.id)
        assert (theirs["status"], theirs["type"]) == ("running", "api_job")
    official.populate(theirs, "status")
    theirs = official.query(f'select status, data from Job where id is "{job.id}"').one()
    assert json.loads(theirs["data"])["description"] == "Deliver"


def test_actions_of_the_server_return_the_same(session: Session, official: Any, production: Production) -> None:
    user: Any = session.create("User", username=f"guest of {production.name}")
    session.commit()
    theirs = official.get("User", user.id)
    assert type(theirs.reset_api_key()) is type(user.reset_api_key()) is str
    ours, official_url = session.get_widget_url("tasks"), official.get_widget_url("tasks")
    assert ours.split("?")[0] == official_url.split("?")[0]
    theirs.send_invite()
    user.send_invite()
