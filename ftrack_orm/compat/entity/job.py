"""State: jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .base import Entity

if TYPE_CHECKING:
    from ftrack_orm.compat.interfaces import CompatibleSession


class Job(Entity):
    """A job. Those that a program creates have the type `api_job`."""

    def __init__(
        self, session: CompatibleSession, data: Mapping[str, Any] | None = None, reconstructing: bool = False
    ) -> None:
        if not reconstructing and (data or {}).get("type") not in ("api_job", None):
            raise ValueError(f"A new job has the type 'api_job', not {(data or {}).get('type')!r}.")
        super().__init__(session, data, reconstructing)
