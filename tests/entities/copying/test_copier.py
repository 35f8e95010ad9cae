"""Copies of trees have the values of the copied entities, and lead to each other and not to the copied ones."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.copying.parts import PARTS
from ftrack_orm.entities.entity import Entity
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production, create_production

from .conftest import FROM, TO


def by_name(entity: Entity) -> dict[str, Entity]:
    return {child.name: child for child in entity.children}


def test_a_shot_is_copied_with_its_tasks_in_one_commit(
    session: Session, other: Session, shot: Entity, key: str, inheriting: str
) -> None:
    with requests_made(session) == 5:  # contexts, their parts, the destination, configurations, commit
        result = session.copy(shot, values={"name": "sh900"})
    copy = existing(other.get("Shot", result[shot]))
    assert copy.id == result.entity.id != shot.id
    assert (copy.name, copy.description, copy.parent_id) == ("sh900", "the opening", shot.parent_id)
    assert dict(copy.metadata) == {"camera": "A"}
    assert [scope.name for scope in copy.scopes] == [f"onset {shot.id}"]
    assert copy.custom_attributes[inheriting] == "aces"
    tasks = by_name(copy)
    assert sorted(tasks) == ["task00", "task01", "task02"]
    first = tasks["task00"]
    assert (first.status.name, first.bid) == ("Approved", 3600.0)
    assert (first.start_date, first.end_date) == (FROM, TO)
    assert first.custom_attributes[key] == 12
    assert tasks["task01"].custom_attributes[key] == 8
    assert other.query("CustomAttributeValue").where(entity_id=tasks["task01"].id).all() == []
    assert (copy.notes[:], copy.assets[:], first.assignments[:]) == ([], [], [])
    assert (first.outgoing_links[:], first.incoming_links[:]) == ([], [])
    assert len(result) == 4
    assert result.left_out == ()
    assert session.modified == session.created == []


def test_everything_can_be_included(session: Session, other: Session, shot: Entity, production: Production) -> None:
    result = session.copy(shot, existing(session.get("Sequence", production.sequences[1])), include="all")
    assert result.left_out == ()
    copy = existing(other.get("Shot", result[shot]))
    assert copy.parent_id == production.sequences[1]
    tasks = by_name(copy)
    original = other.query("Note").where(parent_id=shot.id, in_reply_to_id=None).one()
    assert [link.to.id for link in tasks["task00"].outgoing_links] == [tasks["task01"].id]
    assert [link.to.id for link in tasks["task01"].outgoing_links] == [production.tasks[11]]
    assert [each.resource.username for each in tasks["task00"].assignments] == [session.api_user]
    (note,) = (each for each in copy.notes if each.in_reply_to_id is None)
    assert (note.content, note.is_todo, note.date, note.user_id) == (
        *("darker", True, original.date, original.user_id),
    )
    assert [link.label.name for link in note.note_label_links] == [f"client {shot.id}"]
    assert [(reply.content, reply.parent_id) for reply in note.replies] == [("done", copy.id)]
    assert [each.component.name for each in note.note_components] == ["sketch"]
    assert [(each.user.username, each.type.name) for each in tasks["task00"].managers] == [(session.api_user, "lead")]
    (link,) = other.query("CustomAttributeLink").where(from_id=copy.id).all()
    assert (link.configuration.key, link.to_id) == (f"supervisor {shot.id}", original.user_id)
    (asset,) = copy.assets
    assert asset.name == "plate"
    versions = sorted(asset.versions, key=lambda version: version.version)
    assert [(each.version, each.comment, each.task_id) for each in versions] == [
        (1, "first", tasks["task00"].id),
        (2, "second", tasks["task00"].id),
    ]
    assert [each.id for each in versions[1].uses_versions] == [versions[0].id]


def test_every_stored_value_of_every_copied_entity_is_that_of_the_original(
    session: Session, other: Session, shot: Entity
) -> None:
    result = session.copy(shot, include="all", values={"name": "sh899"})
    types = {other.schema.type(part.entity_type).family for part in PARTS} | {"Context"}
    types = {name for name in types if other.schema.type(name).primary_key == ("id",)}
    compared = set()
    for old, new in result.items():
        family = next(each for each in types if other.query(each).where(id=old).exists())
        original, copy = existing(other.get(family, old)), existing(other.get(family, new))
        assert type(copy) is type(original)
        for name, attribute in original.__schema__.attributes.items():
            if attribute.kind is not Kind.SCALAR or attribute.restricted or attribute.computed:
                continue
            value = original[name]
            if (original.__entity_type__, name) == ("Shot", "name"):
                value = "sh899"
            if name not in ("created_at", "thread_activity"):
                expected = result.get(value, value) if isinstance(value, str) else value
                assert copy[name] == expected, (original, name)
                compared.add((family, name))
    assert {family for family, _ in compared} == {
        *("Context", "Asset", "AssetVersion", "Note", "TypedContextLink", "AssetVersionLink", "Appointment"),
        *("Manager", "CustomAttributeLink"),
    }
    assert len(compared) > 50


def test_only_what_is_included_is_copied(session: Session, other: Session, shot: Entity) -> None:
    result = session.copy(shot, include=["notes", "versions"], values={"name": "sh901"})
    copy = existing(other.get("Shot", result[shot]))
    assert copy.children[:] == []
    assert len(copy.notes) == 2
    assert [version.task_id for version in copy.assets[0].versions] == [None, None]
    assert result.left_out == ("AssetVersion.task_id: it refers to an entity that is not copied (2)",)
    with pytest.raises(errors.InvalidValue, match=r"cannot include 'task'.*Did you mean 'tasks'"):
        session.copy(shot, include="task")


def test_copying_again_creates_only_what_is_missing(session: Session, other: Session, shot: Entity) -> None:
    first = session.copy(shot, include="all", values={"name": "sh902"})
    again = other.copy(existing(other.get("Shot", shot.id)), include="all", values={"name": "sh902"})
    assert (dict(again), again.created) == (dict(first), 0)
    with session.begin():
        session.create("Task", name="later", parent=shot, metadata={"new": "yes"})
        for task in by_name(first.entity).values():
            if task.name == "task01":
                session.delete(task)
    completed = session.copy(shot, include="all", values={"name": "sh902"})
    assert completed.entity is first.entity
    names = {child.name for child in other.query("Task").where(parent_id=first.entity.id)}
    assert names == {"task00", "task01", "task02", "later"}
    assert {**completed, **first} == dict(completed)


def test_a_copy_that_was_renamed_or_moved_is_another_one(
    session: Session, shot: Entity, production: Production
) -> None:
    first = session.copy(shot, values={"name": "sh903"})
    first.entity.name = "sh903_old"
    session.commit()
    second = session.copy(shot, values={"name": "sh903"})
    assert second.entity is not first.entity
    second.entity.parent = existing(session.get("Sequence", production.sequences[1]))
    session.commit()
    assert session.copy(shot, values={"name": "sh903"}).entity not in (first.entity, second.entity)


def test_a_name_that_is_taken_is_an_error_before_anything_is_created(
    session: Session, shot: Entity, production: Production
) -> None:
    with pytest.raises(errors.InvalidValue, match=r"another Shot with the name 'sh0'.*values="):
        session.copy(shot)
    with pytest.raises(errors.InvalidValue, match="'sh2'"):
        session.copy(shot, existing(session.get("Sequence", production.sequences[1])), values={"name": "sh2"})


def test_other_changes_stay_pending_and_changes_of_copied_entities_are_an_error(
    session: Session, shot: Entity, production: Production
) -> None:
    other_task = existing(session.get("Task", production.tasks[11]))
    other_task.name = "pending"
    session.copy(shot, values={"name": "sh904"})
    assert session.modified == [other_task]
    shot.children[0].name = "pending"
    with pytest.raises(errors.UsageError, match=r"'pending'.*not committed"):
        session.copy(shot, values={"name": "sh905"})
    session.rollback()
    session.delete(shot.children[0])
    with pytest.raises(errors.UsageError, match="not committed"):
        session.copy(shot, values={"name": "sh905"})
    session.rollback()


def test_a_refused_copy_leaves_nothing(session: Session, other: Session, shot: Entity) -> None:
    with pytest.raises(errors.ServerError):
        session.copy(shot, values={"name": "sh906", "status_id": str(uuid.uuid4())})
    assert session.created == []
    assert other.query("Shot").where(name="sh906").first() is None
    result = session.copy(shot, values={"name": "sh906"})
    assert result.created == 7  # the shot, three tasks, metadata and two custom attributes


def test_a_copy_in_several_requests_is_completed_after_a_failure(
    connect: Connect, other: Session, shot: Entity
) -> None:
    done: list[tuple[int, int]] = []

    class Interrupted(Exception):
        pass

    def interrupt(*progress: int) -> None:
        done.append((progress[0], progress[1]))
        if len(done) == 2:
            raise Interrupted

    session = connect()
    own = existing(session.get("Shot", shot.id))
    with pytest.raises(Interrupted):
        session.copy(own, include="all", values={"name": "sh907"}, batch_size=4, on_progress=interrupt)
    assert session.created == []
    partial = other.query("Shot").where(name="sh907").one()
    result = session.copy(own, include="all", values={"name": "sh907"}, batch_size=4)
    assert result.entity.id == partial.id
    complete = other.copy(existing(other.get("Shot", shot.id)), include="all", values={"name": "sh908"})
    assert result.created < complete.created
    assert len(result) == len(complete)
    copies = [existing(other.get("Shot", each)) for each in (partial.id, complete[shot])]
    assert len({len(copy.notes) for copy in copies}) == 1
    assert [dict(copy.metadata) for copy in copies] == [{"camera": "A"}] * 2


def test_a_copy_cannot_be_made_into_itself_or_of_new_entities(
    session: Session, other: Session, shot: Entity, production: Production
) -> None:
    sequence = existing(session.get("Sequence", production.sequences[0]))
    with pytest.raises(errors.InvalidValue, match="a part of it"):
        session.copy(sequence, shot)
    with pytest.raises(errors.InvalidValue, match="a part of it"):
        session.copy(shot, shot, values={"name": "x"})
    new = session.create("Shot", name="new", parent=sequence)
    with pytest.raises(errors.UsageError, match="Commit it first"):
        session.copy(new, sequence)
    with pytest.raises(errors.UsageError, match="Commit it first"):
        session.copy(shot, new)
    session.rollback()
    with pytest.raises(errors.InvalidValue, match="entity of the session"):
        other.copy(shot)


def test_a_task_template_creates_its_tasks(session: Session, other: Session, shot: Entity) -> None:
    schema = existing(session.query("ProjectSchema").first())
    modeling, rigging = (session.query("Type").where(name=name).one() for name in ("Modeling", "Rigging"))
    template = session.create("TaskTemplate", name="asset", project_schema=schema)
    for type_ in (modeling, rigging, modeling):
        session.create("TaskTemplateItem", template=template, task_type=type_)
    session.commit()
    result = session.copy(template, shot, values={"bid": 7200.0})
    assert result.entity is shot
    created = other.query("Task").where(parent_id=shot.id).where("name not_in (task00, task01, task02)").all()
    assert {(task.name, task.type.name, task.bid) for task in created} == {
        ("Modeling", "Modeling", 7200.0),
        ("Modeling 2", "Modeling", 7200.0),
        ("Rigging", "Rigging", 7200.0),
    }
    assert session.copy(template, shot).created == 0
    with pytest.raises(errors.InvalidValue, match="needs a destination"):
        session.copy(template)


def test_a_project_is_copied_to_another_server(
    session: Session, there: Session, shot: Entity, production: Production
) -> None:
    project = existing(session.get("Project", production.project))
    bidding = session.create("Status", name=f"Bidding {project.id}", is_active=True)
    shot.status = bidding
    session.commit()
    with pytest.raises(errors.InvalidValue, match=rf"no equivalent of .*Status '{bidding.name}' \(1\)"):
        session.copy(project, include="all", to=there)
    assert there.query("Project").where(name=project.name).first() is None
    bidding_there = there.create("Status", name=bidding.name, is_active=True)
    there.commit()
    result = session.copy(project, include="all", to=there, missing="skip")
    assert result.entity.name == project.name
    copy = existing(there.get("Shot", result[shot]))
    assert inspect(copy).path == f"{production.name}/sq0/sh0"
    assert copy.status is bidding_there
    assert [task.name for task in sorted(copy.children, key=lambda task: task.name)] == ["task00", "task01", "task02"]
    assert [version.task.name for version in copy.assets[0].versions] == ["task00", "task00"]
    assert len(copy.notes) == 2
    assert "no equivalent of Scope" in " ".join(result.left_out)
    assert "handles" in " ".join(result.left_out)
    assert len(there.query("Task").where(project_id=result.entity.id).all()) == 12
    assert session.copy(project, include="all", to=there, missing="skip").created == 0


def test_custom_attributes_are_found_by_key_on_another_server(
    session: Session, there: Session, shot: Entity, key: str, inheriting: str
) -> None:
    schema = existing(there.query("ProjectSchema").first())
    project = there.create("Project", name=f"target {shot.id}", project_schema=schema)
    task_type = there.query("ObjectType").where(name="Task").one()
    kinds = {kind: there.query("CustomAttributeType").where(name=kind).one() for kind in ("number", "text")}
    for name, kind, rest in (
        (key, "number", {"object_type_id": task_type.id}),
        (inheriting, "text", {"is_hierarchical": True}),
    ):
        values: dict[str, Any] = {
            "key": name,
            "label": name,
            "entity_type": "task",
            "type": kinds[kind],
            "config": "{}",
        }
        there.create("CustomAttributeConfiguration", {**values, "type": kinds[kind], **rest})
    there.commit()
    result = session.copy(shot, project, to=there, missing="skip")
    copy = existing(there.get("Shot", result[shot]))
    assert copy.custom_attributes[inheriting] == "aces"
    assert by_name(copy)["task00"].custom_attributes[key] == 12
    assert inspect(copy).path == f"{project.name}/sh0"


def test_values_of_the_copy_replace_those_of_the_original(
    session: Session, other: Session, shot: Entity, inheriting: str
) -> None:
    values = {
        "name": "sh910",
        "status": session.query("Status").where(name="Omitted").one(),
        "metadata": {"camera": "B", "lens": "35"},
        "custom_attributes": {inheriting: "log"},
        "scopes": [],
    }
    result = session.copy(shot, values=values)
    copy = existing(other.get("Shot", result[shot]))
    assert (copy.name, copy.status.name, copy.scopes[:]) == ("sh910", "Omitted", [])
    assert dict(copy.metadata) == {"camera": "B", "lens": "35"}
    assert copy.custom_attributes[inheriting] == "log"
    assert session.copy(shot, values=values).created == 0
    assert result[shot] == result[shot.id]
    for unknown in ("nothing", 5, result.entity):
        with pytest.raises(KeyError):
            result[unknown]  # type: ignore[index]  # which is tested
    assert len(result) == len(list(result))
    assert str(len(result)) in repr(result)


def test_custom_attributes_of_another_project_are_missing(
    session: Session, connect: Connect, shot: Entity, key: str, inheriting: str
) -> None:
    with connect() as creator:
        elsewhere = create_production(creator)
    sequence = existing(session.get("Sequence", elsewhere.sequences[0]))
    with pytest.raises(errors.InvalidValue) as caught:
        session.copy(shot, sequence, values={"name": "sh911"})
    assert f"the custom attribute '{key}' (number) of Task (1)" in str(caught.value)
    assert f"the custom attribute '{inheriting}' (text) of Shot (1)" in str(caught.value)
    result = session.copy(shot, sequence, values={"name": "sh911"}, missing="skip")
    assert len(result.left_out) == 2
    assert inspect(result.entity).path == f"{elsewhere.name}/sq0/sh911"


def test_an_asset_is_copied_to_another_shot(
    session: Session, other: Session, shot: Entity, production: Production
) -> None:
    asset = shot.assets[0]
    target = existing(session.get("Shot", production.shots[1]))
    result = session.copy(asset, target, include="versions")
    copy = existing(other.get("Asset", result[asset]))
    assert (copy.name, copy.context_id, len(copy.versions)) == ("plate", target.id, 2)
    with pytest.raises(errors.InvalidValue, match="another Asset with the name 'plate'"):
        session.copy(asset)
    assert session.copy(asset, values={"name": "plate2"}).entity.context_id == shot.id
