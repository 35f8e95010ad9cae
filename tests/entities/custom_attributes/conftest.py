"""Configurations of custom attributes for the project of a test."""

import json

import pytest


@pytest.fixture
def configure(connect, production):
    """Create a configuration for the test's project in another session and return its key, which is unique."""
    maker = connect()

    def make(key, kind, default=None, config=None, object_type="Task", **rest):
        type_ = maker.query("CustomAttributeType").where(f'name is "{kind}"').one()
        entity_type = rest.pop("entity_type", "task" if object_type else "show")
        object_type_id = None
        if object_type is not None:
            object_type_id = maker.query("ObjectType").where(name=object_type).one().id
        configuration = maker.create(
            "CustomAttributeConfiguration",
            {
                "key": f"{key}_{production.name}",
                "label": key,
                "entity_type": entity_type,
                "object_type_id": object_type_id,
                "project_id": production.project,
                "type": type_,
                "default": default,
                "config": json.dumps(config or {}),
                **rest,
            },
        )
        maker.commit()
        return configuration.key

    return make


@pytest.fixture
def inheriting(configure):
    """The key of a hierarchical text attribute whose default is "rec709"."""
    return configure("colorspace", "text", "rec709", object_type=None, is_hierarchical=True)


@pytest.fixture
def task(session, production):
    return session.get("Task", production.tasks[0])


@pytest.fixture
def set_elsewhere(connect):
    """Set a custom attribute in another session."""

    def change(entity_type, id_, key, value):
        with connect() as other:
            other.get(entity_type, id_).custom_attributes[key] = value
            other.commit()

    return change
