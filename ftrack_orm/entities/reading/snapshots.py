"""State: taking snapshots of entities: the values that are loaded, or those at given paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.snapshot import FrozenMapping, Snapshot
from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.nodes import Path, Projection

if TYPE_CHECKING:
    from .refreshing import Refresher

#: The attributes to take, each with those of the entities it leads to; without any, those that are loaded.
Tree = dict[str, "Tree"]


def take_snapshots(entities: Sequence[Entity], paths: Sequence[Projection], refresher: Refresher) -> list[Snapshot]:
    """Return a snapshot of each of *entities*, with the values at *paths* or, without any, the values that are loaded.

    Paths are loaded where they are missing, for all entities together. A snapshot of a type that does not have a path
    lacks its value. Of related entities that a path ends at, or that are loaded, the loaded values without relations
    are taken. Raises `QueryError` for an aggregate, and the errors of `Refresher.populate`.
    """
    tree: Tree = {}
    for path in paths:
        if not isinstance(path, Path):
            raise QueryError(f"A snapshot has values of attributes, not the aggregate {path.function.value}.")
        branch = tree
        for step in path.steps:
            branch = branch.setdefault(step.name, {})
    if tree:
        refresher.populate(entities, paths)
    taken = _Taken()
    return [taken.at_paths(entity, tree) if tree else taken.loaded(entity) for entity in entities]


class _Taken:
    """The snapshots that one call takes. Entities that others refer to in the same way share one."""

    def __init__(self) -> None:
        self._snapshots: dict[tuple[Entity, int | str], Snapshot] = {}

    def at_paths(self, entity: Entity, tree: Tree) -> Snapshot:
        """Return the snapshot of *entity* with the attributes of *tree*."""
        known = self._snapshots.get((entity, id(tree)))
        if known is None:
            values = _key_of(entity)
            for name, branch in tree.items():
                if name in entity.__attributes__:
                    values[name] = self._value(_read(entity[name]), branch)
            known = self._snapshots[entity, id(tree)] = Snapshot(entity.__reference__(), values)
        return known

    def loaded(self, entity: Entity, *, with_relations: bool = True) -> Snapshot:
        """Return the snapshot of *entity* with the values that are loaded. Makes no request."""
        kind = "whole" if with_relations else "plain"
        known = self._snapshots.get((entity, kind))
        if known is None:
            with entity._ftrack_state.workspace.lock:
                values = {
                    name: self._value(_in_memory(value), {})
                    for name, value in inspect(entity).loaded.items()
                    if with_relations or not isinstance(value, (Entity, Collection))
                }
            known = Snapshot(entity.__reference__(), {**_key_of(entity), **values})
            self._snapshots[entity, kind] = known
        return known

    def _value(self, value: Any, branch: Tree) -> Any:
        if isinstance(value, Entity):
            return self.at_paths(value, branch) if branch else self.loaded(value, with_relations=False)
        if isinstance(value, _Items):
            return tuple(self._value(item, branch) for item in value)
        return frozen(value)


class _Items(tuple[Entity, ...]):
    """The entities of a collection."""

    __slots__ = ()


def _read(value: Any) -> Any:
    """Return the content of a collection or mapping, loaded if it is not; any other value unchanged."""
    if isinstance(value, Collection):
        return _Items(value)
    return dict(value) if isinstance(value, MappedCollection) else value


def _in_memory(value: Any) -> Any:
    """Return the content of a collection or mapping without a request; any other value unchanged."""
    if isinstance(value, Collection):
        return _Items(value._content())
    if isinstance(value, MappedCollection):
        return {key: entry.value for key, entry in value._content().items()}
    return value


def frozen(value: Any) -> Any:
    """Return JSON values, at any depth, with tuples and immutable mappings in place of lists and dicts."""
    if isinstance(value, Mapping):
        return FrozenMapping({str(key): frozen(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    return value


def _key_of(entity: Entity) -> dict[str, Any]:
    return dict(entity.__reference__().key)
