"""State: the attributes of entity types, as the official client describes them and reads and sets their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, KeysView
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import ReadOnlyAttribute

from . import symbol, values

if TYPE_CHECKING:
    from .interfaces import CompatibleEntity


class Attributes:
    """The attributes of an entity type, by name."""

    def __init__(self, attributes: Iterable[Attribute] | None = None) -> None:
        self._by_name: dict[str, Attribute] = {}
        for attribute in attributes or ():
            self.add(attribute)

    def add(self, attribute: Attribute) -> None:
        """Add *attribute*. Raises `NotUniqueError` for a name that is taken."""
        if attribute.name in self._by_name:
            from .exception import NotUniqueError

            raise NotUniqueError(f"There is an attribute {attribute.name!r} already.")
        self._by_name[attribute.name] = attribute

    def remove(self, attribute: Attribute) -> None:
        """Remove *attribute*."""
        self._by_name.pop(attribute.name)

    def get(self, name: str) -> Attribute | None:
        """Return the attribute *name*, or None."""
        return self._by_name.get(name)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._by_name.keys()

    def __contains__(self, attribute: object) -> bool:
        return getattr(attribute, "name", None) in self._by_name

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)


class Attribute:
    """One attribute of an entity type. *default_value* may be a function of the entity."""

    def __init__(
        self,
        name: str,
        default_value: Any = symbol.NOT_SET,
        mutable: bool = True,
        computed: bool = False,
    ) -> None:
        self._name = name
        self._mutable = mutable
        self._computed = computed
        self.default_value = default_value

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def mutable(self) -> bool:
        """Whether the value can be changed."""
        return self._mutable

    @property
    def computed(self) -> bool:
        """Whether the server computes the value."""
        return self._computed

    def get_value(self, entity: CompatibleEntity) -> Any:
        """Return the value, loading it if the session may."""
        return values.read(entity, self._name)

    def get_local_value(self, entity: CompatibleEntity) -> Any:
        """Return the value that was set and is not committed, or `NOT_SET`."""
        return values.local(entity, self._name)

    def get_remote_value(self, entity: CompatibleEntity) -> Any:
        """Return the value that the server is believed to have, or `NOT_SET` when it is not loaded."""
        return values.remote(entity, self._name)

    def set_local_value(self, entity: CompatibleEntity, value: Any) -> None:
        """Set the value; the next commit sends it. `NOT_SET` takes an earlier change back."""
        if not self._mutable and values.is_persisted(entity):
            raise ReadOnlyAttribute(
                f"{entity.entity_type}.{self._name} cannot be changed.",
                entity_type=entity.entity_type,
                attribute=self._name,
            )
        values.write(entity, self._name, value)

    def set_remote_value(self, entity: CompatibleEntity, value: Any) -> None:
        """Take *value* for the one that the server has."""
        values.assume(entity, self._name, value)

    def populate_remote_value(self, entity: CompatibleEntity) -> Any:
        """Load the value and return it."""
        entity.session.populate(entity, self._name)
        return self.get_remote_value(entity)

    def is_modified(self, entity: CompatibleEntity) -> bool:
        """Return whether the value was changed and is not committed."""
        return self.get_local_value(entity) is not symbol.NOT_SET

    def is_set(self, entity: CompatibleEntity) -> bool:
        """Return whether the value is set or loaded."""
        return self.is_modified(entity) or self.get_remote_value(entity) is not symbol.NOT_SET


class ScalarAttribute(Attribute):
    """An attribute with a text, number, date or other plain value."""

    def __init__(self, name: str, data_type: str, **keywords: Any) -> None:
        self.data_type = data_type
        super().__init__(name, **keywords)


class ReferenceAttribute(Attribute):
    """An attribute that refers to one entity of the type *entity_type*."""

    def __init__(self, name: str, entity_type: str, **keywords: Any) -> None:
        self.entity_type = entity_type
        super().__init__(name, **keywords)


class AbstractCollectionAttribute(Attribute):
    """The base of attributes with several values."""


class CollectionAttribute(AbstractCollectionAttribute):
    """An attribute that refers to several entities."""


class KeyValueMappedCollectionAttribute(AbstractCollectionAttribute):
    """An attribute with values by keys, such as metadata.

    The session creates the entities that hold the values, so *creator* is not called.
    """

    def __init__(
        self, name: str, creator: Callable[..., Any] | None, key_attribute: str, value_attribute: str, **keywords: Any
    ) -> None:
        self.creator = creator
        self.key_attribute = key_attribute
        self.value_attribute = value_attribute
        super().__init__(name, **keywords)


class CustomAttributeCollectionAttribute(AbstractCollectionAttribute):
    """The attribute with the custom attributes of an entity."""
