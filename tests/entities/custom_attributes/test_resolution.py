"""Custom attributes of new entities are resolved for the parents that the entities have at the commit."""

import uuid

import pytest

from ftrack_orm.testing import requests_made


@pytest.fixture
def configure_for_all_projects(connect):
    """Create a configuration like that of a key, but for all projects and with the default 1, and return its id."""

    def make(key):
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
            return shared.id

    return make


def test_a_new_entity_has_the_defaults_that_apply_to_its_current_parent(session, production, configure):
    key = configure("frames", "number", 24)
    task = session.create("Task", name="nowhere yet")
    assert key not in task.custom_attributes
    task.parent = session.get("Shot", production.shots[0])
    assert task.custom_attributes[key] == 24
    task.custom_attributes[key] = 48
    assert [operation.entity_type for operation in session.plan()] == ["Task", "ContextCustomAttributeValue"]


def test_an_edit_is_for_the_configuration_that_applies_to_the_final_parent(
    session, other, production, configure, configure_for_all_projects
):
    key = configure("frames", "number", 24)
    shared = configure_for_all_projects(key)
    task = session.create("Task", name="nowhere yet")
    assert task.custom_attributes[key] == 1
    task.custom_attributes[key] = 48
    assert session.plan()[-1].key[0] == shared
    task.parent = session.get("Shot", production.shots[0])
    session.commit()
    assert other.get("Task", task.id).custom_attributes[key] == 48


def test_a_final_parent_that_the_session_knows_by_id_only_is_loaded_before_the_commit(
    session, other, production, configure, configure_for_all_projects
):
    key = configure("frames", "number", 24)
    shared = configure_for_all_projects(key)
    tasks = [session.create("Task", name=f"nowhere yet {n}") for n in range(2)]
    for task, shot in zip(tasks, production.shots, strict=False):
        task.custom_attributes[key] = 48
        assert session.plan()[-1].key[0] == shared
        task.parent_id = shot
    with requests_made(session) == 2:  # both parents, and the commit
        session.commit()
    for task in tasks:
        assert other.get("Task", task.id).custom_attributes[key] == 48


def test_a_new_entity_with_only_the_id_of_its_parent_has_the_attributes_that_apply_to_it(
    session, other, production, configure
):
    key = configure("frames", "number", 24)
    task = session.create("Task", name="new", parent_id=production.shots[0], custom_attributes={key: 48})
    assert session.plan()[-1].data == {"value": 48}
    session.commit()
    assert other.get("Task", task.id).custom_attributes[key] == 48
    lost = session.create("Task", name="lost", parent_id=str(uuid.uuid4()))
    assert key not in lost.custom_attributes
