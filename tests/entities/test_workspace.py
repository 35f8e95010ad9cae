"""The workspace: look-ups, deletion and fetch modes, without any request."""

from __future__ import annotations

import threading

import pytest

from ftrack_orm import errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.values import FetchMode
from tests.assertions import existing
from tests.entities.offline_workspace import offline_workspace


@pytest.fixture
def workspace() -> Workspace:
    return offline_workspace()


@pytest.fixture
def task(workspace: Workspace) -> Entity:
    (task,) = workspace.loader.merge([{"__entity_type__": "Task", "id": "t", "name": "anim"}])
    return task


def test_an_entity_is_looked_up_by_its_type_a_base_or_a_subtype(workspace: Workspace, task: Entity) -> None:
    assert workspace.lookup("Task", ("t",)) is task
    assert workspace.lookup("Context", ("t",)) is task
    assert workspace.lookup("Shot", ("t",)) is None
    assert workspace.lookup("Task", ("u",)) is None
    with pytest.raises(errors.UnknownEntityType):
        workspace.lookup("Tsk", ("t",))


def test_a_deleted_entity_leaves_the_journal_and_the_identity_map(workspace: Workspace, task: Entity) -> None:
    task.name = "x"
    removals = workspace.removals
    with workspace.lock:
        workspace.mark_deleted(task)
    assert not workspace.journal
    assert workspace.lookup("Task", ("t",)) is None
    assert task._ftrack_state.lifecycle is Lifecycle.DELETED
    assert workspace.removals == removals + 1
    assert task.name == "x"


def test_the_fetch_mode_of_a_block_wins_over_that_of_the_query_and_of_the_session(
    workspace: Workspace, task: Entity
) -> None:
    state = task._ftrack_state
    assert workspace.fetch_mode(state) is FetchMode.NEVER
    existing(state.peers).mode = FetchMode.ONE
    assert workspace.fetch_mode(state) is FetchMode.ONE
    with workspace.fetching(FetchMode.PEERS):
        assert workspace.fetch_mode(state) is FetchMode.PEERS
        with workspace.fetching(FetchMode.NEVER):
            assert not workspace.may_fetch(task)
        assert workspace.may_fetch(task)
    assert workspace.fetch_mode(state) is FetchMode.ONE


def test_a_block_is_of_one_workspace_and_one_thread(workspace: Workspace, task: Entity) -> None:
    modes = []
    with offline_workspace().fetching(FetchMode.PEERS):
        modes.append(workspace.fetch_mode(task._ftrack_state))
    with workspace.fetching(FetchMode.PEERS):
        thread = threading.Thread(target=lambda: modes.append(workspace.fetch_mode(task._ftrack_state)))
        thread.start()
        thread.join(10)
    assert modes == [FetchMode.NEVER, FetchMode.NEVER]


def test_nothing_is_fetched_for_a_closed_workspace(workspace: Workspace, task: Entity) -> None:
    with workspace.fetching(FetchMode.PEERS):
        workspace.closed = True
        assert not workspace.may_fetch(task)
    with pytest.raises(errors.SessionClosed, match="It fails: its session is closed"):
        workspace.check_open("It fails")
