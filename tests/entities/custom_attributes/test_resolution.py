"""Custom attributes of new entities are resolved for the parents that the entities have at the commit."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.entities.planned_operations import planned_operations
from tests.production import Connect, Production


@pytest.fixture
def configure_for_all_projects(connect: Connect) -> Callable[[str], str]:
    """Create a configuration like that of a key, but for all projects and with the default 1, and return its id."""

    def make(key: str) -> str:
        with connect() as maker:
            own = maker.query("CustomAttributeConfiguration").where(key=key).one()
            shared = maker.create(
                "CustomAttributeConfiguration",
                key=key,
                label="Frames",
                entity_type="task",
                object_type_id=own.object_type_id,
                type_id=own.type_id,
                default=1,
                config="{}",
            )
            maker.commit()
            return str(shared.id)

    return make


def test_a_new_entity_has_the_defaults_that_apply_to_its_current_parent(
    session: Session, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    task = session.create("Task", name="nowhere yet")
    assert key not in task.custom_attributes
    task.parent = existing(session.get("Shot", production.shots[0]))
    assert task.custom_attributes[key] == 24
    task.custom_attributes[key] = 48
    assert [operation.entity_type for operation in planned_operations(session)] == [
        "Task",
        "ContextCustomAttributeValue",
    ]


def test_an_edit_is_for_the_configuration_that_applies_to_the_final_parent(
    session: Session,
    other: Session,
    production: Production,
    configure: Configure,
    configure_for_all_projects: Callable[[str], str],
) -> None:
    key = configure("frames", "number", 24)
    shared = configure_for_all_projects(key)
    task = session.create("Task", name="nowhere yet")
    assert task.custom_attributes[key] == 1
    task.custom_attributes[key] = 48
    assert planned_operations(session)[-1].key[0] == shared
    task.parent = existing(session.get("Shot", production.shots[0]))
    session.commit()
    assert existing(other.get("Task", task.id)).custom_attributes[key] == 48


def test_a_final_parent_that_the_session_knows_by_id_only_is_loaded_before_the_commit(
    session: Session,
    other: Session,
    production: Production,
    configure: Configure,
    configure_for_all_projects: Callable[[str], str],
) -> None:
    key = configure("frames", "number", 24)
    shared = configure_for_all_projects(key)
    tasks = [session.create("Task", name=f"nowhere yet {n}") for n in range(2)]
    for task, shot in zip(tasks, production.shots, strict=False):
        task.custom_attributes[key] = 48
        assert planned_operations(session)[-1].key[0] == shared
        task.parent_id = shot
    with requests_made(session) == 2:  # both parents, and the commit
        session.commit()
    for task in tasks:
        assert existing(other.get("Task", task.id)).custom_attributes[key] == 48


def test_a_new_entity_with_only_the_id_of_its_parent_has_the_attributes_that_apply_to_it(
    session: Session, other: Session, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    task = session.create("Task", name="new", parent_id=production.shots[0], custom_attributes={key: 48})
    assert planned_operations(session)[-1].data == {"value": 48}
    session.commit()
    assert existing(other.get("Task", task.id)).custom_attributes[key] == 48
    lost = session.create("Task", name="lost", parent_id=str(uuid.uuid4()))
    assert key not in lost.custom_attributes
