"""State: the entities with unsaved changes: created, modified and deleted ones, in the order of the edits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .entity import Entity

#: How many entities `Journal.summary` names.
_ENTITIES_NAMED = 5


class Journal:
    """The entities with changes for the next commit, in the order of their first edit. They are held strongly.

    *bases* belongs to changes that were loaded from a file. By entity and attribute, it holds the values the changes
    were originally made on top of: for each operation that the change becomes, by entity type and primary key, the
    values in the form in which they are sent. A commit that checks for conflicts compares them with the server's.
    """

    def __init__(self) -> None:
        self.created: dict[Entity, None] = {}
        self.modified: dict[Entity, None] = {}
        self.deleted: dict[Entity, None] = {}
        self.bases: dict[Entity, dict[str, dict[tuple[str, tuple[str, ...]], dict[str, Any]]]] = {}

    def discard_bases(self, entity: Entity, names: Iterable[str]) -> None:
        """Discard the bases of *names*: changes of these attributes are on top of the session's own values again."""
        if entity in self.bases:
            for name in names:
                self.bases[entity].pop(name, None)
            if not self.bases[entity]:
                del self.bases[entity]

    def __bool__(self) -> bool:
        return bool(self.created or self.modified or self.deleted)

    def summary(self) -> str:
        """Return the number of changed entities by kind of change, and the first of them, as one or two sentences."""
        entities = list(map(repr, dict.fromkeys((*self.created, *self.modified, *self.deleted))))
        unnamed = len(entities) - _ENTITIES_NAMED
        more = f" and {unnamed} more" if unnamed > 0 else ""
        return (
            f"{len(self.created)} created, {len(self.modified)} modified, {len(self.deleted)} deleted: "
            f"{', '.join(entities[:_ENTITIES_NAMED])}{more}."
        )
