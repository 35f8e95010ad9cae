"""Any operations on an accessor have the outcome that a model in memory has."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ftrack_orm import errors
from ftrack_orm.storage.accessors.base import Accessor
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.accessors.fsspec_files import FsspecAccessor
from ftrack_orm.storage.identifiers import split
from tests.property_settings import examples


class Model:
    """Files and containers of an accessor; each method returns a result or raises `StorageError`."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, ...], bytes] = {}
        self.containers: set[tuple[str, ...]] = {()}

    def _make(self, path: tuple[str, ...]) -> None:
        if any(path[:end] in self.files for end in range(1, len(path) + 1)):
            raise errors.StorageError("a file is in the way")
        self.containers.update(path[:end] for end in range(len(path) + 1))

    def _children(self, path: tuple[str, ...]) -> list[str]:
        return sorted("/".join(each) for each in (*self.files, *self.containers) if each and each[:-1] == path)

    def write(self, path: tuple[str, ...], data: bytes, overwrite: bool) -> int:
        if path in self.containers or (path in self.files and not overwrite):
            raise errors.StorageError("it exists")
        self._make(path[:-1])
        self.files[path] = data
        return len(data)

    def read(self, path: tuple[str, ...]) -> bytes:
        if path not in self.files:
            raise errors.StorageError("no file")
        return self.files[path]

    def list(self, path: tuple[str, ...]) -> list[str]:
        if path not in self.containers:
            raise errors.StorageError("no container")
        return self._children(path)

    def remove(self, path: tuple[str, ...]) -> None:
        if not path or (path in self.containers and self._children(path)):
            raise errors.StorageError("not empty")
        if path in self.files:
            del self.files[path]
        elif path in self.containers:
            self.containers.remove(path)
        else:
            raise errors.StorageError("nothing there")

    def make_container(self, path: tuple[str, ...], recursive: bool) -> None:
        if not recursive and path and path[:-1] not in self.containers:
            raise errors.StorageError("no container")
        self._make(path)

    def kinds(self, path: tuple[str, ...]) -> tuple[bool, bool, bool]:
        is_file, is_container = path in self.files, path in self.containers
        return is_file, is_container, is_file or is_container


def on_accessor(accessor: Accessor, operation: str, identifier: str, *arguments: Any) -> Any:
    if operation == "read":
        with accessor.open(identifier) as stream:
            return stream.read()
    if operation == "write":
        return accessor.write(identifier, arguments[0], overwrite=arguments[1])
    if operation == "kinds":
        return accessor.is_file(identifier), accessor.is_container(identifier), accessor.exists(identifier)
    return getattr(accessor, operation)(identifier, *arguments)


def on_model(model: Model, operation: str, identifier: str, *arguments: Any) -> Any:
    return getattr(model, operation)(tuple(split(identifier)), *arguments)


NAMES = st.sampled_from(["a", "b", "c d", "é", "..", ".", "", "[x]*", "a.0001.exr"])
IDENTIFIERS = st.lists(NAMES, max_size=4).map("/".join)
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), IDENTIFIERS, st.binary(max_size=5), st.booleans()),
    st.tuples(st.just("make_container"), IDENTIFIERS, st.booleans()),
    st.tuples(st.sampled_from(["read", "list", "remove", "kinds"]), IDENTIFIERS),
)


def outcome(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except errors.StorageError:
        return "an error"


@pytest.mark.parametrize("kind", ["disk", "fsspec in memory", "fsspec in a folder"])
@settings(max_examples=examples(20, 200))
@given(st.lists(OPERATIONS, max_size=15))
@example([("write", "a/b", b"", False), ("write", "a/b/c", b"", False), ("list", "a"), ("remove", "a"), ("read", "a")])
def test_operations_have_the_outcome_of_the_model(kind: str, operations: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        accessors: dict[str, Callable[[], Accessor]] = {
            "disk": lambda: DiskAccessor(folder, portable=False, sync=False),
            "fsspec in memory": lambda: FsspecAccessor("memory://x", global_store=False, skip_instance_cache=True),
            "fsspec in a folder": lambda: FsspecAccessor(f"file://{folder}"),
        }
        accessor = accessors[kind]()
        model = Model()
        for operation in operations:
            assert outcome(on_accessor, accessor, *operation) == outcome(on_model, model, *operation), operation
        for container in sorted(model.containers):
            assert accessor.list("/".join(container)) == model.list(container)
        for path, data in model.files.items():
            assert on_accessor(accessor, "read", "/".join(path)) == data
        if kind == "disk":
            assert not list(Path(folder).rglob("*.part"))
