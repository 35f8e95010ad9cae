"""Merging rows into entities: loaded values stay, and keys and references never contradict each other."""

from __future__ import annotations

import datetime
import json
import sys
import threading
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import create_configuration
from tests.entities.offline_workspace import offline_workspace
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production


@pytest.fixture
def workspace() -> Workspace:
    return offline_workspace()


def merge(workspace: Workspace, *rows: dict[str, Any]) -> list[Entity]:
    return Merger(workspace).rows(rows)


def task(key: str = "t", **values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Task", "id": key, **values}


def test_values_are_decoded_and_nested_entities_are_objects(workspace: Workspace) -> None:
    (entity,) = merge(
        workspace,
        task(
            name="anim",
            start_date={"__type__": "datetime", "value": "2026-01-01T08:00:00"},
            status={"__entity_type__": "Status", "id": "s", "name": "Done"},
            link=[{"id": "p", "name": "film", "type": "Project"}],
            thumbnail_url={"url": "/x", "value": "/x"},
            thumbnail=None,
        ),
    )
    assert entity.name == "anim"
    assert entity.start_date == datetime.datetime(2026, 1, 1, 8, tzinfo=datetime.timezone.utc)
    assert type(entity.status).__name__ == "Status"
    assert entity.status.name == "Done"
    assert entity.link[0]["name"] == "film"
    assert entity.thumbnail_url["url"] == "/x"
    assert entity.thumbnail is None


def test_values_are_stored_under_interned_names(workspace: Workspace) -> None:
    rows = json.loads(json.dumps([task("t1", name="a", bid=1.0), task("t2", bid=2.0, name="b"), task("t3", name="c")]))
    entities = merge(workspace, *rows)
    merge(workspace, *json.loads(json.dumps([task("t3", bid=3.0)])))
    for entity in entities:
        assert all(name is sys.intern(name) for name in vars(entity))
    assert [(entity.name, entity.bid) for entity in entities] == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_attributes_that_are_not_in_a_row_keep_their_values(workspace: Workspace) -> None:
    (entity,) = merge(workspace, task(name="anim", bid=3.0))
    merge(workspace, task())
    merge(workspace, task(description="x"))
    assert (entity.name, entity.bid, entity.description) == ("anim", 3.0, "x")


def test_an_entity_that_recurs_as_a_bare_reference_is_complete_everywhere(workspace: Workspace) -> None:
    status = {"__entity_type__": "Status", "id": "s"}
    first, second = merge(workspace, task("a", status={**status, "name": "Done"}), task("b", status=status))
    assert first.status is second.status
    assert second.status.name == "Done"


def test_values_of_a_later_occurrence_are_merged_however_short_its_row(workspace: Workspace) -> None:
    sequence = {"__entity_type__": "Sequence", "id": "sq"}
    shot = {"__entity_type__": "Shot", "id": "sh", "name": "sh010", "parent": {**sequence, "name": "sq010"}}
    folder = {"__entity_type__": "Folder", "id": "f"}
    first, second = merge(workspace, task("a", parent=shot), task("b", parent={**sequence, "parent": folder}))
    assert first.parent.parent is second.parent
    assert type(second.parent.parent).__name__ == "Folder"
    assert second.parent.name == "sq010"


def test_an_invalid_key_is_a_protocol_error_in_nested_rows_as_well(workspace: Workspace) -> None:
    with pytest.raises(errors.ProtocolError, match="without entity type or key"):
        merge(workspace, task("a"), task("b", parent={"__entity_type__": "Task", "id": ["a"]}))


def test_a_cycle_in_a_response_ends(workspace: Workspace) -> None:
    row = {
        "__entity_type__": "Asset",
        "id": "a",
        "versions": [{"__entity_type__": "AssetVersion", "id": "v", "asset": {"__entity_type__": "Asset", "id": "a"}}],
    }
    (asset,) = merge(workspace, row)
    assert asset.versions[0].asset is asset


def test_an_object_that_first_occurred_under_a_base_type_gets_its_own_class(workspace: Workspace) -> None:
    (entity,) = merge(workspace, {"__entity_type__": "Context", "id": "t"})
    assert type(entity).__name__ == "Context"
    (again,) = merge(workspace, task(bid=1.0))
    assert again is entity
    assert type(entity).__name__ == "Task"
    merge(workspace, {"__entity_type__": "Context", "id": "t"})
    assert type(entity).__name__ == "Task"


def test_a_new_key_unloads_the_old_reference(workspace: Workspace) -> None:
    (entity,) = merge(workspace, task(status_id="s1", status={"__entity_type__": "Status", "id": "s1"}))
    merge(workspace, task(status_id="s2"))
    assert "status" not in inspect(entity).loaded
    merge(workspace, task(status_id="s2", status={"__entity_type__": "Status", "id": "s2"}))
    assert entity.status.id == "s2"


def test_a_new_reference_sets_the_key(workspace: Workspace) -> None:
    (entity,) = merge(workspace, task(status_id="s1"))
    (entity,) = merge(workspace, task(status={"__entity_type__": "Status", "id": "s1"}))
    merge(workspace, task(status={"__entity_type__": "Status", "id": "s2"}))
    assert entity.status_id == "s2"
    merge(workspace, task(status=None))
    assert entity.status_id is None


def test_a_collection_stays_the_same_object_and_gets_the_new_content(workspace: Workspace) -> None:
    def shot(*children: str) -> dict[str, Any]:
        return {"__entity_type__": "Shot", "id": "sh", "children": [task(key) for key in children]}

    (entity,) = merge(workspace, shot("a", "b"))
    collection = entity.children
    merge(workspace, shot("b", "c"))
    assert [child.id for child in collection] == ["b", "c"]
    assert entity.children is collection


def test_an_edited_collection_keeps_the_edit(workspace: Workspace) -> None:
    def shot(*children: str) -> dict[str, Any]:
        return {"__entity_type__": "Shot", "id": "sh", "children": [task(key) for key in children]}

    (entity,) = merge(workspace, shot("a", "b"))
    held = list(entity.children)
    entity.children.pop()
    merge(workspace, shot("a", "b", "c"))
    # "b" was removed here and stays removed; "c" was added by another user.
    assert [child.id for child in entity.children] == ["a", "c"]
    (removed,) = [child for child in held if child not in entity.children]
    assert inspect(removed).changes["parent_id"].new is None


def test_a_mapping_without_keys_and_values_is_not_loaded(workspace: Workspace) -> None:
    bare = {"__entity_type__": "Metadata", "parent_id": "t", "key": "k"}
    (entity,) = merge(workspace, task(metadata=[bare]))
    assert "metadata" not in inspect(entity).loaded
    merge(workspace, task(metadata=[{**bare, "value": "v"}]))
    assert dict(entity.metadata) == {"k": "v"}


def test_dates_in_custom_attributes_are_decoded(workspace: Workspace) -> None:
    value = {
        "__entity_type__": "ContextCustomAttributeValue",
        "configuration_id": "c",
        "entity_id": "t",
        "key": "due",
        "value": {"__type__": "datetime", "value": "2026-01-01T00:00:00"},
    }
    (entity,) = merge(workspace, task(custom_attributes=[value]))
    assert entity.custom_attributes["due"] == datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    "row", [{}, {"id": "x"}, {"__entity_type__": "Task"}, {"__entity_type__": "Task", "name": "x"}]
)
def test_a_row_without_entity_type_or_key_is_a_protocol_error(workspace: Workspace, row: dict[str, Any]) -> None:
    with pytest.raises(errors.ProtocolError, match="without entity type or key"):
        merge(workspace, row)


