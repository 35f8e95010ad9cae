"""State: the entities that a compatible session has given out, one for each entity of the session below."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.tracked import Tracked

from . import symbol, values
from .conversion import unwrap
from .error_translation import translated
from .given_values import given_values
from .showing import shown

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity as NativeEntity

    from .attribute import Attributes
    from .entity.base import Entity
    from .interfaces import CompatibleSession

logger = logging.getLogger(__name__)


class WrapperMethods:
    """The methods of a session that give out entities."""

    def _prepare_wrappers(self) -> None:
        #: By the id of the entity below, which its wrapper keeps alive.
        self._wrappers: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        #: Entities with a class or state of their own, which a look-up has to return again.
        self._kept: dict[int, Any] = {}
        #: Accessors, structures and transformers below -> the objects that scripts have given.
        self._storage: dict[int, tuple[Any, Any]] = {}

    def shown(self, value: Any) -> Any:
        """Return a value of the session below as the official client shows it."""
        return shown(self, value)  # type: ignore[arg-type]

    def wrapper_of(self, native: NativeEntity) -> Any:
        """Return the entity that shows *native*."""
        known = self._wrappers.get(id(native))
        if known is None:
            session: Any = self
            from .entity.base import Existing

            made = session.types[native.__entity_type__](session, Existing(native), reconstructing=True)
            return self._wrappers.get(id(native), made)
        if known.entity_type != native.__entity_type__:
            # It was first seen under a base type.
            session = self
            known.__class__ = session.types[native.__entity_type__]
        return known

    def adopt(self, entity: Entity) -> None:
        """Use *entity* to show its entity of the session below, unless another one does already."""
        self._wrappers.setdefault(id(entity._native), entity)

    def keep(self, entity: Entity) -> None:
        """Hold *entity* as long as the session: it has a class or state of its own."""
        self._wrappers[id(entity._native)] = entity
        self._kept[id(entity._native)] = entity

    def remember_storage(self, below: Any, given: Any) -> None:
        """Remember the accessor, structure or transformer that a script has given for *below*."""
        self._storage[id(below)] = (below, given)

    def remembered_storage(self, below: Any) -> Any:
        """Return the object that a script has given for *below*, or None."""
        return self._storage.get(id(below), (None, None))[1]

    def new_entity(self, entity_type: str, attributes: Attributes, data: Mapping[str, Any]) -> NativeEntity:
        """Return a new entity of the session below. Names that the type does not have are logged and left out."""
        session: CompatibleSession = self  # type: ignore[assignment]
        given = {name: value for name, value in data.items() if value is not symbol.NOT_SET}
        for name in [each for each in given if each not in attributes.keys()]:  # noqa: SIM118
            if name != "__entity_type__":
                logger.warning("%s has no attribute %r; the value is left out.", entity_type, name)
            del given[name]
        native = session.__unwrap__()
        created = native.create(entity_type, given_values(native.schema, entity_type, given))
        if not session.record_operations:
            _leave_out(created)
        return created

    def known_entity(self, entity_type: str, data: Mapping[str, Any]) -> NativeEntity:
        """Return the entity that *data* describes, with these values, without asking the server for it."""
        session: CompatibleSession = self  # type: ignore[assignment]
        native = session.__unwrap__()
        schema = native.schema.type(entity_type)
        found = native.reference(entity_type, [data[name] for name in schema.primary_key])
        values.assume_all_of(found, {name: value for name, value in data.items() if name in schema.attributes})
        return found

    @translated
    def merge(self, value: Any, merged: dict[Any, Any] | None = None) -> Any:
        """Return the entity or collection of another session as one of this session, with its values."""
        from .collection import Collection, MappedCollectionProxy
        from .entity.base import Entity

        if isinstance(value, Entity):
            own = self.wrapper_of(self.known_entity(value.entity_type, dict(_key_of(value))))
            if own is not value:
                self.merge_values(own, value)
            return own
        if isinstance(value, Collection):
            return [self.merge(each, merged) for each in value]
        return dict(value) if isinstance(value, MappedCollectionProxy) else value

    def merge_values(self, own: Entity, other: Entity) -> list[dict[str, Any]]:
        """Give *own* the loaded and changed values of *other*, an entity of any session, and return the changes."""
        view, changes = inspect(other._native), []
        for name, value in view.loaded.items():
            if isinstance(value, Tracked) or name in dict(_key_of(own)):
                continue
            is_local = name in view.changes
            old = values.local(own, name) if is_local else values.remote(own, name)
            new = self.merge(other.session.shown(value))
            if old is symbol.NOT_SET or old != new:
                # The official client records no operation for it either.
                values.assume(own, name, new)
                kind = "local_attribute" if is_local else "remote_attribute"
                changes.append({"type": kind, "name": name, "old_value": old, "new_value": new})
        return changes


def _leave_out(created: NativeEntity) -> None:
    """Take a new entity out of the next commit. It keeps its values."""
    state = created._ftrack_state
    journal = state.workspace.journal_for(created)
    with state.workspace.lock:
        journal.created.pop(created, None)
        journal.edits.pop(created, None)


def _key_of(entity: Any) -> list[tuple[str, str]]:
    native = unwrap(entity)
    return list(zip(native.__schema__.primary_key, native._ftrack_state.key, strict=True))
