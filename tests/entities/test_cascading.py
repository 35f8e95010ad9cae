"""Known entities that a deletion takes along, or of which that is not certain."""

from __future__ import annotations

import pytest

from benchmarks.counts import count_calls
from ftrack_orm import Session, inspect
from ftrack_orm.entities.cascading import apply_with_cascades
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.schema.derived_attributes import Action
from ftrack_orm.schema.entity_changes import EntityChange
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.entities.offline_workspace import offline_workspace
from tests.production import Production


def test_entities_that_may_be_gone_are_read_again_and_those_elsewhere_are_not(
    session: Session, production: Production
) -> None:
    sequence = existing(session.get("Sequence", production.sequences[0]))
    tasks = session.query("Task").where(f'project_id is "{production.project}"').select("name").all()
    assert all("parent_id" not in task.__dict__ for task in tasks)
    session.delete(sequence)
    session.commit()
    fresh = {row["id"] for row in session.query("Task").select("id").dicts()}
    gone = [task for task in tasks if task.id not in fresh]
    assert gone
    assert all("name" not in task.__dict__ or inspect(task).state is Lifecycle.DELETED for task in gone)
    left = next(task for task in tasks if task.id in fresh)
    assert left.name
    assert all(inspect(task).state is Lifecycle.DELETED for task in gone)


def test_deleting_a_task_expires_no_other_contexts(session: Session, production: Production) -> None:
    tasks = session.query("Task").where(f'project_id is "{production.project}"').select("name").all()
    session.delete(tasks[0])
    session.commit()
    with requests_made(session) == 0:
        assert all(task.name for task in tasks[1:])


def test_a_deletion_by_another_user_takes_known_entities_along(
    session: Session, other: Session, production: Production
) -> None:
    from tests.session.received_updates import ReceivedUpdates

    task = existing(session.get("Task", production.tasks[0]))
    value = session.create("Metadata", parent_id=task.id, parent_type="Task", key="k", value="1")
    session.commit()
    updates = ReceivedUpdates(session)
    updates.count_writes_of(other)
    session.event_hub.connect()
    other.delete(existing(other.get("Task", task.id)))
    other.commit()
    updates.wait_for_all_of(other)
    assert inspect(task).state is Lifecycle.DELETED
    assert inspect(value).state is Lifecycle.DELETED


def known_by_name(workspace: Workspace, number: int) -> None:
    """Let a workspace know *number* entities of every type, with one value of each and none of its keys."""
    for entity_type in workspace.schema.types.values():
        name = next((each for each in ("name", "label", "content") if each in entity_type.attributes), None)
        if name is not None and entity_type.primary_key == ("id",):
            workspace.loader.merge(
                [
                    {"__entity_type__": entity_type.name, "id": f"{entity_type.name}{n}", name: "x"}
                    for n in range(number)
                ]
            )


@pytest.mark.parametrize("entity_type", ["Milestone", "Shot", "AssetVersion", "Note", "User", "TypedContextList"])
def test_following_a_deletion_costs_in_proportion_to_the_known_entities(entity_type: str) -> None:
    calls = []
    for number in (1, 20, 40):
        workspace = offline_workspace(recent_size=100_000)
        known_by_name(workspace, number)
        change = EntityChange(entity_type=entity_type, key=("deleted",), action=Action.DELETED)
        notices = workspace.invalidation.notices([change])
        calls.append(count_calls(lambda: apply_with_cascades(workspace, notices)).calls)  # noqa: B023 - called at once
    assert calls[2] < 2.2 * calls[1]
    assert calls[0] < calls[1]
