"""Edge: accessors, structures and transformers of the official client's kind for the session below, and back.

An object of one kind is used by the other through an adapter, which remembers the object that it stands for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from ftrack_orm import errors
from ftrack_orm.errors import FtrackError, ResourceExists, quoted
from ftrack_orm.storage.accessors.base import Accessor as NativeAccessor
from ftrack_orm.storage.structures.base import Structure as NativeStructure
from ftrack_orm.storage.transformers import ResourceIdentifierTransformer as NativeTransformer

from . import exception, symbol
from .conversion import unwrap

if TYPE_CHECKING:
    import builtins

    from .interfaces import CompatibleSession

_F = TypeVar("_F", bound=Callable[..., Any])

#: Exception of the official client -> the error that the session below expects of accessors. The first one that fits.
_NATIVE_ERRORS: tuple[tuple[type[Exception], type[FtrackError]], ...] = (
    (exception.AccessorParentResourceNotFoundError, errors.ResourceNotFound),
    (exception.AccessorResourceNotFoundError, errors.ResourceNotFound),
    (exception.AccessorPermissionDeniedError, errors.ResourceAccessDenied),
    (exception.AccessorUnsupportedOperationError, errors.StorageUnsupported),
    (exception.AccessorResourceIdentifierError, errors.ResourceInvalid),
    (exception.AccessorResourceInvalidError, errors.ResourceInvalid),
    (exception.StructureError, errors.StructureError),
    (exception.Error, errors.StorageError),
    (NotImplementedError, errors.StorageUnsupported),
    (OSError, errors.StorageError),
)


def _raising_native_errors(function: _F) -> _F:
    """Decorate a method that calls an object of the official client's kind."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except FtrackError:
            raise
        except Exception as error:
            native = next((ours for theirs, ours in _NATIVE_ERRORS if isinstance(error, theirs)), None)
            if native is None:
                raise
            raise native(str(error)) from error

    return cast("_F", call)


