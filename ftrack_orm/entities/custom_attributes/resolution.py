"""State: resolving the configurations of new entities before a commit, once their final parents are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftrack_orm.entities.hierarchy import parent_relation
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES
from ftrack_orm.values import FetchMode, Reference

from .mapping import CustomAttributes

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity


def resolve_configurations(entities: Iterable[Entity]) -> None:
    """Resolve the configurations of new *entities* again: values that were set are for those that apply now.

    An entity may have been given its parent by an id alone, after its custom attributes were set. Parents that the
    session does not have are loaded, in one request for each entity type; else no request is made.
    """
    mappings = [
        mapping
        for entity in entities
        if isinstance(mapping := entity.__dict__.get(CUSTOM_ATTRIBUTES), CustomAttributes)
        and mapping._applied_configurations
    ]
    if not mappings:
        return
    workspace = mappings[0]._owner._ftrack_state.workspace
    unknown_parents: dict[str, dict[tuple[str, ...], None]] = {}
    for mapping in mappings:
        parent = _unknown_parent(mapping._owner)
        if parent is not None:
            unknown_parents.setdefault(parent.entity_type, {})[(parent.id,)] = None
    with workspace.fetching(FetchMode.PEERS):
        for kind, keys in unknown_parents.items():
            workspace.loader.fetch(kind, keys)
        for mapping in mappings:
            mapping._current()


def _unknown_parent(entity: Entity) -> Reference | None:
    """Return the parent of *entity* if the session knows its id only."""
    relation = parent_relation(entity)
    if relation is None:
        return None
    key = entity.__dict__.get(entity.__schema__.reference_keys.get(relation, ""))
    if key is None or entity.__dict__.get(relation) is not None:
        return None
    target = str(entity.__schema__.attributes[relation].target)
    is_known = entity._ftrack_state.workspace.lookup(target, (key,)) is not None
    return None if is_known else Reference(target, (("id", key),))