def test_many_threads_merging_make_one_object_for_each_entity(workspace: Workspace) -> None:
    results: list[list[Entity]] = [[] for _ in range(8)]
    barrier = threading.Barrier(8)

    def work(n: int) -> None:
        barrier.wait()
        results[n] = merge(workspace, *[task(str(key), name="x") for key in range(300)])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result[i] is results[0][i] for result in results for i in range(300))


def test_an_item_that_has_moved_to_another_collection_gets_the_key_of_its_new_owner(workspace: Workspace) -> None:
    old = {"__entity_type__": "Shot", "id": "old"}
    (entity,) = merge(workspace, task(parent_id="old", parent=old))
    (shot,) = merge(workspace, {"__entity_type__": "Shot", "id": "new", "children": [task()]})
    assert shot.children[0] is entity
    assert entity.parent_id == "new"
    assert "parent" not in inspect(entity).loaded


def test_edits_of_a_mapping_are_rebased_on_the_changes_of_others(
    session: Session, other: Session, production: Production
) -> None:
    mine, theirs = existing(session.get("Task", production.tasks[0])), existing(other.get("Task", production.tasks[0]))
    theirs.metadata.update(kept="1", changed="1", taken="1")
    other.commit()
    mine.metadata["added"] = "mine"
    mine.metadata["changed"] = "mine"
    del mine.metadata["taken"]
    theirs.metadata["theirs"] = "2"
    del theirs.metadata["kept"]
    other.commit()
    session.refresh(mine)
    assert dict(mine.metadata) == {"changed": "mine", "theirs": "2", "added": "mine"}
    session.commit()
    other.refresh(theirs)
    assert dict(theirs.metadata) == {"changed": "mine", "theirs": "2", "added": "mine"}


