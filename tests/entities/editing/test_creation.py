"""The primary key, defaults and initial values of a new entity."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.editing.creation import Defaults, new_primary_key
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import NOT_LOADED
from tests.assertions import existing
from tests.production import Production


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


def test_the_key_is_given_or_belongs_to_a_given_reference(schema: Schema) -> None:
    assert new_primary_key(schema.type("Task"), {"id": "t"}) == ("t",)
    assert new_primary_key(schema.type("Metadata"), {"parent_id": "t", "key": "a"}) == ("t", "a")


def test_a_key_made_of_references_is_that_of_their_entities(session: Session) -> None:
    user, group = existing(session.query("User").first()), session.create("Group", name="artists")
    membership = session.create("Membership", user=user, group=group)
    assert (membership.user_id, membership.group_id) == (user.id, group.id)


def test_a_missing_part_of_a_key_is_named(schema: Schema) -> None:
    with pytest.raises(errors.InvalidValue, match="A new Metadata needs key") as caught:
        new_primary_key(schema.type("Metadata"), {"parent_id": "t"})
    assert caught.value.attribute == "key"
    with pytest.raises(errors.ReadOnlyAttribute, match="Task entities cannot be created"):
        new_primary_key(schema.type("Task"), {})


def test_a_generated_default_is_another_one_each_time(schema: Schema) -> None:
    defaults, task = Defaults(), schema.type("Task")
    ids = {defaults.of(task, {})["id"] for _ in range(3)}
    assert len(ids) == 3
    assert "id" not in defaults.of(task, {"id": "t"})


def test_a_given_reference_replaces_the_default_of_its_key(schema: Schema) -> None:
    task = schema.type("Task")
    keyed = next(name for name in Defaults().of(task, {}) if task.keyed_references.get(name))
    (reference, *_) = task.keyed_references[keyed]
    assert keyed not in Defaults().of(task, {reference: None})


def test_initial_values_are_all_changes(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="new", parent=shot)
    originals = existing(task._ftrack_state.originals)
    assert {"id", "name", "parent", "parent_id"} <= originals.keys()
    assert set(originals.values()) == {NOT_LOADED}
    assert task.__dict__["parent_id"] == shot.id


def test_a_computed_attribute_cannot_be_an_initial_value(session: Session) -> None:
    with pytest.raises(errors.ReadOnlyAttribute, match=r"Task\.link is computed"):
        session.create("Task", name="new", link=[])
    assert session.created == []
