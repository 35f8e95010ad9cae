"""State: collections and mappings of entities as the official client has them, over those of this library."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence
from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.lifecycle import Lifecycle

from . import exception
from .conversion import unwrap
from .error_translation import translated

if TYPE_CHECKING:
    from ftrack_orm.entities.editing.collections import Collection as NativeCollection
    from ftrack_orm.entities.editing.mappings import MappedCollection

    from .attribute import Attribute
    from .interfaces import CompatibleEntity, CompatibleSession

_P = TypeVar("_P", bound="MappedCollectionProxy")


class Collection(MutableSequence[Any]):
    """The entities that a relation of *entity* leads to."""

    def __init__(
        self, entity: CompatibleEntity, attribute: Attribute, mutable: bool = True, data: Iterable[Any] | None = None
    ):
        self.entity = entity
        self.attribute = attribute
        self.mutable = mutable
        if data is not None:
            self[:] = list(data)

    @functools.cached_property
    def _native(self) -> NativeCollection:
        # Loaded by the first use: a session that must not load shows an empty collection.
        found: NativeCollection = unwrap(self.entity)[self.attribute.name]
        return found

    @classmethod
    def over(cls, session: CompatibleSession, native: NativeCollection) -> Collection:
        """Return the collection that shows *native*, one of the session below."""
        made = cls.__new__(cls)
        made._native = native
        made.entity = session.wrapper_of(native._owner)
        found = made.entity.attributes.get(native._attribute.name)
        assert found is not None, "a collection is read by its attribute"
        made.attribute, made.mutable = found, found.mutable
        return made

    def __unwrap__(self) -> NativeCollection:
        return self._native

    def _check_mutable(self) -> None:
        if not self.mutable:
            raise exception.ImmutableCollectionError(self)

    def _check_new(self, item: Any) -> None:
        # A new entity may be here by the reference that it was created with.
        if item in self and inspect(unwrap(item)).state is not Lifecycle.PENDING:
            raise exception.DuplicateItemInCollectionError(item, self)

    @translated
    def insert(self, index: int, item: Any) -> None:
        """Insert an entity. Raises `DuplicateItemInCollectionError` for one that is there already."""
        self._check_mutable()
        self._check_new(item)
        self._native.insert(index, unwrap(item))

    @translated
    def append(self, value: Any) -> None:
        """Add an entity at the end. Raises `DuplicateItemInCollectionError` for one that is there already."""
        self._check_mutable()
        self._check_new(value)
        self._native.append(unwrap(value))

    @translated
    def extend(self, values: Iterable[Any]) -> None:
        """Add several entities at the end."""
        for value in list(values):
            self.append(value)

    def remove(self, value: Any) -> None:
        """Remove an entity. Raises `ValueError` for one that is not there."""
        self._check_mutable()
        self._native.remove(unwrap(value))

    def _readable(self) -> Any:
        """Return the collection below, or an empty one when it is not loaded and the session must not load it."""
        return () if is_withheld(self) else self._native

    @translated
    def __contains__(self, value: object) -> bool:
        return unwrap(value) in self._readable()

    @translated
    def __getitem__(self, index: Any) -> Any:
        found = self._readable()[index]
        session = self.entity.session
        return [session.shown(each) for each in found] if isinstance(index, slice) else session.shown(found)

    @translated
    def __setitem__(self, index: Any, value: Any) -> None:
        self._check_mutable()
        self._native[index] = unwrap(list(value) if isinstance(index, slice) else value)

    @translated
    def __delitem__(self, index: Any) -> None:
        self._check_mutable()
        del self._native[index]

    @translated
    def __len__(self) -> int:
        return len(self._readable())

    @translated
    def __iter__(self) -> Iterator[Any]:
        return iter([self.entity.session.shown(each) for each in self._readable()])

    def __eq__(self, other: object) -> bool:
        # As with the official client, a list is never equal: compare list(collection).
        return isinstance(other, Collection) and set(self) == set(other)

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> list[Any]:
        return list(self)

    def __repr__(self) -> str:
        return f"<Collection {self.attribute.name} of {self.entity}>"


class MappedCollectionProxy(MutableMapping[str, Any]):
    """Values of an entity by keys, over a mapping of the session below."""

    #: The attribute of a mapping that is not loaded.
    _name: str

    def __init__(self, collection: Any) -> None:
        if collection is not None:
            self._native = unwrap(collection)
        self.entity: Any = getattr(collection, "entity", None)

    @functools.cached_property
    def _native(self) -> MappedCollection:
        found: MappedCollection = unwrap(self.entity)[self._name]
        return found

    @classmethod
    def unloaded(cls: type[_P], entity: Any, name: str) -> _P:
        """Return the mapping of an attribute that is not loaded."""
        made = cls.__new__(cls)
        MappedCollectionProxy.__init__(made, None)
        made.entity, made._name = entity, name
        return made

    @classmethod
    def over(cls: type[_P], session: CompatibleSession, native: MappedCollection) -> _P:
        """Return the mapping that shows *native*, one of the session below."""
        made = cls.__new__(cls)
        MappedCollectionProxy.__init__(made, native)
        made.entity = session.wrapper_of(native._owner)
        return made

    def __unwrap__(self) -> MappedCollection:
        return self._native

    @property
    def attribute(self) -> Attribute | None:
        """The attribute of the entity."""
        found: Attribute | None = self.entity.attributes.get(self._native._attribute.name)
        return found

    @property
    def mutable(self) -> bool:
        """Whether the values can be changed."""
        attribute = self.attribute
        return attribute is None or attribute.mutable

    @translated
    def __getitem__(self, key: str) -> Any:
        return self.entity.session.shown(self._readable()[key])

    @translated
    def __setitem__(self, key: str, value: Any) -> None:
        self._native[key] = unwrap(value)

    @translated
    def __delitem__(self, key: str) -> None:
        del self._native[key]

    @translated
    def __iter__(self) -> Iterator[str]:
        return iter(list(self._readable()))

    @translated
    def __len__(self) -> int:
        return len(self._readable())

    def _readable(self) -> Any:
        """Return the mapping below, or an empty one when it is not loaded and the session must not load it."""
        return {} if is_withheld(self) else self._native

    def keys(self) -> list[str]:  # type: ignore[override]
        """Return the keys as a list."""
        return list(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MappedCollectionProxy):
            return other._native is self._native or dict(other) == dict(self)
        return isinstance(other, dict) and other == dict(self)

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.entity}>"


class KeyValueMappedCollectionProxy(MappedCollectionProxy):
    """The metadata of an entity. The session creates the entities that hold the values: *creator* is not called."""

    def __init__(
        self, collection: Any, creator: Any = None, key_attribute: str = "key", value_attribute: str = "value"
    ) -> None:
        super().__init__(collection)
        self.creator = creator
        self.key_attribute = key_attribute
        self.value_attribute = value_attribute


class CustomAttributeCollectionProxy(KeyValueMappedCollectionProxy):
    """The custom attributes of an entity."""

    @translated
    def get_configuration_id_from_key(self, key: str) -> str:
        """Return the id of the configuration of a key. Raises `KeyError` for one that is not configured."""
        session = self.entity.session
        if key not in self:
            raise KeyError(key)
        found = unwrap(session).configurations.applying_to(unwrap(self.entity))[key]
        return str(found.id)


def is_withheld(shown: Any) -> bool:
    """Return whether a collection is not loaded and the session must not load it; it is shown as empty then."""
    if shown.entity.session.auto_populate:
        return False
    return "_native" not in shown.__dict__ or bool(shown._native._is_stale)