def test_edits_of_a_collection_are_rebased_on_the_changes_of_others(
    session: Session, other: Session, production: Production
) -> None:
    mine, theirs = existing(session.get("Task", production.tasks[0])), existing(other.get("Task", production.tasks[0]))
    names = ["kept", "taken", "mine", "theirs"]
    scopes = {name: other.create("Scope", name=name) for name in names}
    other.commit()
    own = {name: existing(session.get("Scope", scope.id)) for name, scope in scopes.items()}
    theirs.scopes.extend([scopes["kept"], scopes["taken"]])
    other.commit()
    mine.scopes.append(own["mine"])
    mine.scopes.remove(own["taken"])
    theirs.scopes.append(scopes["theirs"])
    other.commit()
    session.refresh(mine)
    assert set(mine.scopes) == {own["kept"], own["theirs"], own["mine"]}
    session.commit()
    other.refresh(theirs)
    assert set(theirs.scopes) == {scopes["kept"], scopes["theirs"], scopes["mine"]}
    session.rollback()
    assert set(mine.scopes) == {own["kept"], own["theirs"], own["mine"]}


def test_a_stale_mapping_never_shows_content_that_is_older_than_a_commit_of_it(
    session: Session, production: Production
) -> None:
    # Readers take no lock: another thread may look at the mapping right after the merging of an older response.
    task = existing(session.get("Task", production.tasks[0]))
    task.metadata["a"] = "old"
    session.commit()
    row = {"key": "a", "value": "old", "parent_id": task.id, "parent_type": "Task", "__entity_type__": "Metadata"}
    workspace, sent_at = session._workspace, session._workspace.revision
    task.metadata["a"] = "new"
    session.commit()
    session.expire(task, "metadata")
    with workspace.lock:
        Merger(workspace, sent_at=sent_at).rows([{"__entity_type__": "Task", "id": task.id, "metadata": [row]}])
        assert repr(task.metadata) == "{'a': 'new'}"
    assert task.metadata["a"] == "new"


@pytest.mark.parametrize("name", ["metadata", "scopes", "custom_attributes"])
def test_content_that_is_older_than_a_commit_does_not_replace_what_it_has_saved(
    box: Sandbox, connect: Connect, production: Production, name: str
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport)
    key = create_configuration(session, production, "older", "text")
    task, scope = existing(session.get("Task", production.tasks[0])), session.create("Scope", name=f"older {name}")
    session.commit()
    task.metadata["a"] = task.custom_attributes[key] = "old"
    session.commit()

    def shown() -> Any:
        if name == "metadata":
            return task.metadata["a"]
        return scope in task.scopes if name == "scopes" else task.custom_attributes[key]

    before = shown()
    if name == "metadata":
        task.metadata["a"] = "new"
    elif name == "scopes":
        task.scopes.append(scope)
    else:
        task.custom_attributes[key] = "new"
    new = shown()
    assert new != before
    # The response to the next request is older than the commit that is made while it is under way.
    session.expire(task, name)
    transport.meanwhile_once(session.commit)
    assert shown() == new
    assert session.modified == []
    session.expire(task)
    assert shown() == new


def test_content_from_before_a_commit_of_something_else_is_taken(
    box: Sandbox, connect: Connect, production: Production
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport)
    task = existing(session.get("Task", production.tasks[0]))
    assert task.scopes[:] == []
    task.bid = 7
    session.expire(task, "scopes")
    transport.meanwhile_once(session.commit)
    with requests_made(session) as made:
        assert task.scopes[:] == []
    assert made == 2
    assert session.modified == []
