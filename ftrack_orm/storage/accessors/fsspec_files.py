"""Edge: an accessor for the storages that fsspec knows: S3, Google Cloud, Azure, SFTP, HTTP, memory and others."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import threading
import urllib.parse
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import cachetools

from ftrack_orm.errors import (
    ResourceExists,
    ResourceInvalid,
    StorageError,
    StorageUnsupported,
    UsageError,
    quoted,
)
from ftrack_orm.storage.atomic_files import TEMPORARY_NAME
from ftrack_orm.storage.copying import copy_source
from ftrack_orm.storage.identifiers import split

from .base import Accessor, PieceProgress, not_found
from .fsspec_errors import RemoteCalls, remote_errors, without_secrets
from .fsspec_reading import RemoteStream
from .fsspec_writing import COMMITTING_PROTOCOLS, CommittedFile, RemoteFile, RenamedFile

if TYPE_CHECKING:
    import builtins

    from ftrack_orm.storage.upload import SourceLike

#: Storages of keys, where a container exists as long as there is a key in it.
_WITHOUT_CONTAINERS: Final = frozenset(["s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "http", "https"])
_HTTP: Final = frozenset(["http", "https"])
_KNOWN_CONTAINERS: Final = 1_000
#: The bytes that are read ahead.
_BLOCK_BYTES: Final = 8 * 1024 * 1024


class FsspecAccessor(Accessor):
    """Reads and writes files below *url* on a storage that fsspec knows, as `s3://bucket/projects`.

    *options* are those of its file system: keys, endpoints, time-outs; fsspec documents them and the package that each
    protocol needs. A *filesystem* of fsspec can be given instead of options. Needs the extra `storage`.

    Nothing is overwritten by accident within this process. On S3 and Google Cloud, two processes do not overwrite each
    other either; the other storages have no such request.
    """

    def __init__(self, url: str | os.PathLike[str], *, filesystem: Any = None, **options: Any) -> None:
        try:
            import fsspec.core
        except ImportError as error:
            raise UsageError(
                "FsspecAccessor needs the package fsspec. Install it with: pip install 'ftrack-orm[storage]'."
            ) from error
        if filesystem is None:
            if os.fspath(url).partition("://")[0] in _WITHOUT_CONTAINERS:
                options.setdefault("use_listings_cache", False)  # other programs write too
            with remote_errors("open the storage", without_secrets(os.fspath(url))):
                filesystem, path = fsspec.core.url_to_fs(os.fspath(url), **options)
        else:
            path = filesystem._strip_protocol(os.fspath(url))
        self.filesystem = filesystem
        self._calls = RemoteCalls(filesystem)
        _send_at_once(filesystem)
        protocol = filesystem.protocol
        self._protocols = frozenset([protocol] if isinstance(protocol, str) else protocol)
        self._url = without_secrets(os.fspath(url))
        self._root = str(path)
        self._prefix = self._root.rstrip("/")
        self._publishing = threading.Lock()
        #: Containers of keys that have no file in their place, so that each file of a sequence needs no request for it.
        self._containers: cachetools.LRUCache[str, None] = cachetools.LRUCache(_KNOWN_CONTAINERS)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    # -- paths ----------------------------------------------------------------------------------------------------

    def _path(self, resource_identifier: str) -> str:
        parts = split(resource_identifier)
        if not parts:
            return self._root
        if self._protocols & _HTTP:
            parts = [urllib.parse.quote(part) for part in parts]
        return "/".join([self._prefix, *parts])

    @property
    def _has_containers(self) -> bool:
        return not self._protocols & _WITHOUT_CONTAINERS

    def _info(self, resource_identifier: str, action: str = "read") -> dict[str, Any] | None:
        """Return fsspec's description of the resource, or None if there is no such resource."""
        path = self._path(resource_identifier)
        with self._calls(action, resource_identifier):
            try:
                self.filesystem.invalidate_cache(self.filesystem._parent(path))
                return cast("dict[str, Any]", self.filesystem.info(path))
            except (FileNotFoundError, NotADirectoryError):
                return None

    def _is_root(self, resource_identifier: str) -> bool:
        return not split(resource_identifier)

    # -- reading --------------------------------------------------------------------------------------------------

    def is_file(self, resource_identifier: str) -> bool:
        info = None if self._is_root(resource_identifier) else self._info(resource_identifier)
        return info is not None and info["type"] == "file"

    def is_container(self, resource_identifier: str) -> bool:
        if self._is_root(resource_identifier):
            return True
        info = self._info(resource_identifier)
        return info is not None and info["type"] == "directory"

    def exists(self, resource_identifier: str) -> bool:
        return self._is_root(resource_identifier) or self._info(resource_identifier) is not None

    def list(self, resource_identifier: str = "") -> builtins.list[str]:
        parts = split(resource_identifier)
        if parts and not self.is_container(resource_identifier):
            if self.is_file(resource_identifier):
                raise _is_file(resource_identifier)
            raise not_found(resource_identifier)
        path = self._path(resource_identifier)
        with self._calls("list", resource_identifier):
            try:
                self.filesystem.invalidate_cache(path)
                paths = self.filesystem.ls(path, detail=False)
            except FileNotFoundError:
                if parts:
                    raise
                return []
        names = {each.rstrip("/").rpartition("/")[2] for each in paths if each.rstrip("/") != path.rstrip("/")}
        if self._protocols & _HTTP:
            names = set(map(urllib.parse.unquote, names))
        return sorted("/".join([*parts, name]) for name in names if name and not TEMPORARY_NAME.fullmatch(name))

    def size(self, resource_identifier: str) -> int:
        info = self._info(resource_identifier)
        if info is None:
            raise not_found(resource_identifier)
        if info["type"] != "file":
            raise _is_container(resource_identifier)
        if info.get("size") is None:
            return super().size(resource_identifier)
        return int(info["size"])

    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        path = self._path(resource_identifier)
        if mode in ("wb", "xb"):
            return cast("BinaryIO", self._opened(resource_identifier, overwrite=mode == "wb"))
        if mode != "rb":
            raise StorageUnsupported(
                f"{quoted(resource_identifier)} cannot be opened with mode {quoted(mode)}. Use 'rb', 'wb' or 'xb'.",
                resource_identifier=resource_identifier,
            )
        if self.is_container(resource_identifier):
            raise _is_container(resource_identifier)
        with self._calls("read", resource_identifier):
            if "memory" in self._protocols:
                return io.BytesIO(self.filesystem.cat_file(path))  # its streams share their position
            file = self.filesystem.open(path, "rb", block_size=_BLOCK_BYTES)
        return cast("BinaryIO", RemoteStream(file, self._calls, resource_identifier))

    # -- writing --------------------------------------------------------------------------------------------------

    def write(
        self,
        resource_identifier: str,
        source: SourceLike,
        *,
        overwrite: bool = False,
        progress: PieceProgress | None = None,
    ) -> int:
        container = self.get_container(resource_identifier)
        if container not in self._containers:
            self.make_container(container)
            if not self._has_containers:  # other programs may remove a folder
                self._containers[container] = None
        with self._opened(resource_identifier, overwrite, _size_of(source)) as file:
            size = copy_source(source, file, progress)
        stored = self.size(resource_identifier)
        if stored != size:
            raise StorageError(
                f"{quoted(resource_identifier)} has {stored:,} bytes in the storage after {size:,} were written to it."
                " Remove it and write it again.",
                resource_identifier=resource_identifier,
            )
        return size

    def _opened(self, resource_identifier: str, overwrite: bool, size: int | None = None) -> RemoteFile:
        path = self._path(resource_identifier)
        if self._is_root(resource_identifier):
            raise _is_container(resource_identifier)
        info = self._info(resource_identifier, "write")
        if info is not None and info["type"] != "file":
            raise _is_container(resource_identifier)
        if info is not None and not overwrite:
            raise ResourceExists(
                f"Cannot write {quoted(resource_identifier)}: it exists already. Pass overwrite=True to replace it, or"
                " use another name.",
                resource_identifier=resource_identifier,
            )
        arguments = self.filesystem, path, resource_identifier, self._calls
        if self._protocols & COMMITTING_PROTOCOLS:
            return CommittedFile(*arguments, overwrite=overwrite, size=size)
        return RenamedFile(*arguments, overwrite=overwrite, publishing=self._publishing)

    def remove(self, resource_identifier: str) -> None:
        if self._is_root(resource_identifier):
            raise ResourceInvalid(
                f"The resource identifier {quoted(resource_identifier)} cannot be used: the outermost container is not"
                " removed.",
                resource_identifier=resource_identifier,
            )
        info = self._info(resource_identifier, "remove")
        if info is None:
            raise not_found(resource_identifier)
        path = self._path(resource_identifier)
        if info["type"] != "file" and self.list(resource_identifier):
            raise StorageError(
                f"Cannot remove {quoted(resource_identifier)}: the container is not empty.",
                resource_identifier=resource_identifier,
            )
        with self._calls("remove", resource_identifier):
            if info["type"] == "file":
                self.filesystem.rm_file(path)
            elif self._has_containers:
                self.filesystem.rmdir(path)
            else:
                self.filesystem.rm_file(f"{path}/")  # the key that stands for an empty folder

    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        if self._is_root(resource_identifier):
            return
        info = self._info(resource_identifier, "create the container")
        if info is not None:
            if info["type"] == "file":
                raise ResourceExists(
                    f"{quoted(resource_identifier)} is a file, so that no container can be created there.",
                    resource_identifier=resource_identifier,
                )
            return
        if not self._has_containers:
            return
        if not recursive and not self.exists(self.get_container(resource_identifier)):
            raise not_found(self.get_container(resource_identifier))
        with self._calls("create the container", resource_identifier):
            try:
                self.filesystem.makedirs(self._path(resource_identifier), exist_ok=True)
            except OSError:
                if not self.is_container(resource_identifier):  # another thread may have been faster
                    raise

    # -- URLs -----------------------------------------------------------------------------------------------------

    def get_url(self, resource_identifier: str, *, expiration_seconds: int = 3600) -> str:
        """Return a URL that the resource can be read from for some time, without keys where they can sign.

        Raises `StorageUnsupported` where the storage has no such URLs.
        """
        path = self._path(resource_identifier)
        if self._protocols & _HTTP:
            return path
        with self._calls("form a URL of", resource_identifier):
            return str(self.filesystem.sign(path, expiration=expiration_seconds))


def _send_at_once(filesystem: Any) -> None:
    """Let a connection of paramiko (SFTP) send each request at once; it would wait for acknowledgements, 40 ms each."""
    with contextlib.suppress(AttributeError, OSError):
        filesystem.client.get_transport().sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _size_of(source: SourceLike) -> int | None:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return len(source)
    try:
        return os.stat(cast("str", source)).st_size if isinstance(source, (str, os.PathLike)) else None
    except (OSError, ValueError):
        return None


def _is_container(resource_identifier: str) -> ResourceInvalid:
    return ResourceInvalid(
        f"{quoted(resource_identifier)} is a container and not a file.", resource_identifier=resource_identifier
    )


def _is_file(resource_identifier: str) -> ResourceInvalid:
    return ResourceInvalid(
        f"{quoted(resource_identifier)} is a file and not a container.", resource_identifier=resource_identifier
    )
