"""Attributes: expressions on entity classes, values on entities."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


def test_an_attribute_of_a_class_is_an_expression(session: Session) -> None:
    Task = session.types.Task
    query = session.query(Task).where(Task.status.name == "Done", Task.bid > 3).order_by(Task.name.desc())
    assert str(query) == 'Task where status.name is "Done" and bid > 3 order by name descending'


def test_an_inherited_attribute_is_an_expression_of_the_class_it_is_read_from(session: Session) -> None:
    Task, Context = session.types.Task, session.types.Context
    assert str(session.query(Task).where(Task.name == "x")) == 'Task where name is "x"'
    assert str(session.query(Context).where(Context.name == "x")) == 'Context where name is "x"'
    with pytest.raises(errors.UnknownAttribute):
        Context.bid  # noqa: B018 - reading it is what fails


def test_the_type_of_the_entity_decides_which_attributes_can_be_set(session: Session, production: Production) -> None:
    task = existing(session.get("Context", production.tasks[0]))
    base = session.types.TypedContext.__attributes__["object_type_id"].attribute
    own = session.types.Task.__attributes__["object_type_id"].attribute
    assert (base.immutable, own.immutable) == (False, True)
    with pytest.raises(errors.ReadOnlyAttribute, match="object_type_id"):
        task.object_type_id = session.query("ObjectType").where(name="Shot").one().id
    assert not session.modified


def test_an_attribute_that_was_never_set_on_a_new_entity_is_empty(session: Session) -> None:
    task = session.create("Task", name="new")
    with requests_made(session) == 0:
        assert (task.description, task.thumbnail, list(task.children), dict(task.metadata)) == (None, None, [], {})
    assert task.children is task.children
    assert task.metadata is task.metadata


def test_a_reference_of_a_new_entity_is_loaded_by_its_key(session: Session, production: Production) -> None:
    task = session.create("Task", name="new", parent_id=production.shots[0])
    with requests_made(session) == 1:
        assert task.parent.name == "sh0"
    with session.fetching("never"):
        assert session.create("Task", name="new", parent_id="unknown").parent is None
