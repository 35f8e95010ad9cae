"""State: collections and mappings of entities as the official client has them, over those of this library."""

from __future__ import annotations

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

    _native: NativeCollection

    def __init__(
        self, entity: CompatibleEntity, attribute: Attribute, mutable: bool = True, data: Iterable[Any] | None = None
    ):
        self.entity = entity
        self.attribute = attribute
        self.mutable = mutable
        self._native = unwrap(entity)[attribute.name]
        if data is not None:
            self[:] = list(data)

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

    @translated
    def __contains__(self, value: object) -> bool:
        return unwrap(value) in self._native

    @translated
    def __getitem__(self, index: Any) -> Any:
        found = self._native[index]
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
        return len(self._native)

    @translated
    def __iter__(self) -> Iterator[Any]:
        return iter([self.entity.session.shown(each) for each in self._native])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Collection, list, tuple)):
            return set(self) == set(other) and len(self) == len(other)
        return False

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> list[Any]:
        return list(self)

    def __repr__(self) -> str:
        return f"<Collection {self.attribute.name} of {self.entity}>"


class MappedCollectionProxy(MutableMapping[str, Any]):
    """Values of an entity by keys, over a mapping of the session below."""

    _native: MappedCollection

    def __init__(self, collection: Any) -> None:
        self._native = unwrap(collection)
        self.entity: Any = getattr(collection, "entity", None)

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
        return self.entity.session.shown(self._native[key])

    @translated
    def __setitem__(self, key: str, value: Any) -> None:
        self._native[key] = unwrap(value)

    @translated
    def __delitem__(self, key: str) -> None:
        del self._native[key]

    @translated
    def __iter__(self) -> Iterator[str]:
        return iter(list(self._native))

    @translated
    def __len__(self) -> int:
        return len(self._native)

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


class CustomAttributeCollectionProxy(MappedCollectionProxy):
    """The custom attributes of an entity."""

    @translated
    def get_configuration_id_from_key(self, key: str) -> str:
        """Return the id of the configuration of a key. Raises `KeyError` for one that is not configured."""
        session = self.entity.session
        if key not in self:
            raise KeyError(key)
        found = unwrap(session).configurations.applying_to(unwrap(self.entity))[key]
        return str(found.id)
