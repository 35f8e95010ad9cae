"""State: entities as the official client has them: mappings by the names of their attributes."""

from __future__ import annotations

import abc
import inspect as inspection
import logging
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar

from ftrack_orm.compat import attribute, symbol, values
from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated
from ftrack_orm.entities.inspection import inspect
from ftrack_orm.entities.tracked import Tracked

if TYPE_CHECKING:
    from ftrack_orm.compat.interfaces import CompatibleSession
    from ftrack_orm.entities.entity import Entity as NativeEntity


class Existing(dict[str, Any]):
    """The data of an entity that the session below has already."""

    def __init__(self, native: NativeEntity) -> None:
        super().__init__()
        self.native = native


class DynamicEntityTypeMetaclass(abc.ABCMeta):
    """The class of entity classes, which shows them as made from the schema."""

    def __repr__(cls) -> str:
        return f"<dynamic ftrack class '{cls.__name__}'>"


class _EntityBase:
    """The base of entities and of mixins for them."""


class Entity(_EntityBase, MutableMapping[str, Any], metaclass=DynamicEntityTypeMetaclass):
    """The base of all entity classes.

    An entity shows one entity of the session below, which has the values and the changes. `task["name"]` reads it as
    the official client does, and `task.name` as this library does.
    """

    entity_type: ClassVar[str] = "Entity"
    attributes: ClassVar[attribute.Attributes] = attribute.Attributes()
    primary_key_attributes: ClassVar[list[str]] = []
    default_projections: ClassVar[list[str]] = []

    session: CompatibleSession
    _native: NativeEntity

    @translated
    def __init__(
        self, session: CompatibleSession, data: Mapping[str, Any] | None = None, reconstructing: bool = False
    ) -> None:
        self.__dict__["session"] = session
        if isinstance(data, Existing):
            native = data.native
        elif reconstructing:
            native = session.known_entity(self.entity_type, data or {})
        else:
            native = session.new_entity(self.entity_type, self.attributes, data or {})
        self.__dict__["_native"] = native
        session.adopt(self)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self.__dict__:
            # State of a script, which has to be there when the entity is looked up again.
            self.session.keep(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Entity:
        # A copy of data refers to the same entities.
        return self

    def __unwrap__(self) -> NativeEntity:
        return self._native

    @property
    def logger(self) -> logging.Logger:
        """The logger of the class."""
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")

    def __repr__(self) -> str:
        return f"<dynamic ftrack {type(self).__name__} object {id(self)}>"

    def __str__(self) -> str:
        return f"<{type(self).__name__}({', '.join(self._native._ftrack_state.key)})>"

    def __hash__(self) -> int:
        return hash(inspect(self._native).identity)

    def __eq__(self, other: object) -> bool:
        native = other._native if isinstance(other, Entity) else other
        try:
            return native is self._native or inspect(native).identity == inspect(self._native).identity  # type: ignore[arg-type]
        except (AttributeError, ValueError):
            return False

    def __getattr__(self, name: str) -> Any:
        # Only called for names that the official client does not have: code that is moved already reads attributes.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")
        value = getattr(self._native, name)
        return _taking_compatible_arguments(value) if inspection.ismethod(value) else value

    # -- values --------------------------------------------------------------------------------------------------------

    def _attribute(self, name: str) -> attribute.Attribute:
        found = self.attributes.get(name)
        if found is None:
            raise KeyError(name)
        return found

    @translated
    def __getitem__(self, key: str) -> Any:
        return self._attribute(key).get_value(self)

    @translated
    def __setitem__(self, key: str, value: Any) -> None:
        self._attribute(key).set_local_value(self, value)

    @translated
    def __delitem__(self, key: str) -> None:
        """Take the change of an attribute back."""
        self._attribute(key).set_local_value(self, symbol.NOT_SET)

    def __contains__(self, key: object) -> bool:
        return key in self.attributes.keys()  # noqa: SIM118 - attributes contain attributes, not names

    def __iter__(self) -> Iterator[str]:
        return iter(self.attributes.keys())

    def __len__(self) -> int:
        return len(self.attributes)

    def _load_scalars(self) -> None:
        if self.session.auto_populate and values.is_persisted(self):
            loaded = inspect(self._native).loaded
            missing = [
                each.name
                for each in self.attributes
                if isinstance(each, attribute.ScalarAttribute) and each.name not in loaded
            ]
            if missing:
                self.session.populate(self, ", ".join(missing))

    @translated
    def values(self) -> list[Any]:  # type: ignore[override]
        """Return the values of all attributes, which are loaded first."""
        self._load_scalars()
        return [self[name] for name in self]

    @translated
    def items(self) -> list[tuple[str, Any]]:  # type: ignore[override]
        """Return the names and values of all attributes, which are loaded first."""
        self._load_scalars()
        return [(name, self[name]) for name in self]

    @translated
    def clear(self) -> None:
        """Take all changes of attributes back."""
        for name in list(inspect(self._native).changes):
            if values.is_persisted(self) or isinstance(self._native.__dict__.get(name), Tracked):
                values.revert(self, name)

    @translated
    def merge(self, entity: Entity, merged: dict[Any, Any] | None = None) -> list[dict[str, Any]]:
        """Take over the values that *entity* has, and return the changes as mappings."""
        return self.session.merge_values(self, entity)


def _taking_compatible_arguments(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of this library that takes compatible entities too."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        return method(*unwrap(arguments), **unwrap(keywords))

    return call
