"""Pure: which collections lead back: `Shot.children` holds the tasks whose `parent_id` is the shot's id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .attribute import Kind
from .facts import PARENT_ID, TREE_COLLECTIONS

if TYPE_CHECKING:
    from .model import EntityType


def inverse_collections(types: Mapping[str, EntityType], owner: EntityType, holder: EntityType, key: str) -> list[str]:
    """Return the collections of *owner* that an entity of type *holder* belongs to when its *key* is the owner's id.

    The schema says of a key which type it refers to; a collection of that type, or one below or above it, that no other
    key explains is its inverse. Several collections explained by the same key (`appointments`, `assignments`,
    `allocations`) are told apart by values the schema does not show, so none of them is returned.
    """
    lineage = {owner.name, *owner.bases}
    explained: list[tuple[str, str]] = []
    for collection in owner.attributes.values():
        target = types.get(str(collection.target))
        if collection.kind is not Kind.COLLECTION or target is None or collection.name in TREE_COLLECTIONS:
            continue
        if holder.name != target.name and target.name not in holder.bases and holder.name not in target.bases:
            continue
        keys = [
            attribute.name
            for attribute in target.attributes.values()
            if attribute.foreign_key
            and attribute.foreign_key.split(".")[0] in lineage
            and (attribute.name,) != target.primary_key
        ]
        # In a tree the children hold their parent's id, whatever else of the tree they hold.
        if key in keys and (len(keys) == 1 or key == PARENT_ID):
            explained.append((collection.name, target.name))
    times = Counter(target for _, target in explained)
    return [name for name, target in explained if times[target] == 1]
