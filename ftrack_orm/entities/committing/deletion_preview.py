"""State: previews the entities that a deletion would take along, before anything is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import EntityDeleted, InvalidValue

from .dependents_search import DependentsSearch

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.wire.operations import ServerCall


class DeletionPreview(Mapping[str, int]):
    """The entities that a deletion would take along: their number by entity type, without the deleted entity itself.

    Printing it shows a sentence for each type. *uncertain* are the types that belong to a deleted entity without
    requiring it, such as notes: ftrack does not document whether they go. They are counted.
    """

    def __init__(self, entity: Entity, counts: Mapping[str, int], uncertain: Iterable[str] = ()) -> None:
        self.entity = entity
        self.uncertain = frozenset(uncertain)
        self._counts = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def total(self) -> int:
        """The number of all entities that would go."""
        return sum(self._counts.values())

    def __getitem__(self, entity_type: str) -> int:
        return self._counts[entity_type]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"<DeletionPreview of {self.entity!r}: {self.total} more>"

    def _repr_html_(self) -> str | None:
        services = self.entity._ftrack_state.workspace.services
        return None if services is None else str(services().tables.deletion_html(self))

    def __str__(self) -> str:
        if not self._counts:
            return f"Deleting {self.entity!r} deletes nothing else."
        lines = [f"Deleting {self.entity!r} also deletes {self.total} more:"]
        for name, count in self._counts.items():
            lines.append(f"  {count:,} {name}{' (ftrack may keep them)' if name in self.uncertain else ''}")
        return "\n".join(lines)


class DeletionPreviewer:
    """Previews deletions by a `DependentsSearch`. *call* sends operations."""

    def __init__(self, workspace: Workspace, call: ServerCall) -> None:
        self._workspace = workspace
        self._call = call

    def preview(self, entity: Entity) -> DeletionPreview:
        """Return the preview of deleting *entity*.

        A new entity is unknown to the server, so its deletion takes nothing along, and no request is made. Raises
        `InvalidValue` for anything but an entity of this session, and `EntityDeleted`.
        """
        self._workspace.check_open("Nothing can be deleted")
        if not isinstance(entity, Entity):
            raise InvalidValue(f"preview_delete takes one entity, not {entity!r:.200} ({type(entity).__name__}).")
        state = entity._ftrack_state
        if state.workspace is not self._workspace:
            raise InvalidValue(f"{entity!r} belongs to another session.")
        if state.lifecycle is Lifecycle.DELETED:
            raise EntityDeleted(f"{entity!r} is deleted already.", entity_type=entity.__entity_type__)
        if state.lifecycle is not Lifecycle.PERSISTENT:
            return DeletionPreview(entity, {})
        search = DependentsSearch(self._workspace.schema, self._call)
        family = entity.__schema__.family
        search.run({family: {state.key: entity.__entity_type__}})
        del search.found[family][state.key]
        counts = Counter(name for types in search.found.values() for name in types.values())
        return DeletionPreview(entity, counts, search.uncertain)
