"""State: what can be asked about an entity beside its attributes, without ever asking the server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from ftrack_orm.errors import InvalidValue
from ftrack_orm.values import Identity, Reference

from .entity import Entity, Lifecycle
from .tracked import content_of


@attrs.frozen
class Change:
    """What an attribute was (`NOT_LOADED` when that is not known) and what it is to become."""

    old: Any
    new: Any


_EXPLANATIONS = {
    Lifecycle.TRANSIENT: "It was made here, but its creation was taken back. It can only be read.",
    Lifecycle.PENDING: "It was made here and is sent by the next commit. The server does not know it yet.",
    Lifecycle.PERSISTENT: "The server has it. Values are loaded when read, changes are sent by the next commit.",
    Lifecycle.DELETED: "It was deleted on the server. What was loaded can be read; nothing can be loaded or changed.",
    Lifecycle.DETACHED: "Its session is closed. What was loaded can be read; nothing can be loaded or changed.",
}


class Inspection:
    """A live view of one entity's place in its session."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._state = entity._ftrack_state

    @property
    def entity_type(self) -> str:
        """The name of the entity's own type."""
        return self._entity.__entity_type__

    @property
    def identity(self) -> Identity:
        """What makes it this entity: the root of its family and its primary key."""
        return Identity(self._entity.__schema__.family, self._state.key)

    @property
    def reference(self) -> Reference:
        """A pointer to the entity by its own type and key."""
        return self._entity.__reference__()

    @property
    def state(self) -> Lifecycle:
        """Where the entity stands between session and server."""
        if self._state.workspace.closed and self._state.lifecycle is not Lifecycle.DELETED:
            return Lifecycle.DETACHED
        return self._state.lifecycle

    @property
    def explanation(self) -> str:
        """What the entity's state means, and what can be done with the entity in it."""
        return _EXPLANATIONS[self.state]

    @property
    def loaded(self) -> Mapping[str, Any]:
        """The attributes that can be read without asking the server, with their values."""
        return MappingProxyType(dict(self._entity.__dict__))

    @property
    def changes(self) -> Mapping[str, Change]:
        """The attributes changed since the last commit."""
        values = self._entity.__dict__
        originals = dict(self._state.originals or {})
        return MappingProxyType(
            {name: Change(_shown(old), _shown(content_of(values.get(name)))) for name, old in originals.items()}
        )

    @property
    def is_modified(self) -> bool:
        """Whether the next commit would send something of it."""
        return bool(self._state.originals)

    def __repr__(self) -> str:
        return f"<{self.entity_type} {'/'.join(self._state.key)}: {self.state.value}, {len(self.changes)} changes>"


def inspect(entity: Entity) -> Inspection:
    """Return what is known about *entity* beside its attributes: identity, state, loaded and changed attributes.

    Nothing here asks the server. Raises `InvalidValue` for anything that is no entity.
    """
    if not isinstance(entity, Entity):
        raise InvalidValue(f"inspect() takes an entity, not {entity!r} ({type(entity).__name__}).")
    return Inspection(entity)


def _shown(value: Any) -> Any:
    """Return a recorded value as a person reads it: the pairs of a mapping without the rows behind them."""
    if isinstance(value, dict):
        return {key: getattr(entry, "value", entry) for key, entry in value.items()}
    return value
