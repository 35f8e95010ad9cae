"""Edge: the methods of a session for entities that are known by their key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias, TypeVar, overload

from .session_methods import SessionMethods

if TYPE_CHECKING:
    import uuid

    from ftrack_orm.entities.entity import Entity

_E = TypeVar("_E", bound="Entity")

#: One value of a primary key.
KeyPart: TypeAlias = "str | SupportsIndex | uuid.UUID"


class ReferenceMethods(SessionMethods):
    """The methods of `Session` for entities that are known by their key."""

    @overload
    def reference(self, entity_type: type[_E], key: KeyPart | Sequence[KeyPart]) -> _E: ...
    @overload
    def reference(self, entity_type: str, key: KeyPart | Sequence[KeyPart]) -> Entity: ...
    def reference(self, entity_type: type[Entity] | str, key: KeyPart | Sequence[KeyPart]) -> Entity:
        """Return the entity with the id *key* (or, for types with a longer key, those key values) without a request.

        Whether the server has it is not checked. The entity can be assigned, compared in a query, changed and deleted
        like any other. The first read of an attribute other than the key loads it, and raises `EntityDeleted` if the
        server has no such entity; all references that were not read yet are loaded together. An entity that the session
        knows already is returned as it is. Raises `InvalidValue` for a key of another form, and for the key of an
        entity that is known to be of another type.
        """
        from ftrack_orm.entities.reading.references import entity_by_key

        return entity_by_key(self._parts.workspace, entity_type, key)
