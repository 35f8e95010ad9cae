"""Snapshots of the journal: the values to send, the values they replace, and independence of later edits."""

from __future__ import annotations

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.committing.planning import Creation
from ftrack_orm.entities.committing.snapshot import CommitSnapshot, join_snapshots, take_snapshot
from ftrack_orm.entities.entity import Entity
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import UpdateOperation
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = session.query("Task").where(id=production.tasks[0]).select("name", "bid", "parent_id").one()
    return task


def take(session: Session, *only: Entity) -> CommitSnapshot:
    """Return the snapshot of all edits, or of those of *only*."""
    workspace = session._workspace
    with workspace.lock:
        journal = workspace.journal
        return take_snapshot(journal.part(only) if only else journal, journal)


def test_later_edits_do_not_change_a_snapshot(session: Session, task: Entity) -> None:
    task.bid = 9
    snapshot = take(session)
    task.bid = 10
    task.name = "renamed"
    assert snapshot.changes.modifications == (UpdateOperation("Task", (task.id,), {"bid": 9}),)
    assert snapshot.sent == {task: {"bid": 9}}


def test_an_update_has_the_values_it_replaces_as_far_as_they_are_known(session: Session, task: Entity) -> None:
    task.bid, task.description = 9, "never read"
    assert take(session).replaced == {("Task", (task.id,)): {"bid": 0, "description": NOT_LOADED}}


def test_a_reference_is_sent_as_its_key(session: Session, task: Entity, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[3]))
    task.parent = shot
    snapshot = take(session)
    assert snapshot.changes.modifications[0].data == {"parent_id": production.shots[3]}
    assert snapshot.sent[task] == {"parent": shot, "parent_id": production.shots[3]}
    assert snapshot.replaced["Task", (task.id,)] == {"parent_id": production.shots[0]}


def test_the_keys_of_a_mapping_are_rows_of_their_own(session: Session, task: Entity) -> None:
    task.metadata.update(kept="1", changed="1", removed="1")
    session.commit()
    task.metadata["changed"] = "2"
    task.metadata["added"] = "3"
    del task.metadata["removed"]
    changes = take(session).changes
    assert [creation.data["key"] for creation in changes.creations] == ["added"]
    assert changes.modifications == (UpdateOperation("Metadata", (task.id, "changed"), {"value": "2"}),)
    assert [dict(deletion.reference.key)["key"] for deletion in changes.deletions] == ["removed"]


def test_a_collection_is_not_sent_when_its_new_members_have_the_key_of_the_owner(
    session: Session, production: Production
) -> None:
    shot = session.query("Shot").where(id=production.shots[0]).select("children").one()
    shot.children.append(session.create("Task", name="new"))
    changes = take(session).changes
    assert changes.modifications == ()
    assert [creation.data["parent_id"] for creation in changes.creations] == [shot.id]


def test_a_collection_is_sent_as_a_difference_without_members_that_the_commit_deletes(
    session: Session, task: Entity
) -> None:
    first, second, third = (session.create("Scope", name=name) for name in "abc")
    task.scopes.extend([first, second])
    session.commit()
    task.scopes.append(third)
    session.delete(first)
    (change,) = take(session).memberships
    assert [reference.id for reference in change.added] == [third.id]
    assert change.removed == ()


def test_the_empty_collections_of_a_new_entity_are_not_sent(session: Session, production: Production) -> None:
    task = session.create("Task", name="new", parent_id=production.shots[0], scopes=[])
    (creation,) = take(session).changes.creations
    assert isinstance(creation, Creation)
    assert creation.reference.id == task.id
    assert "scopes" not in creation.data


def test_a_snapshot_of_one_entity_has_its_edits_and_no_deletions_of_others(
    session: Session, task: Entity, production: Production
) -> None:
    task.bid, task.name = 9, "renamed"
    other_task = existing(session.get("Task", production.tasks[1]))
    assert other_task is not None
    other_task.bid = 9
    deleted = existing(session.get("Task", production.tasks[2]))
    assert deleted is not None
    session.delete(deleted)
    snapshot = take(session, task)
    assert snapshot.sent == {task: {"bid": 9, "name": "renamed"}}
    assert snapshot.deleted == ()
    assert snapshot.changes.deletions == ()


def test_joined_snapshots_have_the_contents_of_all(session: Session, task: Entity, production: Production) -> None:
    task.bid = 9
    first = take(session, task)
    new = session.create("Task", name="new", parent_id=production.shots[0])
    joined = join_snapshots([first, take(session, new)])
    assert joined.created == (new,)
    assert set(joined.sent) == {task, new}
    assert (len(joined.changes.creations), len(joined.changes.modifications)) == (1, 1)
    assert joined.replaced == first.replaced
