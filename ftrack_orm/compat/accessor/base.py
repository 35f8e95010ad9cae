"""Edge: the base of accessors of the official client's kind."""

from __future__ import annotations

import abc
import builtins
from typing import Any

from ftrack_orm.compat import exception
from ftrack_orm.compat.error_translation import translated


class Accessor(metaclass=abc.ABCMeta):
    """Reads and writes the data of a location. A studio's own accessor derives from it."""

    def __init__(self) -> None:
        super().__init__()

    @abc.abstractmethod
    def list(self, resource_identifier: str) -> builtins.list[str]:
        """Return the identifiers of the resources in a container."""

    @abc.abstractmethod
    def exists(self, resource_identifier: str) -> bool:
        """Return whether a resource exists."""

    @abc.abstractmethod
    def is_file(self, resource_identifier: str) -> bool:
        """Return whether a resource is a file."""

    @abc.abstractmethod
    def is_container(self, resource_identifier: str) -> bool:
        """Return whether a resource is a container."""

    @abc.abstractmethod
    def is_sequence(self, resource_identifier: str) -> bool:
        """Return whether a resource is a file sequence."""

    @abc.abstractmethod
    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        """Return a stream."""

    @abc.abstractmethod
    def remove(self, resource_identifier: str) -> None:
        """Remove a resource."""

    @abc.abstractmethod
    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        """Make a container."""

    @abc.abstractmethod
    def get_container(self, resource_identifier: str) -> str:
        """Return the container that a resource lies in."""

    def remove_container(self, resource_identifier: str) -> None:
        """Remove a container."""
        self.remove(resource_identifier)

    def get_filesystem_path(self, resource_identifier: str) -> str:
        """Return the path of a resource."""
        raise exception.AccessorUnsupportedOperationError(
            "get_filesystem_path", resource_identifier=resource_identifier
        )

    def get_url(self, resource_identifier: str) -> str:
        """Return a URL of a resource."""
        raise exception.AccessorUnsupportedOperationError("get_url", resource_identifier=resource_identifier)


class AccessorOverNative(Accessor):
    """An accessor of this library, as the official client has it."""

    def __init__(self, native: Any) -> None:
        super().__init__()
        self._native = native

    def __unwrap__(self) -> Any:
        return self._native

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._native, name)

    @translated
    def list(self, resource_identifier: str) -> builtins.list[str]:
        return builtins.list(self._native.list(resource_identifier))

    @translated
    def exists(self, resource_identifier: str) -> bool:
        return bool(self._native.exists(resource_identifier))

    @translated
    def is_file(self, resource_identifier: str) -> bool:
        return bool(self._native.is_file(resource_identifier))

    @translated
    def is_container(self, resource_identifier: str) -> bool:
        return bool(self._native.is_container(resource_identifier))

    @translated
    def is_sequence(self, resource_identifier: str) -> bool:
        return bool(self._native.is_sequence(resource_identifier))

    @translated
    def open(self, resource_identifier: str, mode: str = "rb") -> Any:
        return self._native.open(resource_identifier, mode)

    @translated
    def remove(self, resource_identifier: str) -> None:
        self._native.remove(resource_identifier)

    @translated
    def remove_container(self, resource_identifier: str) -> None:
        self._native.remove_container(resource_identifier)

    @translated
    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        self._native.make_container(resource_identifier, recursive)

    @translated
    def get_container(self, resource_identifier: str) -> str:
        return str(self._native.get_container(resource_identifier))

    @translated
    def get_filesystem_path(self, resource_identifier: str) -> str:
        return str(self._native.get_filesystem_path(resource_identifier))

    @translated
    def get_url(self, resource_identifier: str) -> str:
        return str(self._native.get_url(resource_identifier))
