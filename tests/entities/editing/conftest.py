"""Entities that tests of editing change."""

from __future__ import annotations

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from tests.production import Production


@pytest.fixture
def task(session: Session, production: Production) -> Entity:
    task: Entity = (
        session.query("Task").where(f'id is "{production.tasks[0]}"').select("name", "bid", "status", "status_id").one()
    )
    return task


@pytest.fixture
def statuses(session: Session) -> list[Entity]:
    return session.query("Status").select("name").all()
