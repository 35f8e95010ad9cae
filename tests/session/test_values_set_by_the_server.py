"""Values that the server sets beside those of a commit: the session shows them as a new session does."""

from __future__ import annotations

import datetime

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


@pytest.fixture
def labels(session: Session) -> list[Entity]:
    labels = session.query("NoteLabel").order_by("sort").limit(2).all()
    assert len(labels) == 2
    return labels


def test_the_caller_is_shown_as_a_recipient_of_a_new_note(session: Session, other: Session, task: Entity) -> None:
    note = session.create("Note", {"content": "look", "parent_id": task.id, "parent_type": "Task"})
    session.commit()
    shown = [recipient.resource_id for recipient in note.recipients]
    assert shown == [recipient.resource_id for recipient in existing(other.get("Note", note.id)).recipients]
    assert len(shown) == 1


def test_recipients_that_were_set_are_shown_beside_the_caller(session: Session, other: Session, task: Entity) -> None:
    group = session.create("Group", {"name": "leads"})
    note = session.create("Note", {"content": "look", "parent_id": task.id, "parent_type": "Task"})
    note.recipients.append(session.create("Recipient", {"note": note, "recipient": group}))
    session.commit()
    shown = {recipient.resource_id for recipient in note.recipients}
    assert shown == {recipient.resource_id for recipient in existing(other.get("Note", note.id)).recipients}
    assert len(shown) == 2


def test_the_category_follows_the_linked_labels(
    session: Session, other: Session, task: Entity, labels: list[Entity]
) -> None:
    note = session.create("Note", {"content": "look", "parent_id": task.id, "parent_type": "Task"})
    session.commit()
    assert note["category"] is None
    first, second = (session.create("NoteLabelLink", {"note": note, "label": label}) for label in labels)
    session.commit()
    assert note.category.id == labels[0].id == existing(other.get("Note", note.id)).category_id
    session.delete(first)
    session.commit()
    other.expire(existing(other.get("Note", note.id)))
    assert note.category.id == labels[1].id == existing(other.get("Note", note.id)).category_id
    session.delete(second)
    session.commit()
    assert (note.category, note.category_id) == (None, None)


def test_a_deleted_label_leaves_the_category_to_another(session: Session, task: Entity) -> None:
    labels = [session.create("NoteLabel", {"name": name, "sort": sort}) for sort, name in enumerate("ab")]
    note = session.create("Note", {"content": "look", "parent_id": task.id, "parent_type": "Task"})
    for label in labels:
        session.create("NoteLabelLink", {"note": note, "label": label})
    session.commit()
    assert note.category.id == labels[0].id
    session.delete(labels[0])
    session.commit()
    assert note.category.id == labels[1].id


def test_a_datetime_has_whole_seconds_as_the_server_stores_it(session: Session, other: Session, task: Entity) -> None:
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)
    timelog = session.create("Timelog", {"context": task, "start": moment, "duration": 60})
    assert timelog.start == moment.replace(microsecond=0)
    session.commit()
    assert timelog.start == moment.replace(microsecond=0) == existing(other.get("Timelog", timelog.id)).start


def test_a_fraction_in_a_reply_to_a_create_is_not_shown(session: Session, task: Entity) -> None:
    # The official client sends fractions, and the server sends them back.
    sent = {"__type__": "datetime", "value": "2024-01-02T03:04:05.678"}
    data = {"id": "with-fraction", "context_id": task.id, "start": sent, "duration": 60}
    (reply,) = session.call([{"action": "create", "entity_type": "Timelog", "entity_data": data}])
    assert reply["data"]["start"].microsecond == 678000
    assert existing(session.get("Timelog", "with-fraction")).start.microsecond == 0


def test_a_plain_component_has_its_own_class(session: Session, other: Session) -> None:
    component = session.create("Component", {"name": "plain"})
    session.commit()
    found = other.query("Component").where(name="plain").one()
    assert (type(found).__name__, found.system_type, found.id) == ("Component", None, component.id)
    found.name = "renamed"
    other.commit()
    session.expire(component)
    assert component.name == "renamed"
    other.delete(found)
    other.commit()
    assert session.query("Component").where(name="renamed").first() is None


def test_a_user_without_a_name(session: Session, other: Session) -> None:
    user = session.create("User", {"first_name": "Ada"})
    session.commit()
    stored = existing(other.get("User", user.id))
    assert (stored.username, repr(stored) != "") == (None, True)
