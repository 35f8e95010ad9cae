"""An entity as a Python object: access, printing, copying."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity, given_key
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = session.query("Task").where(id=production.tasks[0]).select("name", "bid").one()
    return task


def test_deleting_an_attribute_is_refused_with_the_way_to_clear_it(task: Entity) -> None:
    with pytest.raises(errors.UsageError, match="None to clear"):
        del task.name


def test_entities_are_made_by_sessions_only(session: Session) -> None:
    with pytest.raises(errors.UsageError, match=r"session\.create"):
        session.types.Task(name="x")


def test_an_entity_cannot_be_pickled_or_copied(task: Entity) -> None:

    with pytest.raises(errors.UsageError, match="pass its id"):
        pickle.dumps(task)


def test_printing_an_entity_makes_no_request(session: Session, task: Entity) -> None:
    with requests_made(session) as made:
        assert repr(task) == f"<Task 'task00' {task.id} persistent>"
    assert made == 0


def test_dir_and_hasattr_of_an_entity_know_its_attributes(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    assert {"status", "assignments", "bid"} <= set(dir(task))
    assert not hasattr(task, "statsu")
    assert not hasattr(task, "__wrapped__")


def test_item_and_attribute_access_are_the_same(task: Entity) -> None:
    assert task["name"] == task.name == "task00"
    task["bid"] = 7
    assert task.bid == 7
    names: list[Any] = ["statsu", 3, []]
    for name in names:
        with pytest.raises(errors.UnknownAttribute, match=r"Task has no attribute 'statsu'|as in entity"):
            task[name]


@pytest.mark.parametrize("key", [None, "", (), ("a", "b"), [None], 1.5, b"a"])
def test_a_key_of_another_form_is_refused(session: Session, key: Any) -> None:
    with pytest.raises(errors.InvalidValue, match="The key of Task is id"):
        given_key(session.schema.type("Task"), key)


@pytest.mark.parametrize("key", ["a", ("a",), ["a"]])
def test_a_key_is_one_value_or_a_sequence(session: Session, key: Any) -> None:
    assert given_key(session.schema.type("Task"), key) == ("a",)
    assert given_key(session.schema.type("Metadata"), ["a", 1]) == ("a", "1")
