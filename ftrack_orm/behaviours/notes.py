"""State: notes on entities, and replies to notes. Nothing is sent before the next commit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue, ServerCompatibilityError

from .mixin import Mixin
from .services import services_of

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

    from .services import Services


class Annotatable(Mixin):
    """The behaviour of entities that have notes."""

    __slots__ = ()

    def create_note(
        self,
        content: str,
        author: Entity | None = None,
        recipients: Iterable[Entity] | None = None,
        category: Entity | None = None,
        labels: Iterable[Entity] | None = None,
        **attributes: Any,
    ) -> Entity:
        """Return a new note on the entity, which the next commit creates together with its recipients and labels.

        *author* is the user of the session when left out, which costs one request for the first note. *recipients* are
        users and groups. *labels* are note labels; *category* is the former name of a single label and cannot be
        given together with *labels*. *attributes* are others of the note, such as `is_todo=True`.
        """
        services = services_of(self)
        linked = _labels(services, category, labels)
        data = {"content": content, "author": author or services.current_user(), **attributes}
        if category is not None and linked is None:
            data["category"] = category
        note = services.create("Note", data)
        self.notes.append(note)
        for recipient in dict.fromkeys(recipients or ()):
            services.create("Recipient", {"note": note, "recipient": recipient})
        for label in dict.fromkeys(linked or ()):
            services.create("NoteLabelLink", {"note": note, "label": label})
        return note


class Repliable(Mixin):
    """The behaviour of notes."""

    __slots__ = ()

    def create_reply(self, content: str, author: Entity | None = None, **attributes: Any) -> Entity:
        """Return a new reply to the note, which the next commit creates.

        *author* is the user of the session when left out. *attributes* are others of the reply.
        """
        services = services_of(self)
        reply = services.create("Note", {"content": content, "author": author or services.current_user(), **attributes})
        self.replies.append(reply)
        return reply


def _labels(services: Services, category: Entity | None, labels: Iterable[Entity] | None) -> list[Entity] | None:
    """Return the labels to link with a note, None where the server has categories only (PROTOCOL 8.1)."""
    given = [*(labels or ())]
    if given and category is not None:
        raise InvalidValue("A note is created with labels or with a category, which is another name of a label.")
    if "NoteLabelLink" in services.schema.types:
        return [category] if category is not None else given
    if given:
        raise ServerCompatibilityError("The server has no note labels; pass category=... instead of labels=...")
    return None
