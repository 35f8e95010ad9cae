"""Edge: the methods of notes, and of entities with notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated

from .base import Entity


class Note(Entity):
    """A note."""

    @translated
    def create_reply(self, content: str, author: Any) -> Any:
        """Return a new reply to this note."""
        return self.session.shown(unwrap(self).create_reply(content, author=unwrap(author)))


class CreateNoteMixin:
    """The methods of entities with notes."""

    @translated
    def create_note(
        self,
        content: str,
        author: Any,
        recipients: Iterable[Any] | None = None,
        category: Any = None,
        labels: Iterable[Any] | None = None,
    ) -> Any:
        """Return a new note on the entity. *category* is an older name for one of *labels*."""
        entity: Any = self
        if category and labels:
            raise ValueError("A note has a category or labels, not both.")
        note = unwrap(entity).create_note(
            content,
            author=unwrap(author),
            recipients=unwrap(list(recipients or ())),
            labels=unwrap([category] if category else list(labels or ())),
        )
        return entity.session.shown(note)