class AdaptedAccessor(NativeAccessor):
    """An accessor of the official client's kind, as the session below uses it."""

    def __init__(self, official: Any) -> None:
        self.official = official

    @_raising_native_errors
    def list(self, resource_identifier: str = "") -> builtins.list[str]:
        return list(self.official.list(resource_identifier))

    @_raising_native_errors
    def is_file(self, resource_identifier: str) -> bool:
        return bool(self.official.is_file(resource_identifier))

    @_raising_native_errors
    def is_container(self, resource_identifier: str) -> bool:
        return bool(self.official.is_container(resource_identifier))

    @_raising_native_errors
    def exists(self, resource_identifier: str) -> bool:
        return bool(self.official.exists(resource_identifier))

    @_raising_native_errors
    def is_sequence(self, resource_identifier: str) -> bool:
        return bool(self.official.is_sequence(resource_identifier))

    @_raising_native_errors
    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        if mode == "xb":
            self._refuse_existing(resource_identifier)
            mode = "wb"
        return cast("BinaryIO", _Stream(self.official.open(resource_identifier, mode)))

    @_raising_native_errors
    def remove(self, resource_identifier: str) -> None:
        self.official.remove(resource_identifier)

    @_raising_native_errors
    def remove_container(self, resource_identifier: str) -> None:
        self.official.remove_container(resource_identifier)

    @_raising_native_errors
    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        self.official.make_container(resource_identifier, recursive)

    @_raising_native_errors
    def get_container(self, resource_identifier: str) -> str:
        return str(self.official.get_container(resource_identifier))

    @_raising_native_errors
    def get_filesystem_path(self, resource_identifier: str) -> str:
        return str(self.official.get_filesystem_path(resource_identifier))

    @_raising_native_errors
    def get_url(self, resource_identifier: str) -> str:
        return str(self.official.get_url(resource_identifier))

    @_raising_native_errors
    def size(self, resource_identifier: str) -> int:
        stream, size = self.official.open(resource_identifier, "rb"), 0
        try:
            # Streams of such accessors need not be able to seek.
            while piece := stream.read(symbol.CHUNK_SIZE):
                size += len(piece)
        finally:
            stream.close()
        return size

    @_raising_native_errors
    def write(
        self,
        resource_identifier: str,
        source: Any,
        *,
        overwrite: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        from ftrack_orm.storage.copying import copy_source

        if not overwrite:
            self._refuse_existing(resource_identifier)
        try:
            container = self.official.get_container(resource_identifier)
        except exception.AccessorParentResourceNotFoundError:
            pass
        else:
            self.official.make_container(container)
        stream = self.official.open(resource_identifier, "wb")
        try:
            return copy_source(source, _Stream(stream), progress)
        finally:
            stream.close()

    def _refuse_existing(self, resource_identifier: str) -> None:
        if self.official.exists(resource_identifier):
            raise ResourceExists(
                f"{quoted(resource_identifier)} exists already, and is not replaced.",
                resource_identifier=resource_identifier,
            )


class _Stream:
    """A stream of a studio's accessor, which has `read`, `write` and `close`, as the session below uses it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> Any:
        return self._stream.read() if size is None or size < 0 else self._stream.read(size)

    def write(self, piece: bytes | memoryview) -> int:
        self._stream.write(bytes(piece))
        return len(piece)

    def seekable(self) -> bool:
        # Such streams need not say where they are.
        return False

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AdaptedStructure(NativeStructure):
    """A structure of the official client's kind, as the session below uses it."""

    def __init__(self, official: Any, session: CompatibleSession) -> None:
        self.official = official
        self._session = session

    @_raising_native_errors
    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        shown = {name: value for name, value in (context or {}).items() if name != "is_taken"}
        return str(self.official.get_resource_identifier(self._session.shown(component), shown))


class AdaptedTransformer(NativeTransformer):
    """A transformer of the official client's kind, as the session below uses it."""

    def __init__(self, official: Any, session: CompatibleSession) -> None:
        self.official = official
        self._session = session

    @_raising_native_errors
    def encode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        return str(self.official.encode(resource_identifier, context=self._shown(context)))

    @_raising_native_errors
    def decode(self, resource_identifier: str, context: Mapping[str, Any] | None = None) -> str:
        return str(self.official.decode(resource_identifier, context=self._shown(context)))

    def _shown(self, context: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name: self._session.shown(value) for name, value in (context or {}).items()}


def native_accessor(session: CompatibleSession, accessor: Any) -> Any:
    """Return *accessor* for the session below; None for `NOT_SET`."""
    return _native(session, accessor, "accessor")


def native_structure(session: CompatibleSession, structure: Any) -> Any:
    """Return *structure* for the session below; None for `NOT_SET`."""
    return _native(session, structure, "structure")


def native_transformer(session: CompatibleSession, transformer: Any) -> Any:
    """Return *transformer* for the session below; None for `NOT_SET`."""
    return _native(session, transformer, "transformer")


def _native(session: CompatibleSession, given: Any, kind: str) -> Any:
    if given is None or given is symbol.NOT_SET:
        return None
    below = unwrap(given)
    if below is given:
        if _derives_from_ours(given):
            return given
        if kind == "accessor":
            below = AdaptedAccessor(given)
        else:
            below = (AdaptedStructure if kind == "structure" else AdaptedTransformer)(given, session)
    session.remember_storage(below, given)
    return below


def _derives_from_ours(given: Any) -> bool:
    return any(base in type(given).__mro__ for base in (NativeAccessor, NativeStructure, NativeTransformer))


def official_form(session: CompatibleSession, below: Any) -> Any:
    """Return an accessor, structure or transformer of the session below as an object of the official client's kind."""
    if below is None:
        return symbol.NOT_SET
    known = session.remembered_storage(below)
    if known is not None:
        return known
    if hasattr(below, "official"):
        return below.official
    made = _official_object(below)
    session.remember_storage(below, made)
    return made


def _official_object(below: Any) -> Any:
    from .accessor import base as accessors
    from .accessor import disk
    from .structure import base as structures
    from .structure import entity_id, id, origin, standard

    kinds: dict[str, Any] = {
        "DiskAccessor": disk.DiskAccessor,
        "EntityIdStructure": entity_id.EntityIdStructure,
        "IdStructure": id.IdStructure,
        "OriginStructure": origin.OriginStructure,
        "StandardStructure": standard.StandardStructure,
    }
    kind = kinds.get(type(below).__name__)
    if kind is not None:
        return kind.over(below)
    if isinstance(below, NativeAccessor):
        return accessors.AccessorOverNative(below)
    return structures.StructureOverNative(below) if isinstance(below, NativeStructure) else below
