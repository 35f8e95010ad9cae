"""Edge: the methods of project schemas."""

from __future__ import annotations

from typing import Any

from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated

from .base import Entity


class ProjectSchema(Entity):
    """The statuses and types that a project uses."""

    @translated
    def get_statuses(self, schema: str, type_id: str | None = None) -> list[Any]:
        """Return the statuses of the entity type *schema*, for a task also those of its type."""
        self._check(schema)
        given = {} if type_id is None else {"type_id": type_id}
        return [self.session.shown(each) for each in unwrap(self).get_statuses(schema, **given)]

    @translated
    def get_types(self, schema: str) -> list[Any]:
        """Return the types of the entity type *schema*."""
        self._check(schema)
        return [self.session.shown(each) for each in unwrap(self).get_types(schema)]

    def _check(self, schema: str) -> None:
        if schema not in self.session.types:
            raise ValueError(f"The server has no entity type {schema!r}.")
