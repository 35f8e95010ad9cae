"""The tasks of the production, in several states of being loaded."""

from __future__ import annotations

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from tests.production import Production


def query_tasks(session: Session, production: Production, *projections: str) -> list[Entity]:
    """Return the tasks of *production*, by name, with *projections* loaded."""
    Task = session.types.Task
    return session.query(Task).where(Task.project_id == production.project).select(*projections).order_by("name").all()
