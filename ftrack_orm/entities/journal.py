"""State: the entities with something to send: created, modified and deleted ones, in the order of the edits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .entity import Entity


class Journal:
    """The entities with something to send, in the order in which they were first touched, held strongly.

    *bases* hold what changes that come from a file were once made on top of, by entity and attribute: for each
    operation that the change becomes, by type and key, the values in the form in which values are sent.
    """

    def __init__(self) -> None:
        self.created: dict[Entity, None] = {}
        self.modified: dict[Entity, None] = {}
        self.deleted: dict[Entity, None] = {}
        self.bases: dict[Entity, dict[str, dict[tuple[str, tuple[str, ...]], dict[str, Any]]]] = {}

    def discard_bases(self, entity: Entity, names: Iterable[str]) -> None:
        """From now on take changes of *names* to be on top of what the session knows the server to have."""
        if entity in self.bases:
            for name in names:
                self.bases[entity].pop(name, None)
            if not self.bases[entity]:
                del self.bases[entity]

    def __bool__(self) -> bool:
        return bool(self.created or self.modified or self.deleted)

    def summary(self) -> str:
        """Return how much there is to send, and of which entities, in a sentence or two."""
        entities = list(map(repr, dict.fromkeys((*self.created, *self.modified, *self.deleted))))
        more = f" and {len(entities) - 5} more" if len(entities) > 5 else ""
        return (
            f"{len(self.created)} created, {len(self.modified)} modified, {len(self.deleted)} deleted. "
            f"They are of {', '.join(entities[:5])}{more}."
        )
