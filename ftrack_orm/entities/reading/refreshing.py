"""State: populating entities with paths, refreshing them from the server, and expiring loaded values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.errors import EntityDeleted, UnknownAttribute
from ftrack_orm.query.language.checks import check_projection
from ftrack_orm.query.language.nodes import Path, Projection

from .peer_groups import needs_load
from .projections import expand_path

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace


class Refresher:
    """Populates, refreshes and expires entities that exist on the server; others are left out."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def populate(self, entities: Iterable[Entity], paths: Sequence[Projection]) -> None:
        """Load *paths* for those of *entities* that lack one of them, in one request for each few thousand entities.

        The entities may be of several types. A path is loaded for the types that have it; `UnknownAttribute` is raised
        for a path that no type has.
        """
        self._workspace.check_open("Nothing can be loaded")
        by_type: dict[str, list[Entity]] = {}
        deleted: list[Entity] = []
        for entity in dict.fromkeys(entities):
            if entity._ftrack_state.lifecycle is Lifecycle.DELETED:
                deleted.append(entity)
            elif entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                by_type.setdefault(entity.__entity_type__, []).append(entity)
        valid = {name: self._valid_paths(name, paths, is_only_type=len(by_type) == 1) for name in by_type}
        for path in paths:
            if by_type and not any(path in valid_paths for valid_paths in valid.values()):
                check_projection(path, next(iter(by_type)), self._workspace.schema)
        for name, group in by_type.items():
            incomplete = [entity for entity in group if not all(_is_loaded(entity, path) for path in valid[name])]
            self._load(name, incomplete, valid[name])

    def refresh(self, entities: Iterable[Entity], names: Sequence[str] = ()) -> None:
        """Read the attributes *names* of *entities*, or all loaded attributes without *names*, from the server again.

        Edits stay, and their originals become the values on the server. Raises `EntityDeleted` for entities that the
        server no longer has, after the others have been read.
        """
        self._workspace.check_open("Nothing can be refreshed")
        groups: dict[tuple[str, frozenset[str]], list[Entity]] = {}
        deleted: list[Entity] = []
        for entity in dict.fromkeys(entities):
            if entity._ftrack_state.lifecycle is Lifecycle.DELETED:
                deleted.append(entity)
            elif entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                for name in names:
                    entity.__schema__.attribute(name)
                refreshed = frozenset(names or self._loaded_or_edited(entity))
                groups.setdefault((entity.__entity_type__, refreshed), []).append(entity)
        self._begin_revision()
        for (name, refreshed), group in groups.items():
            attributes = self._workspace.schema.type(name).attributes
            paths = [Path.of(attribute) for attribute in attributes if attribute in refreshed]
            loaded = self._load(name, group, paths)
            for entity in loaded:
                self._workspace.journal.discard_bases(entity, refreshed)
            deleted += [entity for entity in group if entity not in loaded]
        if deleted:
            raise EntityDeleted(f"The server does not have {', '.join(map(repr, deleted[:5]))} any more.")

    def _begin_revision(self) -> None:
        """Let no later read share the response to a request that is under way: the caller knows of a change since."""
        with self._workspace.lock:
            self._workspace.revision += 1

    def _loaded_or_edited(self, entity: Entity) -> list[str]:
        edited = [name for journal in self._workspace.journals for name in journal.edits.get(entity, ())]
        return [*(name for name in entity.__dict__ if not needs_load(entity, name)), *edited]

    def expire(self, entity: Entity, names: Sequence[str] = ()) -> None:
        """Unload the attributes *names*, or all of them without *names*; they are loaded again when they are read.

        The primary key and edited attributes are kept.
        """
        schema, state = entity.__schema__, entity._ftrack_state
        for name in names:
            schema.attribute(name)
        with self._workspace.lock:
            self._begin_revision()
            for name in names or tuple(entity.__dict__):
                value = entity.__dict__.get(name)
                if isinstance(value, Tracked):
                    value._is_stale = True
                elif name not in schema.primary_key and name not in (state.originals or ()):
                    entity.__dict__.pop(name, None)

    def _valid_paths(self, entity_type: str, paths: Sequence[Projection], *, is_only_type: bool) -> list[Path]:
        """Return those of *paths* that *entity_type* has; raise the error for another one if it is the only type."""
        valid = []
        for path in paths:
            try:
                check_projection(path, entity_type, self._workspace.schema)
            except UnknownAttribute:
                if is_only_type:
                    raise
                continue
            if isinstance(path, Path):
                valid.append(path)
        return valid

    def _load(self, entity_type: str, entities: Sequence[Entity], paths: Sequence[Path]) -> set[Entity]:
        """Load *paths* for *entities* and return those that the server has."""
        if not entities or not paths:
            return set(entities)
        schema = self._workspace.schema
        kind = schema.type(entity_type)
        expanded = dict.fromkeys(part for path in paths for part in expand_path(schema, kind, path))
        return set(
            self._workspace.loader.fetch(
                entity_type, [entity._ftrack_state.key for entity in entities], tuple(expanded)
            )
        )


def _is_loaded(entity: Any, path: Path) -> bool:
    """Whether *path* can be read from *entity* up to its end without a request."""
    current = [entity]
    for step in path.steps:
        following: list[Any] = []
        for related in current:
            if needs_load(related, step.name):
                # An attribute that the type of this entity does not have cannot be loaded either.
                if step.name in related.__attributes__:
                    return False
                continue
            value = related.__dict__[step.name]
            if isinstance(value, Collection):
                following.extend(value)
            elif isinstance(value, Entity):
                following.append(value)
            elif isinstance(value, MappedCollection):
                return True
        current = following
    return True
