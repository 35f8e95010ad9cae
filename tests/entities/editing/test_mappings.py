"""Mapped collections: `metadata` and `custom_attributes`."""

from __future__ import annotations

import json

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.entities.planned_operations import planned_operations
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


def test_metadata_is_a_mapping(task: Entity) -> None:
    assert dict(task.metadata) == {}
    task.metadata["a"] = "1"
    task.metadata.update(b="2", c="3")
    del task.metadata["b"]
    assert dict(task.metadata) == {"a": "1", "c": "3"}
    assert task.metadata == {"a": "1", "c": "3"}
    assert "a" in task.metadata
    assert task.metadata.get("b") is None
    assert len(task.metadata) == 2
    with pytest.raises(KeyError, match="has no key 'b'"):
        task.metadata["b"]
    with pytest.raises(errors.InvalidValue, match="text"):
        task.metadata["a"] = 3
    with pytest.raises(errors.InvalidValue, match=r"Keys of Task\.metadata are text"):
        task.metadata[3] = "x"


def test_metadata_is_committed_read_back_changed_and_deleted(session: Session, other: Session, task: Entity) -> None:
    task.metadata["a"] = "1"
    task.metadata["b"] = "2"
    with requests_made(session) as made:
        assert session.commit() == 2
    assert made == 1
    seen = existing(other.get("Task", task.id))
    assert dict(seen.metadata) == {"a": "1", "b": "2"}
    task.metadata["a"] = "one"
    del task.metadata["b"]
    assert session.commit() == 2
    fresh = other.query("Metadata").where(f'parent_id is "{task.id}"').select("key", "value").all()
    assert [(row.key, row.value) for row in fresh] == [("a", "one")]


def test_metadata_set_back_is_no_change(session: Session, task: Entity) -> None:
    task.metadata["a"] = "1"
    session.commit()
    task.metadata["a"] = "2"
    assert inspect(task).changes["metadata"].old == {"a": "1"}
    assert inspect(task).changes["metadata"].new == {"a": "2"}
    task.metadata["a"] = "1"
    assert session.modified == []
    del task.metadata["a"]
    task.metadata["a"] = "1"
    assert session.plan() == []


def test_metadata_of_a_new_entity_is_created_with_it(session: Session, other: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="with metadata", parent=shot, metadata={"a": "1"})
    task.metadata["b"] = "2"
    session.commit()
    assert dict(existing(other.get("Task", task.id)).metadata) == {"a": "1", "b": "2"}
    task.metadata["b"] = "two"
    assert session.commit() == 1


def test_assigning_a_mapping_replaces_the_pairs(session: Session, other: Session, task: Entity) -> None:
    task.metadata = {"a": "1", "b": "2"}
    session.commit()
    task.metadata = {"b": "2", "c": "3"}
    session.commit()
    assert dict(existing(other.get("Task", task.id)).metadata) == {"b": "2", "c": "3"}
    with pytest.raises(errors.InvalidValue, match="mapping of keys to values"):
        task.metadata = "abc"


def test_metadata_is_loaded_for_all_peers_at_once(session: Session, production: Production) -> None:
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    with requests_made(session) as made:
        assert [dict(task.metadata) for task in tasks] == [{}] * 12
    assert made == 1


@pytest.fixture
def custom_attribute(session: Session, production: Production) -> str:
    """The key of a custom attribute of type number, for the tasks of the test's project."""
    number = session.query("CustomAttributeType").where("name is number").one()
    object_type = session.query("ObjectType").where("name is Task").one()
    key = f"frames_{production.name}"
    session.create(
        "CustomAttributeConfiguration",
        key=key,
        label="Frames",
        entity_type="task",
        object_type_id=object_type.id,
        project_id=production.project,
        type=number,
        default=24,
        config=json.dumps({"isdecimal": False}),
    )
    session.commit()
    return key


def test_a_custom_attribute_has_its_default_or_the_value_that_was_set(
    session: Session, other: Session, production: Production, custom_attribute: str
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    assert task.custom_attributes[custom_attribute] == 24
    task.custom_attributes[custom_attribute] = 48
    assert session.commit() == 1
    assert existing(other.get("Task", task.id)).custom_attributes[custom_attribute] == 48
    assert existing(other.get("Task", production.tasks[1])).custom_attributes[custom_attribute] == 24


def test_custom_attributes_can_be_criteria_of_queries(
    session: Session, production: Production, custom_attribute: str
) -> None:
    Task = session.types.Task
    existing(session.get("Task", production.tasks[2])).custom_attributes[custom_attribute] = 100
    session.commit()
    found = session.query(Task).where(Task.custom_attributes[custom_attribute] > 99).all()
    assert [task.id for task in found] == [production.tasks[2]]


def test_a_key_that_is_not_configured_is_refused_with_suggestions(
    session: Session, production: Production, custom_attribute: str
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    with pytest.raises(errors.UnknownAttribute, match=f"Did you mean '{custom_attribute}'"):
        task.custom_attributes[custom_attribute[:-1] + "x"] = 3
    with pytest.raises(errors.ReadOnlyAttribute, match="set it to None"):
        del task.custom_attributes[custom_attribute]
    assert session.modified == []


def test_updating_sets_all_pairs_or_none(session: Session, other: Session, task: Entity) -> None:
    task.metadata.update({"a": "1"}, b="2")
    with pytest.raises(errors.InvalidValue, match=r"metadata\['d'\]"):
        task.metadata.update({"c": "3", "d": 4})
    assert dict(task.metadata) == {"a": "1", "b": "2"}
    task.metadata.update([("a", "5")])
    task.metadata.update()
    session.commit()
    assert dict(existing(other.get("Task", task.id)).metadata) == {"a": "5", "b": "2"}


def test_an_edit_that_another_user_has_made_too_is_dropped(session: Session, other: Session, task: Entity) -> None:
    scope = session.create("Scope", name="scope")
    session.commit()
    task.metadata["a"] = "1"
    task.scopes.append(scope)
    theirs = existing(other.get("Task", task.id))
    theirs.metadata["a"] = "1"
    theirs.scopes.append(existing(other.get("Scope", scope.id)))
    other.commit()
    session.refresh(task)
    assert (session.modified, planned_operations(session)) == ([], [])
    assert (dict(task.metadata), list(task.scopes)) == ({"a": "1"}, [scope])
