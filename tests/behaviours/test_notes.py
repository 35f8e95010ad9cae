"""Notes on entities, their recipients and labels, and replies."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


@pytest.fixture
def lead(session: Session, production: Production) -> Entity:
    lead = session.create("User", username=f"lead of {production.name}")
    session.commit()
    return lead


def read_note(other: Session, note: Entity) -> Any:
    return existing(other.get("Note", note.id))


def test_a_note_is_created_by_the_next_commit_with_its_author_recipients_and_labels(
    session: Session, other: Session, task: Entity, lead: Entity
) -> None:
    labels = [session.create("NoteLabel", name=f"label {n}", color="#fff") for n in range(2)]
    session.commit()
    note: Any = task.create_note("Too dark", author=lead, recipients=[lead, lead], labels=labels, is_todo=True)
    assert session.created[0] is note
    assert note in task.notes
    with requests_made(session) as made:
        session.commit()
    assert made == 1
    read = read_note(other, note)
    assert (read.content, read.author.id, read.is_todo) == ("Too dark", lead.id, True)
    assert (read.parent_id, read.parent_type) == (task.id, note.parent_type)
    assert lead.id in [each.resource_id for each in read.recipients]
    assert {each.label_id for each in read.note_label_links} == {label.id for label in labels}
    assert read in existing(other.get("Task", task.id)).notes


def test_the_author_is_the_user_of_the_session_when_left_out(session: Session, other: Session, task: Entity) -> None:
    task.create_note("first")
    with requests_made(session) as made:
        note = task.create_note("second")
    assert made == 0
    session.commit()
    assert read_note(other, note).author.username == session.api_user


def test_a_category_is_the_label_of_a_note(session: Session, other: Session, task: Entity, lead: Entity) -> None:
    category = session.create("NoteCategory", name="Client", color="#fff")
    session.commit()
    note = task.create_note("Approved", lead, category=category)
    session.commit()
    assert [each.label_id for each in read_note(other, note).note_label_links] == [category.id]
    with pytest.raises(errors.InvalidValue, match="with labels or with a category"):
        task.create_note("x", lead, category=category, labels=[category])


def test_versions_and_objects_of_review_sessions_have_notes_too(
    session: Session, production: Production, lead: Entity, other: Session
) -> None:
    asset = session.create("Asset", name="plate", parent=existing(session.get("Shot", production.shots[0])))
    version = session.create("AssetVersion", asset=asset)
    note = version.create_note("on a new version", lead)
    session.commit()
    assert read_note(other, note).parent_id == version.id
    assert hasattr(session.types.ReviewSessionObject, "create_note")
    assert not hasattr(session.types.User, "create_note")


def test_a_reply_belongs_to_its_note(session: Session, other: Session, task: Entity, lead: Entity) -> None:
    note: Any = task.create_note("Too dark", lead)
    reply = note.create_reply("Brighter now", lead)
    own = note.create_reply("Thanks")
    assert list(note.replies) == [reply, own]
    session.commit()
    assert read_note(other, reply).in_reply_to.id == note.id
    assert {each.content for each in read_note(other, note).replies} == {"Brighter now", "Thanks"}
    assert read_note(other, own).author.username == session.api_user


def test_a_note_on_an_uncommitted_entity_is_committed_with_it(
    session: Session, other: Session, task: Entity, lead: Entity
) -> None:
    new = session.create("Task", name="new", parent=task.parent)
    note = new.create_note("from the start", lead)
    session.commit()
    assert read_note(other, note).parent_id == new.id
