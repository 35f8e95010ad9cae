"""Pure: the base of structures of the official client's kind."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from ftrack_orm.compat.conversion import unwrap
from ftrack_orm.compat.error_translation import translated

_T = TypeVar("_T")


class Structure(metaclass=abc.ABCMeta):
    """Forms the resource identifiers of components. A studio's own structure derives from it."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.path_separator = "/"
        super().__init__()

    @abc.abstractmethod
    def get_resource_identifier(self, entity: Any, context: Mapping[str, Any] | None = None) -> str:
        """Return the resource identifier of a component. *context* may have `source_resource_identifier`."""

    def _get_sequence_expression(self, sequence: Any) -> str:
        padding = sequence["padding"]
        return f"%0{padding}d" if padding else "%d"


class StructureOverNative(Structure):
    """A structure of this library, as the official client has it."""

    def __init__(self, native: Any, prefix: str = "") -> None:
        super().__init__(prefix)
        self._native = native

    @classmethod
    def over(cls: type[_T], native: Any) -> _T:
        """Return the object for *native*, one of this library."""
        made: Any = cls.__new__(cls)
        StructureOverNative.__init__(made, native)
        vars(made).update({name: value for name, value in vars(native).items() if not name.startswith("_")})
        return cast("_T", made)

    def __unwrap__(self) -> Any:
        # A structure that derives from this one may define any method anew, so it is used through an adapter.
        is_own = type(self).__module__.startswith("ftrack_orm.compat.")
        return self._native if is_own and not self.prefix else self

    @translated
    def get_resource_identifier(self, entity: Any, context: Mapping[str, Any] | None = None) -> str:
        identifier = str(self._native.get_resource_identifier(unwrap(entity), context))
        return f"{self.prefix}{self.path_separator}{identifier}".strip("/") if self.prefix else identifier
