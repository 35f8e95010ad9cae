"""State: loading named paths for many entities at once, reading entities anew, and forgetting what was loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity, Lifecycle
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.errors import EntityDeleted, UnknownAttribute
from ftrack_orm.query.language.nodes import Path, Projection
from ftrack_orm.query.language.resolve import check_projection

from .loading import Loader, is_lacking
from .projections import completed


class Refresher:
    """Loads, reloads and forgets values of entities that the server has."""

    def __init__(self, workspace: Workspace, loader: Loader) -> None:
        self._workspace = workspace
        self._loader = loader

    def populate(self, entities: Iterable[Entity], paths: Sequence[Projection]) -> None:
        """Load *paths* for all of *entities*, of whatever types, that lack them; one request for each few thousand.

        Types that do not have a path are left out of it, unless none has it: then `UnknownAttribute` is raised.
        """
        self._workspace.check_open("Nothing can be loaded")
        by_type: dict[str, list[Entity]] = {}
        for entity in dict.fromkeys(entities):
            if entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                by_type.setdefault(entity.__entity_type__, []).append(entity)
        fitting = {name: self._fitting(name, paths, only=len(by_type) == 1) for name in by_type}
        for path in paths:
            if by_type and not any(path in fits for fits in fitting.values()):
                check_projection(path, next(iter(by_type)), self._workspace.schema)
        for name, group in by_type.items():
            lacking = [entity for entity in group if not all(_is_loaded(entity, path) for path in fitting[name])]
            self._load(name, lacking, fitting[name])

    def refresh(self, entities: Iterable[Entity], names: Sequence[str] = ()) -> None:
        """Read *names*, or else everything that is loaded of each entity, from the server again.

        Edits stay, and what they replace becomes what the server has now. Raises `EntityDeleted` for entities that the
        server does not have any more.
        """
        self._workspace.check_open("Nothing can be refreshed")
        groups: dict[tuple[str, frozenset[str]], list[Entity]] = {}
        for entity in dict.fromkeys(entities):
            if entity._ftrack_state.lifecycle is Lifecycle.PERSISTENT:
                for name in names:
                    entity.__schema__.attribute(name)
                wanted = frozenset(names or entity.__dict__)
                groups.setdefault((entity.__entity_type__, wanted), []).append(entity)
        for (name, wanted), group in groups.items():
            known = self._workspace.schema.type(name).attributes
            found = self._load(name, group, [Path.of(attribute) for attribute in known if attribute in wanted])
            for entity in found:
                self._workspace.journal.discard_bases(entity, wanted)
            gone = [entity for entity in group if entity not in found]
            if gone:
                raise EntityDeleted(f"The server does not have {', '.join(map(repr, gone[:5]))} any more.")

    def expire(self, entity: Entity, names: Sequence[str] = ()) -> None:
        """Forget *names*, or else everything loaded but the key and unsaved edits; reading one loads it again."""
        schema, state = entity.__schema__, entity._ftrack_state
        for name in names:
            schema.attribute(name)
        with self._workspace.lock:
            for name in names or tuple(entity.__dict__):
                if name not in schema.primary_key and name not in (state.originals or ()):
                    entity.__dict__.pop(name, None)

    def _fitting(self, entity_type: str, paths: Sequence[Projection], *, only: bool) -> list[Path]:
        fits = []
        for path in paths:
            try:
                check_projection(path, entity_type, self._workspace.schema)
            except UnknownAttribute:
                if only:
                    raise
                continue
            if isinstance(path, Path):
                fits.append(path)
        return fits

    def _load(self, entity_type: str, entities: Sequence[Entity], paths: Sequence[Path]) -> set[Entity]:
        if not entities or not paths:
            return set(entities)
        schema = self._workspace.schema
        whole = dict.fromkeys(part for path in paths for part in completed(schema, schema.type(entity_type), path))
        return set(self._loader.fetch(entity_type, [entity._ftrack_state.key for entity in entities], tuple(whole)))


def _is_loaded(entity: Any, path: Path) -> bool:
    """Whether everything on *path* can be read from *entity* without asking the server."""
    here = [entity]
    for step in path.steps:
        following: list[Any] = []
        for found in here:
            if is_lacking(found, step.name):
                # A step that this entity's type does not have cannot be loaded for it either.
                if step.name in found.__attributes__:
                    return False
                continue
            value = found.__dict__[step.name]
            if isinstance(value, Collection):
                following.extend(value)
            elif isinstance(value, Entity):
                following.append(value)
            elif isinstance(value, MappedCollection):
                return True
        here = following
    return True
