"""State: inspection of an entity: its identity, lifecycle, loaded values, changes, path and web address."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from ftrack_orm.errors import InvalidValue
from ftrack_orm.values import NOT_LOADED, Identity, Reference, SessionBound

from .breadcrumbs import PathStep, breadcrumb_of
from .entity import Entity
from .lifecycle import CLOSED, EXPLANATIONS, Lifecycle
from .tracked import Tracked
from .web_addresses import web_address


@attrs.frozen
class Change:
    """A changed attribute: its old value, `NOT_LOADED` if that is not known, and its new value."""

    old: Any
    new: Any


class Inspection(SessionBound):
    """A live view of one entity with regard to its session.

    Nothing here makes a request, except that `path` and `breadcrumb` load the path as reading an attribute does.
    """

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
        state = self._state.lifecycle
        return CLOSED.after if self._state.workspace.closed and state in CLOSED.before else state

    @property
    def explanation(self) -> str:
        """The meaning of the entity's state, and the operations that are possible in it."""
        return EXPLANATIONS[self.state]

    @property
    def loaded(self) -> Mapping[str, Any]:
        """The attributes that can be read without a request, with their values."""
        values = self._entity.__dict__.items()
        return MappingProxyType(
            {name: value for name, value in values if not (isinstance(value, Tracked) and value._is_stale)}
        )

    @property
    def changes(self) -> Mapping[str, Change]:
        """The attributes that the current unit of work has changed and not committed."""
        edits = self._state.workspace.journal_for(self._entity).edits.get(self._entity, {})
        return MappingProxyType({name: self._change(name, edit) for name, edit in tuple(edits.items())})

    @property
    def is_modified(self) -> bool:
        """Whether the next commit of the current unit of work would send a change of it."""
        return bool(self._state.workspace.journal_for(self._entity).edits.get(self._entity))

    @property
    def breadcrumb(self) -> tuple[PathStep, ...]:
        """The steps from the project down to the entity, each with entity type, id and name.

        Unsaved edits of names and parents count. An entity that belongs to nothing, such as a user, is the only step.
        Missing values are loaded for the entity's peers too, in a number of requests that does not depend on theirs.
        Raises `NotFetched` when the fetch mode forbids that.
        """
        return breadcrumb_of(self._entity)

    @property
    def path(self) -> str:
        """The names of the steps of `breadcrumb`, such as `film/sq010/sh020/compositing`, for people and logs."""
        return "/".join(step.name for step in self.breadcrumb)

    @property
    def url(self) -> str | None:
        """The address of the entity in ftrack's web interface, None for types that have no page there.

        Makes no request: where the entity's project is not loaded, the page is shown over the home page. A component
        is shown on the page of its version, an asset or a note on that of the entity it belongs to.
        """
        services = self._state.workspace.services
        assert services is not None, "the session sets the services when it is created"
        return web_address(self._entity, services().settings.server_url)

    def _change(self, name: str, edit: Any) -> Change:
        current = self._entity.__dict__.get(name)
        if isinstance(current, Tracked):
            is_known = not current._is_stale and self._state.lifecycle is not Lifecycle.PENDING
            old = _plain(current._base_content()) if is_known else NOT_LOADED
            return Change(old, _plain(current._content()))
        # A reference of which only the key is known has no value yet.
        new = current if edit is NOT_LOADED else edit
        return Change((self._state.originals or {}).get(name, NOT_LOADED), new)

    def __repr__(self) -> str:
        return f"<{self.entity_type} {'/'.join(self._state.key)}: {self.state.value}, {len(self.changes)} changes>"


def inspect(entity: Entity) -> Inspection:
    """Return a view of *entity* beside its attributes: identity, state, loaded and changed attributes.

    Makes no request; of its attributes only `path` and `breadcrumb` may make one. Raises `InvalidValue` for a value
    that is not an entity.
    """
    if not isinstance(entity, Entity):
        raise InvalidValue(f"inspect() takes an entity, not {entity!r} ({type(entity).__name__}).")
    return Inspection(entity)


def _plain(content: Any) -> Any:
    """Return the content of a collection or mapping as users see it: entities, or keys with plain values."""
    if isinstance(content, dict) and all(isinstance(key, str) for key in content):
        return {key: entry.value for key, entry in content.items()}
    return tuple(content)
