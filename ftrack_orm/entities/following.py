"""State: letting loaded collections follow when a reference changes: a task given to a shot is among its children.

This is only what one sees in this session until the server says the same: nothing of it is recorded or sent.
"""

from __future__ import annotations

from typing import Any

from ..values import NOT_LOADED
from .entity import Entity
from .recorded import Followed


def follow(entity: Entity, key_name: str, before: Any, after: Any) -> None:
    """Move *entity* from the loaded collections of what its key led to, to those of what it leads to now.

    *before* and *after* are ids, None or `NOT_LOADED`; the caller holds the lock.
    """
    if before == after:
        return
    for key, is_member in ((before, False), (after, True)):
        if key is not None and key is not NOT_LOADED:
            for collection in _collections(entity, key_name, key):
                collection._follow(entity, is_member)


def _collections(entity: Entity, key_name: str, key: str) -> list[Followed]:
    """Return the loaded collections that lead back to *entity* when its key is *key*."""
    workspace = entity._ftrack_state.workspace
    found = []
    for reference in entity.__schema__.keyed_references.get(key_name, ())[:1]:
        owner = workspace.known(str(entity.__schema__.attributes[reference].target), (key,))
        if owner is None:
            continue
        for name in workspace.schema.inverses(owner.__entity_type__, entity.__entity_type__, key_name):
            collection = owner.__dict__.get(name)
            if isinstance(collection, Followed):
                found.append(collection)
    return found
