"""State: inspection of an entity: its identity, lifecycle, loaded values and changes. Makes no request."""

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
    """A changed attribute: its old value, `NOT_LOADED` if that is not known, and its new value."""

    old: Any
    new: Any


_EXPLANATIONS = {
    Lifecycle.TRANSIENT: "It was created here, and its creation was taken back. It can only be read.",
    Lifecycle.PENDING: "It was created here. The next commit sends it; the server does not have it yet.",
    Lifecycle.PERSISTENT: "The server has it. Values are loaded when read, and changes are sent by the next commit.",
    Lifecycle.DELETED: "It was deleted on the server. Loaded values can be read; nothing can be loaded or changed.",
    Lifecycle.DETACHED: "Its session is closed. Loaded values can be read; nothing can be loaded or changed.",
}


class Inspection:
    """A live view of one entity with regard to its session. Nothing here makes a request."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._state = entity._ftrack_state

    @property
    def entity_type(self) -> str:
        """The name of the entity's type."""
        return self._entity.__entity_type__

    @property
    def identity(self) -> Identity:
        """The identity of the entity: the root type of its family and its primary key."""
        return Identity(self._entity.__schema__.family, self._state.key)

    @property
    def reference(self) -> Reference:
        """A reference to the entity, by its type and primary key."""
        return self._entity.__reference__()

    @property
    def state(self) -> Lifecycle:
        """The state of the entity with regard to session and server."""
        if self._state.workspace.closed and self._state.lifecycle is not Lifecycle.DELETED:
            return Lifecycle.DETACHED
        return self._state.lifecycle

    @property
    def explanation(self) -> str:
        """The meaning of the entity's state, and the operations that are possible in it."""
        return _EXPLANATIONS[self.state]

    @property
    def loaded(self) -> Mapping[str, Any]:
        """The attributes that can be read without a request, with their values."""
        return MappingProxyType(dict(self._entity.__dict__))

    @property
    def changes(self) -> Mapping[str, Change]:
        """The attributes changed since the last commit."""
        values = self._entity.__dict__
        originals = dict(self._state.originals or {})
        return MappingProxyType(
            {
                name: Change(_public_form(old), _public_form(content_of(values.get(name))))
                for name, old in originals.items()
            }
        )

    @property
    def is_modified(self) -> bool:
        """Whether the entity has changes for the next commit."""
        return bool(self._state.originals)

    def __repr__(self) -> str:
        return f"<{self.entity_type} {'/'.join(self._state.key)}: {self.state.value}, {len(self.changes)} changes>"


def inspect(entity: Entity) -> Inspection:
    """Return a view of *entity* beside its attributes: identity, state, loaded and changed attributes.

    Makes no request. Raises `InvalidValue` for a value that is not an entity.
    """
    if not isinstance(entity, Entity):
        raise InvalidValue(f"inspect() takes an entity, not {entity!r} ({type(entity).__name__}).")
    return Inspection(entity)


def _public_form(value: Any) -> Any:
    """Return a recorded value in the form that users receive: a mapping without the entities that hold its values."""
    if isinstance(value, dict):
        return {key: getattr(entry, "value", entry) for key, entry in value.items()}
    return value
