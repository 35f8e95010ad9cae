"""The operations of the next commit, for tests that look at their attributes."""

from __future__ import annotations

from typing import Any

from ftrack_orm import Session


def planned_operations(session: Session) -> list[Any]:
    """Return the operations that the next commit would send."""
    return list(session.plan())
