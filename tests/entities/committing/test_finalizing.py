"""Edits made while a commit is under way: they stay recorded, and saved values become the originals."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.wire.operations import CreateOperation, UpdateOperation
from tests.assertions import existing
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production


@pytest.fixture
def transport(box: Sandbox) -> InterferingTransport:
    return InterferingTransport(box)


def test_edits_during_a_commit_stay_for_the_next_one(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    task = existing(session.get("Task", production.tasks[0]))
    task.name = "first"

    def edit() -> None:
        task.name = "second"
        task.bid = 9

    transport.meanwhile_once(edit)
    session.commit()
    assert task.name == "second"
    assert inspect(task).changes["name"].old == "first"
    assert session.commit() == 1
    saved = existing(other.get("Task", task.id))
    assert (saved.name, saved.bid) == ("second", 9)


def test_setting_a_value_back_during_the_commit_is_an_edit(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("name").one()
    task.name = "first"

    def undo() -> None:
        task.name = "task00"

    transport.meanwhile_once(undo)
    session.commit()
    assert task.name == "task00"
    session.commit()
    assert existing(other.get("Task", task.id)).name == "task00"


def test_edits_of_an_entity_during_its_creation_are_updates_of_the_next_commit(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    task = session.create("Task", name="new", parent=existing(session.get("Shot", production.shots[0])))

    def edit() -> None:
        task.name = "renamed"
        task.metadata["a"] = "1"

    transport.meanwhile_once(edit)
    session.commit()
    assert session.modified == [task]
    assert [type(operation) for operation in session.plan()] == [CreateOperation, UpdateOperation]
    session.commit()
    saved = existing(other.get("Task", task.id))
    assert (saved.name, dict(saved.metadata)) == ("renamed", {"a": "1"})


def test_a_reference_loaded_while_its_key_is_sent_is_not_an_edit(
    connect: Connect, transport: InterferingTransport, production: Production
) -> None:
    session = connect(transport=transport)
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("parent_id").one()
    task.parent_id = production.shots[3]

    def look() -> None:
        assert task.parent.name == "sh3"

    transport.meanwhile_once(look)
    session.commit()
    assert (session.modified, session.plan()) == ([], [])
    assert task.parent.id == production.shots[3]


def test_a_reference_set_while_another_key_is_sent_is_an_edit_with_its_key(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("parent_id").one()
    shot = existing(session.get("Shot", production.shots[2]))
    task.parent_id = production.shots[3]

    def edit() -> None:
        task.parent = shot

    transport.meanwhile_once(edit)
    session.commit()
    (update,) = session.plan()
    assert isinstance(update, UpdateOperation)
    assert update.data == {"parent_id": shot.id}
    session.revert(task, "parent")
    assert (task.parent_id, task.parent.id) == (production.shots[3], production.shots[3])
    assert session.modified == []


def test_unedited_collections_of_a_created_entity_are_loaded_from_the_server(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    shot = session.create("Shot", name="new", parent=existing(session.get("Sequence", production.sequences[0])))
    assert (list(shot.children), list(shot.notes)) == ([], [])

    def work() -> None:
        shot.description = "edited meanwhile"
        other.create("Task", name="theirs", parent_id=shot.id)
        other.commit()

    transport.meanwhile_once(work)
    session.commit()
    assert [child.name for child in shot.children] == ["theirs"]
    assert session.modified == [shot]


def test_an_empty_collection_of_a_changed_entity_stays_loaded(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    assert list(task.notes) == []
    task.bid = 3600
    session.commit()
    with requests_made(session) == 0:
        assert list(task.notes) == []


def test_an_entity_deleted_during_its_creation_is_deleted_by_the_next_commit(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    task = session.create("Task", name="new", parent=existing(session.get("Shot", production.shots[0])))

    def delete() -> None:
        session.delete(task)

    transport.meanwhile_once(delete)
    session.commit()
    assert session.deleted == [task]
    session.commit()
    assert other.get("Task", task.id) is None


def test_an_entity_deleted_during_its_refused_creation_is_discarded(
    connect: Connect, transport: InterferingTransport, production: Production
) -> None:
    session = connect(transport=transport)
    project = existing(session.get("Project", production.project))
    twin = session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)

    def delete() -> None:
        session.delete(twin)

    transport.meanwhile_once(delete)
    with pytest.raises(errors.IntegrityError):
        session.commit()
    assert (session.created, session.deleted, session.plan()) == ([], [], [])
    assert inspect(twin).state is Lifecycle.TRANSIENT


@pytest.mark.parametrize("read", ["query", "attribute"])
def test_a_response_older_than_a_commit_does_not_restore_old_values(
    connect: Connect, transport: InterferingTransport, production: Production, read: str
) -> None:
    session = connect(transport=transport)
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()

    def commit_before_the_response() -> None:
        task.name = "newer"
        session.commit()

    transport.meanwhile_once(commit_before_the_response)
    if read == "query":
        session.query("Task").where(id=task.id).select("name", "bid").one()
    else:
        _ = task.bid
    assert task.name == "newer"
    assert inspect(task).loaded["bid"] == 0  # it was not loaded before
    session.refresh(task)
    assert task.name == "newer"
