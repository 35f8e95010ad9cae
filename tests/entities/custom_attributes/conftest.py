"""Configurations of custom attributes for the project of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Connect, Production


@pytest.fixture
def inheriting(configure: Configure) -> str:
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
