"""Configurations of custom attributes for the project of a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from tests.assertions import existing
from tests.production import Connect, Production


@pytest.fixture
def configure(connect: Connect, production: Production) -> Callable[..., str]:
    """Create a configuration for the test's project in another session and return its key, which is unique."""
    maker = connect()

    def make(
        key: str,
        kind: str,
        default: Any = None,
        config: dict[str, Any] | None = None,
        object_type: str | None = "Task",
        **rest: Any,
    ) -> str:
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
        return str(configuration.key)

    return make


@pytest.fixture
def inheriting(configure: Callable[..., str]) -> str:
    """The key of a hierarchical text attribute whose default is "rec709"."""
    return configure("colorspace", "text", "rec709", object_type=None, is_hierarchical=True)


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


@pytest.fixture
def set_elsewhere(connect: Connect) -> Callable[[str, str, str, Any], None]:
    """Set a custom attribute in another session."""

    def change(entity_type: str, id_: str, key: str, value: Any) -> None:
        with connect() as other:
            existing(other.get(entity_type, id_)).custom_attributes[key] = value
            other.commit()

    return change
