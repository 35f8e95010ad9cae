"""Undo of commits: plans that are compared with the server, conflicts, and what is not restored."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Entity, Session, errors
from ftrack_orm.entities.committing.receipt import Receipt
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Connect, Production


@pytest.fixture
def task(session: Session, production: Production) -> Any:
    return session.query("Task").where(id=production.tasks[0]).select("name", "bid", "metadata", "scopes").one()


def test_an_update_is_taken_back_and_done_again(session: Session, other: Session, task: Entity) -> None:
    task.name, task.bid = "renamed", 9
    receipt = session.commit()
    undo = receipt.undo()
    assert str(undo) == f"update Task {task.id}: name = 'task00', bid = 0.0"
    undone = undo.commit()
    assert (task.name, task.bid) == ("task00", 0)
    assert existing(other.get("Task", task.id)).name == "task00"
    undone.undo().commit()
    assert (task.name, task.bid) == ("renamed", 9)
    receipt.undo().commit()
    nothing = receipt.undo()
    assert not nothing
    assert (str(nothing), nothing.conflicts) == ("nothing to do", ())
    assert nothing.commit() == 0


def test_an_undo_that_the_server_refuses_names_the_entity(
    session: Session, other: Session, production: Production, task: Any
) -> None:
    shot = task.parent
    session.delete(task)
    existing(session.get("Task", production.tasks[1])).bid = 11
    receipt = session.commit()
    with other.begin():
        other.create("Task", name="task00", parent=existing(other.get("Shot", shot.id)))
    with pytest.raises(errors.IntegrityError, match=f"the create of Task {task.id}"):
        receipt.undo().commit()


def test_an_undo_is_committed_once(session: Session, task: Entity) -> None:
    task.bid = 10
    undo = session.commit().undo()
    undo.commit()
    with pytest.raises(errors.UsageError, match="committed already"):
        undo.commit()


def test_a_value_that_another_user_has_changed_since_is_a_conflict(
    session: Session, other: Session, task: Entity
) -> None:
    task.name, task.bid = "renamed", 9
    receipt = session.commit()
    with other.begin():
        existing(other.get("Task", task.id)).bid = 11
    undo = receipt.undo()
    (conflict,) = undo.conflicts
    assert "bid of Task" in conflict
    assert "was 9 when it was committed and is 11" in conflict
    assert session.api_user in conflict
    with requests_made(session) as made, pytest.raises(errors.CommitConflict, match=r"overwrite=True") as caught:
        undo.commit()
    assert made == 0
    assert (caught.value.attribute, caught.value.read, caught.value.present) == ("bid", 9, 11)
    undo.commit(overwrite=True)
    assert (task.name, task.bid) == ("task00", 0)


def test_a_created_entity_is_deleted_unless_others_have_added_to_it(
    session: Session, other: Session, connect: Connect, production: Production
) -> None:
    shot = session.create("Shot", name="undone", parent_id=production.sequences[0])
    note = session.create("Note", content="x", parent_id=shot.id, parent_type="Shot")
    receipt = session.commit()
    assert receipt.undo().conflicts == ()
    with other.begin():
        other.create("Task", name="theirs", parent_id=shot.id)
    undo = receipt.undo()
    (conflict,) = undo.conflicts
    assert conflict.startswith("Task ")
    assert "added since" in conflict
    with pytest.raises(errors.CommitConflict):
        undo.commit()
    undo.commit(overwrite=True)
    fresh = connect()
    assert fresh.get("Shot", shot.id) is None
    assert fresh.get("Note", note.id) is None


def test_a_changed_created_entity_is_a_conflict(session: Session, other: Session, production: Production) -> None:
    shot = session.create("Shot", name="changed", parent_id=production.sequences[0])
    receipt = session.commit()
    with other.begin():
        existing(other.get("Shot", shot.id)).description = "theirs"
    (conflict,) = receipt.undo().conflicts
    assert "description of Shot" in conflict


def test_a_deleted_sequence_is_restored_with_its_shots_tasks_versions_and_notes(
    session: Session, connect: Connect, production: Production
) -> None:
    sequence = existing(session.get("Sequence", production.sequences[0]))
    shot = existing(session.get("Shot", production.shots[0]))
    asset = session.create("Asset", name="plate", parent=shot, type=session.query("AssetType").first())
    version = session.create("AssetVersion", asset=asset, task_id=production.tasks[0])
    elsewhere = session.create("AssetVersion", asset=asset, comment="the task is elsewhere")
    outside = session.create(
        "AssetVersion",
        asset=session.create(
            "Asset", name="o", context_id=production.shots[2], type=session.query("AssetType").first()
        ),
        task_id=production.tasks[0],
    )
    note = session.create("Note", content="look", parent_id=version.id, parent_type="AssetVersion")
    session.create("Note", content="reply", in_reply_to_id=note.id)
    shot["metadata"]["frames"] = "100"
    session.commit()
    session.delete(sequence)
    receipt = session.commit()
    kinds = {each.entity_type for each in receipt.side_effects if each.action == "delete"}
    assert {"Shot", "Task", "Asset", "AssetVersion", "Note", "Metadata"} <= kinds
    assert [each.key[0] for each in receipt.side_effects if each.action == "update"] == [outside.id]
    undo = receipt.undo()
    assert undo.conflicts == ()
    assert any("status changes" in each for each in undo.not_restored)
    undo.commit()
    fresh = connect()
    restored = existing(fresh.get("Sequence", sequence.id))
    assert sorted(each["id"] for each in restored["children"]) == sorted(production.shots[:2])
    assert existing(fresh.get("Shot", shot.id))["metadata"]["frames"] == "100"
    assert existing(fresh.get("AssetVersion", version.id))["version"] == version.version
    assert existing(fresh.get("AssetVersion", elsewhere.id))["comment"] == "the task is elsewhere"
    assert existing(fresh.get("AssetVersion", outside.id))["task_id"] == production.tasks[0]
    (reply,) = existing(fresh.get("Note", note.id))["replies"]
    assert (reply["content"], reply["author"]["username"]) == ("reply", fresh.api_user)
    # The session that has deleted it sees it again as well.
    assert existing(session.get("Sequence", sequence.id))["name"] == "sq0"


def test_a_deletion_without_a_search_says_that_it_cannot_be_taken_back(
    session: Session, production: Production
) -> None:
    session.delete(existing(session.get("Task", production.tasks[3])))
    with requests_made(session) as made:
        receipt = session.commit(undoable=False)
    assert made == 1
    undo = receipt.undo()
    assert not undo
    assert undo.not_restored == ("1 Task: the values before the commit are not known.",)


def test_a_task_is_deleted_in_one_request_and_restored_without_its_notes_unless_these_are_searched_for(
    session: Session, other: Session, production: Production
) -> None:
    def delete(undoable: bool | None) -> Receipt:
        task: Any = existing(session.get("Task", production.tasks[3]))
        session.delete(task)
        return session.commit(undoable=undoable)

    task: Any = existing(session.get("Task", production.tasks[3]))
    name = task.name
    task.create_note("to be kept", author=session.query("User").where(username=session.api_user).one())
    session.commit()
    with requests_made(session) as made:
        receipt = delete(True)
    assert made.count > 1
    receipt.undo().commit()
    restored = existing(other.get("Task", production.tasks[3]))
    assert [note["content"] for note in restored["notes"]] == ["to be kept"]

    with requests_made(session) == 1:
        receipt = delete(None)
    undo = receipt.undo()
    assert any("commit(undoable=True)" in sentence for sentence in undo.not_restored)
    undo.commit()
    other.refresh(restored)
    assert (restored["name"], list(restored["notes"])) == (name, [])


def test_an_entity_that_lacked_a_value_which_a_new_one_needs_is_not_restored(
    session: Session, production: Production
) -> None:
    asset = session.create(
        "Asset", name="plate", parent=session.get("Shot", production.shots[0]), type=session.query("AssetType").first()
    )
    version = session.create("AssetVersion", asset=asset)
    session.commit()
    session.delete(version)
    receipt = session.commit()
    (operation,) = receipt.content.operations
    # Some servers may accept a version that is left without its asset.
    before: Any = operation.before
    before.update(asset_id=None)
    undo = receipt.undo()
    assert not undo
    sentence = f"AssetVersion {version.id}: it had no value for asset_id, without which it is refused."
    assert sentence in undo.not_restored


def test_entities_whose_parent_is_gone_are_not_restored(
    session: Session, other: Session, production: Production
) -> None:
    session.delete(existing(session.get("Shot", production.shots[1])))
    receipt = session.commit()
    other.delete(existing(other.get("Sequence", production.sequences[0])))
    other.commit()
    undo = receipt.undo()
    assert not undo
    assert any(f"Shot {production.shots[1]}: the entity it belongs to" in each for each in undo.not_restored)


def test_custom_attributes_and_metadata_are_taken_back(
    session: Session, connect: Connect, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", default=5)
    task = session.query("Task").where(id=production.tasks[1]).one()
    task["metadata"].update({"kept": "1", "removed": "2"})
    session.commit()
    assert task["custom_attributes"][key] == 5
    task["custom_attributes"][key] = 7
    task["metadata"]["kept"] = "changed"
    task["metadata"]["added"] = "3"
    del task["metadata"]["removed"]
    receipt = session.commit()
    receipt.undo().commit()
    assert dict(task["metadata"]) == {"kept": "1", "removed": "2"}
    assert task["custom_attributes"][key] == 5
    fresh = existing(connect().get("Task", task["id"]))
    assert dict(fresh["metadata"]) == {"kept": "1", "removed": "2"}
    assert fresh["custom_attributes"].get(key, inherited=True).source.value == "default"


@pytest.mark.parametrize("earlier", [None, 7])
def test_a_value_that_was_changed_and_deleted_with_its_configuration_is_taken_back(
    session: Session, connect: Connect, production: Production, configure: Configure, earlier: int | None
) -> None:
    key = configure("frames", "number", default=5)
    task = session.query("Task").where(id=production.tasks[1]).one()
    if earlier is not None:
        task["custom_attributes"][key] = earlier
        session.commit()
    configuration = session.query("CustomAttributeConfiguration").where(key=key).one()
    task["custom_attributes"][key] = 8
    session.delete(configuration)
    undo = session.commit(undoable=True).undo()
    assert undo.conflicts == ()
    undo.commit()
    shown = existing(connect().get("Task", task["id"]))["custom_attributes"].get(key, inherited=True)
    assert (shown.value, shown.source.value) == ((5, "default") if earlier is None else (earlier, "explicit"))


def test_a_conflict_about_a_custom_attribute_names_its_key(
    session: Session, other: Session, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", default=5)
    task = session.query("Task").where(id=production.tasks[1]).one()
    task["custom_attributes"][key] = 7
    receipt = session.commit()
    with other.begin():
        existing(other.get("Task", task["id"]))["custom_attributes"][key] = 8
    (conflict,) = receipt.undo().conflicts
    assert f"custom_attributes['{key}']" in conflict
    assert "was 7 when it was committed and is 8" in conflict


def test_members_that_others_have_added_since_stay(
    session: Session, other: Session, connect: Connect, production: Production
) -> None:
    scopes = [session.create("Scope", name=f"{production.name}{n}") for n in range(3)]
    task: Any = session.query("Task").where(id=production.tasks[2]).select("scopes").one()
    task.scopes.append(scopes[0])
    session.commit()
    task.scopes.remove(scopes[0])
    task.scopes.append(scopes[1])
    receipt = session.commit()
    with other.begin():
        existing(other.get("Task", task.id))["scopes"].append(existing(other.get("Scope", scopes[2].id)))
    undo = receipt.undo()
    assert undo.conflicts == ()
    undo.commit()
    fresh = existing(connect().get("Task", task.id))
    assert {each["id"] for each in fresh["scopes"]} == {scopes[0].id, scopes[2].id}


def test_the_number_of_requests_of_an_undo_does_not_depend_on_that_of_the_changes(
    session: Session, production: Production
) -> None:
    numbers = []
    for ids in (production.tasks[:1], production.tasks):
        for task in session.query("Task").where(session.types.Task.id.in_(ids)).select("bid").all():
            task.bid = task.bid + 1
        receipt = session.commit()
        with requests_made(session) as made:
            receipt.undo().commit()
        numbers.append(int(made))
    assert numbers == [2, 2]


def test_unsaved_edits_stay_unsaved(session: Session, other: Session, task: Entity) -> None:
    task.bid = 3
    receipt = session.commit()
    task.name = "unsaved"
    receipt.undo().commit()
    assert session.modified == [task]
    assert (task.name, task.bid) == ("unsaved", 0)
    assert existing(other.get("Task", task.id)).name == "task00"


def test_values_that_the_server_sets_in_place_of_null_are_null_again(
    session: Session, connect: Connect, production: Production
) -> None:
    task: Any = existing(session.get("Task", production.tasks[4]))
    task.priority_id = None
    task.status_id = None
    session.commit()
    session.delete(task)
    session.commit().undo().commit()
    fresh: Any = existing(connect().get("Task", production.tasks[4]))
    assert (fresh.priority_id, fresh.status_id) == (None, None)


def test_a_restored_note_has_the_recipients_it_had(session: Session, connect: Connect, production: Production) -> None:
    note: Any = session.create("Note", content="x", parent_id=production.tasks[0], parent_type="Task")
    session.commit()
    session.delete(session.query("Recipient").where(note_id=note.id).one())
    session.commit()
    session.delete(note)
    session.commit(undoable=True).undo().commit()
    fresh = connect()
    assert existing(fresh.get("Note", note.id))["content"] == "x"
    assert fresh.query("Recipient").where(note_id=note.id).all() == []


def test_a_deleted_member_is_in_its_collections_again(
    session: Session, connect: Connect, production: Production
) -> None:
    scope = session.create("Scope", name=f"doomed {production.name}")
    task: Any = session.query("Task").where(id=production.tasks[6]).select("scopes").one()
    task.scopes.append(scope)
    session.commit()
    session.delete(scope)
    receipt = session.commit(undoable=True)
    (effect,) = receipt.side_effects
    assert (effect.action, effect.key) == ("update", (task.id,))
    receipt.undo().commit()
    assert [each["id"] for each in existing(connect().get("Task", task.id))["scopes"]] == [scope.id]


def test_the_data_of_components_on_the_server_is_said_to_be_gone(session: Session, production: Production) -> None:
    component = session.create("FileComponent", name="main", file_type=".txt")
    session.create(
        "ComponentLocation",
        component=component,
        location=session.query("Location").where(name="ftrack.server").one(),
        resource_identifier=component.id,
    )
    session.commit()
    session.delete(component)
    undo = session.commit(undoable=True).undo()
    assert undo.not_restored == (
        "The data of 1 component on the server: ftrack deletes it with the component. Data in other locations was not "
        "deleted.",
    )


def test_a_commit_in_batches_has_one_receipt(session: Session, connect: Connect, production: Production) -> None:
    for task in session.query("Task").where(session.types.Task.id.in_(production.tasks)).select("id").all():
        task.bid = 1_000
    session.delete(existing(session.get("Shot", production.shots[0])))
    receipt = session.commit(batch_size=4)
    assert [each.action for each in receipt.operations] == [*["update"] * 12, "delete"]
    assert sorted((each.before or {})["bid"] for each in receipt.operations[:12]) == [*range(12)]
    receipt.undo().commit()
    bids = connect().query("Task").where(project_id=production.project).select("bid").all()
    assert sorted(each["bid"] for each in bids) == [*range(12)]


def test_an_entity_that_was_moved_into_a_deleted_one_is_restored_in_its_place(
    session: Session, connect: Connect, production: Production
) -> None:
    moved, left = (existing(session.get("Task", production.tasks[each])) for each in (9, 0))
    doomed = existing(session.get("Shot", production.shots[0]))
    moved["parent"], left["parent"] = doomed, existing(session.get("Shot", production.shots[3]))
    session.delete(doomed)
    receipt = session.commit()
    receipt.undo().commit()
    fresh = connect()
    assert existing(fresh.get("Task", moved["id"]))["parent_id"] == production.shots[3]
    assert existing(fresh.get("Task", left["id"]))["parent_id"] == production.shots[0]


def test_entities_that_the_commit_has_moved_below_a_created_one_are_moved_back_with_their_content(
    session: Session, connect: Connect, production: Production
) -> None:
    sequence = session.create("Sequence", name="between", parent_id=production.project)
    shot = existing(session.get("Shot", production.shots[0]))
    shot["parent"] = sequence
    undo = session.commit().undo()
    assert undo.conflicts == ()
    undo.commit()
    fresh = connect()
    assert existing(fresh.get("Shot", production.shots[0]))["parent_id"] == production.sequences[0]
    assert fresh.get("Task", production.tasks[0]) is not None
    assert fresh.get("Sequence", sequence["id"]) is None
